//! A certification in the middle of a call.

use crate::process::{Ended, Project, bench_folder};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

/// A run in the middle of a call whose talk lasts longer than the test.
pub struct Running {
    /// The program.
    pub program: Child,
    /// What the program says from here on.
    stderr: BufReader<ChildStderr>,
    /// The folder of its bench.
    pub bench: PathBuf,
    /// The process of its DUT.
    pub dut: u32,
}

impl Running {
    /// Returns when both parties of MD-22 hear each other; the program's temporary files go to `tmp/` of the project.
    pub fn in_a_call(project: &Project, profile: &str) -> Running {
        let file = format!("hw-profiles/{profile}.toml");
        project.change(&file, "talk                  = \"1 s\"", "talk = \"25 s\"");
        // The verdict of the first case, which has no talk, tells that the record is there.
        let mut command = project.certify(profile, "ID-02,MD-22");
        command.env("TMPDIR", project.temporary());
        let mut program =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut stderr = BufReader::new(program.stderr.take().expect("its stderr"));
        let mut said = String::new();
        while !said.contains("ID-02 ... PASS") {
            assert!(
                stderr.read_line(&mut said).expect("a line") > 0,
                "it ended before its first verdict:\n{said}"
            );
        }
        let bench = bench_folder(&only_entry(&only_entry(&project.root.join("reports"))));

        let (mut tail, lines) = follow(&bench.join("events.jsonl"));
        let in_the_case = lines.skip_while(|line| !line.contains("{\"case-started\":{\"case\":\"MD-22\"}}"));
        let tones = in_the_case.filter(|line| line.contains("\"heard\"") && line.contains("\"tone\""));
        assert_eq!(tones.take(2).count(), 2, "the call never came to its talk");
        end(&mut tail);
        let dut = child_of(program.id());
        Running { program, stderr, bench, dut }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.program.id().to_string()).status();
        assert!(sent.expect("kill").success());
    }

    /// Waits for its end.
    pub fn ended(mut self) -> Ended {
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).expect("text on stderr");
        let mut ended: Ended = self.program.wait_with_output().expect("it ends").into();
        ended.stderr = said;
        ended
    }
}

fn only_entry(folder: &Path) -> PathBuf {
    let entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries[0].clone()
}

/// The lines of a file that grows, as they come.
fn follow(file: &Path) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut tail = Command::new("tail");
    tail.args(["--lines", "+1", "--follow"]).arg(file).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut tail = tail.spawn().expect("tail starts");
    let lines = BufReader::new(tail.stdout.take().expect("its output")).lines().map_while(Result::ok);
    (tail, lines)
}

fn end(child: &mut Child) {
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
}

/// The process that `parent` started.
fn child_of(parent: u32) -> u32 {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).expect("its threads").flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<u32> = children
        .flat_map(|text| text.split_whitespace().map(|pid| pid.parse().expect("a pid")).collect::<Vec<_>>())
        .collect();
    assert_eq!(children.len(), 1, "the virtual OXO is the only child: {children:?}");
    children[0]
}
