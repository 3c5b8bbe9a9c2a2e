//! Input that is not right: every problem at once, each with its place, and exit code 4 before any call is made.

use crate::process::{Ended, Project, ended, oxocert};

/// The place and the words of each problem, in one string to search in.
fn told(run: &Ended) -> &str {
    assert!(!run.stdout.contains("report:"), "something was played:\n{}", run.stdout);
    &run.stderr
}

#[track_caller]
fn tells(text: &str, all: &[&str]) {
    for one in all {
        assert!(text.contains(one), "{one:?} is not told:\n{text}");
    }
}

#[test]
fn all_problems_of_all_files_are_told_at_once_with_their_places() {
    let project = Project::on_network("bad-scenarios", 44);
    let (one, two) = ("scenarios/basic-calls/BC-01.toml", "scenarios/basic-calls/BC-02.toml");
    project.change(one, "title  =", "titel  =");
    project.change(one, "within = \"${ring.max}\"", "within = \"3 parsecs\"");
    project.change(one, "2.2-signalling-via-ipbx", "2.2-signalling-by-pigeon");
    project.change(two, "\"pstn.a\", does = \"answer\"", "\"pstn.z\", does = \"answer\"");
    for mut command in [oxocert(), oxocert()]
        .into_iter()
        .zip([&["check"][..], &["certify", "--only", "BC-04"]])
        .map(|(mut command, arguments)| {
            command.arg("--root").arg(&project.root).args(arguments);
            command
        })
    {
        let run = ended(&mut command).expect(4);
        tells(
            told(&run),
            &[
                "scenarios/basic-calls/BC-01.toml:3:1",
                "unknown field `titel`",
                "did you mean `title`?",
                "scenarios/basic-calls/BC-01.toml:15:",
                "unknown unit \"parsecs\"",
                "scenarios/basic-calls/BC-01.toml:14:",
                "unknown clause `2.2-signalling-by-pigeon`",
                "scenarios/basic-calls/BC-02.toml:15:",
                "pstn.z",
                "problems",
            ],
        );
    }
}

#[test]
fn a_profile_is_checked_as_scenarios_are() {
    let project = Project::on_network("bad-profile", 44);
    let profile = "hw-profiles/virtual-powercpu-bvpn.toml";
    project.change(profile, "t1                    = \"50 ms\"", "t1                    = \"50 miles\"");
    project.change(profile, "[set.hq2]", "[set.hq2]\ncolour    = \"red\"");
    project.change(
        profile,
        "[sbc.backup]\naddress   = \"127.44.1.2:5060\"",
        "[sbc.backup]\naddress   = \"127.44.1.2\"",
    );
    let run = ended(&mut project.certify("virtual-powercpu-bvpn", "BC-01")).expect(4);
    tells(
        told(&run),
        &[
            "hw-profiles/virtual-powercpu-bvpn.toml:",
            "miles",
            "unknown field `colour`",
            "an address with its port",
            "3 problems",
        ],
    );
}

#[test]
fn text_that_is_no_toml_is_told_with_its_place() {
    let project = Project::on_network("bad-toml", 44);
    project.change("scenarios/basic-calls/BC-01.toml", "title  =", "title  = = ");
    let run = ended(&mut project.certify("virtual-powercpu-bvpn", "BC-01")).expect(4);
    tells(told(&run), &["scenarios/basic-calls/BC-01.toml:3:"]);
}

#[test]
fn a_bench_that_lacks_a_role_plays_nothing_with_it() {
    let project = Project::on_network("bad-role", 44);
    let profile = "hw-profiles/virtual-powercpu-bvpn.toml";
    project.change(
        profile,
        "[sbc.nominal]\naddress   = \"127.44.1.1:5060\"\nrtp_range = \"20000-20999\"\n",
        "",
    );
    let run = ended(&mut project.certify("virtual-powercpu-bvpn", "BC-01")).expect(4);
    tells(told(&run), &["a bench needs [sbc.nominal]", "hw-profiles/virtual-powercpu-bvpn.toml:"]);
}

#[test]
fn what_is_asked_for_and_is_not_there_is_named_with_what_there_is() {
    let project = Project::on_network("bad-names", 44);
    let run = ended(&mut project.certify("virtual-powercpu", "BC-01")).expect(4);
    tells(told(&run), &["there is no profile virtual-powercpu", "hw-profiles/virtual-powercpu-bvpn.toml"]);

    let run = ended(&mut project.certify("virtual-powercpu-bvpn", "BC-01,BC-99")).expect(4);
    tells(told(&run), &["there is no scenario or case BC-99", "BC-16"]);

    let run =
        ended(project.certify("virtual-powercpu-bvpn", "BC-01").args(["--defect", "green-cable"])).expect(4);
    tells(told(&run), &["green-cable", "--list-defects"]);

    let run = ended(project.certify("virtual-powercpu-bvpn", "BC-01").args(["--load", "a load"])).expect(4);
    tells(told(&run), &["a load"]);

    assert!(!project.root.join("reports").exists(), "a run folder was made for a run that never was");
}

#[test]
fn arguments_that_are_none_are_usage_errors() {
    for arguments in
        [&["certify", "--set", "huge"][..], &["certify", "--seed", "x"], &["dance"], &["judge"], &[]]
    {
        let run = ended(oxocert().args(arguments)).expect(4);
        tells(&run.stderr, &["--help"]);
    }
    let run = ended(oxocert().args(["--root", "/nonexistent", "check"])).expect(4);
    tells(&run.stderr, &["/nonexistent"]);
}
