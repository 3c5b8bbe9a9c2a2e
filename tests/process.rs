//! The program as a process, and projects on loopback networks of their own.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a run of the program left behind.
pub struct Ended {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said beside that.
    pub stderr: String,
}

impl Ended {
    /// The run folder that it named.
    pub fn run_folder(&self) -> PathBuf {
        let page = self.stdout.lines().find_map(|line| line.strip_prefix("report: "));
        let page = page.unwrap_or_else(|| panic!("no report is named:\n{}{}", self.stdout, self.stderr));
        Path::new(page).parent().expect("a page in a folder").to_owned()
    }

    /// Asserts the exit code; shows everything where it is another.
    #[track_caller]
    pub fn expect(self, code: i32) -> Ended {
        assert_eq!(self.code, code, "exit code;\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("text on stdout"),
            stderr: String::from_utf8(output.stderr).expect("text on stderr"),
        }
    }
}

/// The program in its debug build, without a terminal.
pub fn oxocert() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oxocert"));
    command.stdin(Stdio::null()).env("NO_COLOR", "1");
    command
}

/// Runs a command to its end.
pub fn ended(command: &mut Command) -> Ended {
    command.output().unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program())).into()
}

/// A program of other people that `scripts/peers/install` brings.
pub fn peer(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    let found = Command::new("sh").arg("-c").arg(format!("command -v {program}")).output().expect("a shell");
    assert!(found.status.success(), "{program} is not on this machine: run scripts/peers/install");
    command
}

/// An empty folder of this name, below the build's folder for tests.
pub fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for the test");
    path
}

/// A copy of the project's scenarios and profiles whose virtual benches lie on `127.<network>.0.0`.
pub struct Project {
    /// Its folder.
    pub root: PathBuf,
}

impl Project {
    /// Copies the project into a scratch folder of this name.
    pub fn on_network(name: &str, network: u8) -> Project {
        let root = scratch(name);
        let sources = oxocert_scenario::disk::read(&crate::root()).expect("scenarios and profiles");
        for (path, text) in &sources.files {
            let moved = ["127.10.", "127.11.", "127.12.", "127.21.", "127.22."]
                .iter()
                .fold(text.clone(), |text, old| text.replace(old, &format!("127.{network}.")));
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of the copy");
            fs::write(path, moved).expect("a file of the copy");
        }
        Project { root }
    }

    /// A folder for the temporary files of programs.
    pub fn temporary(&self) -> PathBuf {
        let folder = self.root.join("tmp");
        fs::create_dir_all(&folder).expect("a folder for temporary files");
        folder
    }

    /// Changes a file of the copy: `old` must stand in it exactly once.
    pub fn change(&self, file: &str, old: &str, new: &str) {
        replace_once(&self.root.join(file), old, new);
    }

    /// `certify` on it, with reports in its own `reports/`; arguments are to be added.
    pub fn certify(&self, profile: &str, only: &str) -> Command {
        let mut command = oxocert();
        command.arg("--root").arg(&self.root).args(["certify", "--seed", "7", "--profile", profile]);
        command.args(["--only", only]);
        command
    }
}

/// Replaces a text that must stand in a file exactly once.
pub fn replace_once(file: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(text.matches(old).count(), 1, "{old:?} stands in {} not exactly once", file.display());
    fs::write(file, text.replace(old, new)).expect("a changed file");
}

/// The folder of the only bench of a run.
pub fn bench_folder(run: &Path) -> PathBuf {
    let mut benches = fs::read_dir(run).expect("a run folder").flatten().map(|entry| entry.path());
    let bench = benches.find(|path| path.join("events.jsonl").is_file());
    bench.unwrap_or_else(|| panic!("{} holds no record", run.display()))
}

/// A JSON file.
pub fn json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The checks of a case in `result.json` that have this verdict.
pub fn checks_with(result: &Value, case: &str, verdict: &str) -> Vec<String> {
    let cases = result["cases"].as_array().expect("cases");
    let found = cases.iter().find(|found| found["id"] == case);
    let found = found.unwrap_or_else(|| panic!("no case {case} in the result"));
    let checks = found["checks"].as_array().expect("checks").iter();
    checks
        .filter(|check| check["verdict"] == verdict)
        .map(|check| check["id"].as_str().expect("the id of a check").to_owned())
        .collect()
}
