//! Every shipped file loads.
#![allow(clippy::unwrap_used)]

use oxocert_scenario::model::bench::DutDriver;
use oxocert_scenario::{
    Sources, disk, load_bench, load_cases, load_defects, load_expected, load_register, load_standing,
};
use std::path::Path;

fn sources() -> Sources {
    disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

#[test]
fn every_profile_loads_with_every_scenario() {
    let sources = sources();
    let register = load_register(&sources).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(sources.profile_paths().len() >= 7, "{:?}", sources.profile_paths());
    for path in sources.profile_paths() {
        let bench = load_bench(&sources, &path).unwrap_or_else(|problems| panic!("{problems}"));
        load_standing(&sources, &register, &bench).unwrap_or_else(|problems| panic!("{problems}"));
        load_expected(&sources, &bench).unwrap_or_else(|problems| panic!("{problems}"));
        let cases = load_cases(&sources, &sources.scenario_paths(), &bench)
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert!(cases.iter().any(|case| case.id.as_str() == "BC-01"));
    }
}

#[test]
fn defects_load_where_there_are_some() {
    let sources = sources();
    if sources.text(oxocert_scenario::DEFECTS).is_some() {
        load_defects(&sources).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

#[test]
fn the_register_holds_every_clause() {
    assert_eq!(load_register(&sources()).unwrap().clauses.len(), 63);
}

#[test]
fn a_bench_without_a_remote_site_runs_the_rest() {
    let mut sources = sources();
    let path = "hw-profiles/example-real-powercpu.toml";
    let text = &sources.files[path];
    let start = text.find("[set.rs1]").unwrap();
    let end = start + text[start..].find("[pool.set.load]").unwrap();
    let mut text = format!("{}{}", &text[..start], &text[end..]);
    text = text.replacen("[dut.lacks]", "[dut.lacks]\n\"set.rs1\" = \"this lab has no remote site\"\n#", 1);
    sources.files.insert(path.to_owned(), text);
    let bench = load_bench(&sources, path).unwrap_or_else(|problems| panic!("{problems}"));
    let cases = load_cases(&sources, &sources.scenario_paths(), &bench)
        .unwrap_or_else(|problems| panic!("{problems}"));
    let reason = |id: &str| cases.iter().find(|case| case.id.as_str() == id).unwrap().not_applicable.clone();
    assert_eq!(reason("HR-04").as_deref(), Some("the bench has no set.rs1: this lab has no remote site"));
    assert_eq!(reason("BC-01"), None);
}

/// The virtual OXO is configured apart from the bench, so the two files must say the same.
#[test]
fn the_virtual_oxo_has_the_values_of_its_bench() {
    let sources = sources();
    let mut compared = 0;
    for path in sources.profile_paths() {
        let bench = load_bench(&sources, &path).unwrap();
        let DutDriver::VirtualOxo { settings } = &bench.dut.driver else { continue };
        let text = sources.text(&format!("hw-profiles/{settings}")).unwrap();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let millis = |name: &str| bench.duration(name).unwrap().as_millis();
        let seconds = |name: &str| bench.duration(name).unwrap().as_secs();
        let private = bench.internet.as_ref().and_then(|internet| internet.dut_private);
        // Behind a real firewall the box is bound to its private address; on loopback nothing translates.
        let bound = match private.filter(|_| bench.dut.namespace.is_some()) {
            Some(private) => std::net::SocketAddr::new(private, bench.dut.trunk.port()),
            None => bench.dut.trunk,
        };
        let mut wanted = vec![
            format!("period-ms = {}", millis("ka.period")),
            format!("t1-ms = {}", bench.timers.t1_ms),
            format!("t2-ms = {}", bench.timers.t2_ms),
            format!("t4-ms = {}", bench.timers.t4_ms),
            format!("expires = {}", seconds("se.expires")),
            format!("min-se = {}", seconds("se.minse")),
            format!("load = \"{}\"", bench.texts["dut.load"]),
            format!("address = \"{bound}\" transport"),
            format!("address = \"{}\"", bench.dut.registrar),
            format!("console = \"{}\"", bench.dut.console.unwrap()),
            format!("ddi = \"{}\"", bench.texts["voicemail"]),
            format!("mechanism = \"{}\"", bench.operator.settings["transfer_mechanism"]),
        ];
        wanted.extend(bench.sbcs.values().map(|sbc| match &sbc.fqdn {
            Some(name) => format!("fqdn = \"{name}\" primary-gw"),
            None => format!("address = \"{}\" primary-gw", sbc.address),
        }));
        if let Some(internet) = &bench.internet {
            let servers: Vec<String> =
                internet.dns.values().map(|address| format!("\"{address}\"")).collect();
            wanted.push(format!("fqdn = \"{}\"", internet.dut_fqdn));
            wanted.push(format!("servers = [{}]", servers.join(", ")));
            wanted.push(format!("mode = \"{}\"", internet.resolves_by));
            wanted.extend(private.map(|private| match bench.dut.namespace {
                Some(_) => format!("public = \"{}\" ", bench.dut.trunk.ip()),
                None => format!("private = \"{private}\" "),
            }));
        }
        // A pool is a range of users: its first member stands for all.
        let pools = bench.pools.values().filter_map(|members| bench.sets.get(members.first()?));
        wanted.extend(pools.clone().map(|set| format!("number = \"{}\" ddi = \"{}\"", set.number, set.ddi)));
        let counts = bench.pools.values().filter(|members| bench.sets.contains_key(&members[0]));
        wanted.extend(counts.map(|members| format!("count = {}", members.len())));
        let single = bench.sets.iter().filter(|(role, _)| bench.pool_of(role).is_none());
        wanted.extend(single.map(|(_, set)| format!("number = \"{}\" ddi = \"{}\"", set.number, set.ddi)));
        for wanted in wanted {
            assert!(words.contains(&wanted), "{settings} does not say: {wanted}");
        }
        compared += 1;
    }
    assert_eq!(compared, 7);
}
