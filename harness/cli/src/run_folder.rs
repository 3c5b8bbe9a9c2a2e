//! The folder of a run: what goes into it before a call is made, and what is read back to judge again.

use crate::failure::{Failure, harness};
use crate::output;
use crate::plan::{Choice, Plan, Planned};
use oxocert_judge::RunResult;
use oxocert_record::Event;
use oxocert_scenario::Sources;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The plan inside the inputs.
const PLAN: &str = "plan.json";

/// Checksums of the inputs, as `sha256sum --check` reads them.
const SUMS: &str = "SHA256SUMS";

/// The folder of one run.
#[derive(Debug)]
pub struct RunFolder {
    /// Where it is.
    pub path: PathBuf,
}

impl RunFolder {
    /// Makes `<reports>/<load>/<started>/`; the slash of the load becomes a hyphen. A second run of the same second
    /// gets a number.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn create(reports: &Path, load: &str, started: &str) -> Result<RunFolder, Failure> {
        let parent = reports.join(load.replace(['/', ' '], "-"));
        fs::create_dir_all(&parent).map_err(harness(format_args!("make {}", parent.display())))?;
        let name = started.replace(':', "-");
        for number in 1..1000 {
            let path = if number == 1 { parent.join(&name) } else { parent.join(format!("{name}-{number}")) };
            match fs::create_dir(&path) {
                Ok(()) => return Ok(RunFolder { path }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(harness(format_args!("make {}", path.display()))(error)),
            }
        }
        Err(Failure::Harness(format!("{} holds a thousand runs of one second", parent.display())))
    }

    /// Makes the folder of one bench inside it, with its inputs.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn bench(&self, plan: &Plan, load: Option<&str>, sources: &Sources) -> Result<BenchFolder, Failure> {
        let folder = BenchFolder { path: self.path.join(&plan.bench.name) };
        let told = |path: &Path| harness(format!("write {}", path.display()));
        let inputs = folder.path.join("inputs");
        for made in [inputs.clone(), folder.evidence()] {
            fs::create_dir_all(&made).map_err(told(&made))?;
        }
        let mut sums = String::new();
        let mut write = |name: &str, bytes: &[u8]| {
            let path = inputs.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(told(parent))?;
            }
            let _ = writeln!(sums, "{}  {name}", checksum(bytes));
            fs::write(&path, bytes).map_err(told(&path))
        };
        for (path, text) in &sources.files {
            write(path.trim_start_matches('/'), text.as_bytes())?;
        }
        let mut planned = plan.planned(load);
        planned.profile = planned.profile.trim_start_matches('/').to_owned();
        let mut json = serde_json::to_vec_pretty(&planned)
            .map_err(|error| Failure::Harness(format!("failed to write {PLAN}: {error}")))?;
        json.push(b'\n');
        write(PLAN, &json)?;
        let path = inputs.join(SUMS);
        fs::write(&path, sums).map_err(told(&path))?;
        let path = folder.path.join("README.txt");
        fs::write(&path, readme(plan)).map_err(told(&path))?;
        Ok(folder)
    }

    /// The benches of a run: the folders in it that hold a record, or the folder itself where it is one.
    ///
    /// # Errors
    /// There is none.
    pub fn open(path: &Path) -> Result<Vec<BenchFolder>, Failure> {
        if path.join("events.jsonl").is_file() {
            return Ok(vec![BenchFolder { path: path.to_owned() }]);
        }
        let entries = fs::read_dir(path)
            .map_err(|error| Failure::Usage(format!("failed to read {}: {error}", path.display())))?;
        let mut benches: Vec<BenchFolder> = entries
            .flatten()
            .map(|entry| BenchFolder { path: entry.path() })
            .filter(|folder| folder.events_path().is_file())
            .collect();
        benches.sort_by(|a, b| a.path.cmp(&b.path));
        if benches.is_empty() {
            return Err(Failure::Usage(format!(
                "{} is no run folder: there is no events.jsonl in it",
                path.display()
            )));
        }
        Ok(benches)
    }
}

/// The folder of one bench of a run.
#[derive(Debug, Clone)]
pub struct BenchFolder {
    /// Where it is.
    pub path: PathBuf,
}

impl BenchFolder {
    /// The record.
    pub fn events_path(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// Where captures go.
    pub fn evidence(&self) -> PathBuf {
        self.path.join("evidence")
    }

    /// What the DUT printed.
    pub fn dut_log(&self) -> PathBuf {
        self.path.join("dut.log")
    }

    /// The plan of the run, loaded from its own inputs; what differs from their checksums is said on stderr.
    ///
    /// # Errors
    /// The inputs are not there or not legal.
    pub fn plan(&self) -> Result<Plan, Failure> {
        let inputs = self.path.join("inputs");
        let unreadable =
            |error: std::io::Error| Failure::Usage(format!("failed to read {}: {error}", inputs.display()));
        let mut sources = Sources::default();
        let mut planned = None;
        let sums = fs::read_to_string(inputs.join(SUMS)).map_err(unreadable)?;
        for line in sums.lines() {
            let Some((sum, name)) = line.split_once("  ") else { continue };
            let text = fs::read_to_string(inputs.join(name)).map_err(|error| {
                Failure::Usage(format!("failed to read {}: {error}", inputs.join(name).display()))
            })?;
            if checksum(text.as_bytes()) != sum {
                output::error_line(format_args!(
                    "oxocert: {} was changed since the run",
                    inputs.join(name).display()
                ));
            }
            if name == PLAN {
                let read: Planned = serde_json::from_str(&text)
                    .map_err(|error| Failure::Usage(format!("{}: {error}", inputs.join(name).display())))?;
                planned = Some(read);
            } else {
                sources.files.insert(name.to_owned(), text);
            }
        }
        let planned =
            planned.ok_or_else(|| Failure::Usage(format!("{} is missing", inputs.join(PLAN).display())))?;
        Plan::load(&sources, &planned.profile, planned.load.as_deref(), Choice::Only(&planned.cases))
    }

    /// The timeline. A last line that was cut off (a run that was killed) is left out and said on stderr.
    ///
    /// # Errors
    /// The file cannot be read, or a line in it is no event.
    pub fn events(&self) -> Result<Vec<Event>, Failure> {
        let path = self.events_path();
        let unreadable =
            |error: std::io::Error| Failure::Usage(format!("failed to read {}: {error}", path.display()));
        let mut reader = BufReader::new(fs::File::open(&path).map_err(unreadable)?);
        let (mut events, mut line) = (Vec::new(), Vec::new());
        for number in 1.. {
            line.clear();
            if reader.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
                break;
            }
            match serde_json::from_slice(&line) {
                Ok(event) => events.push(event),
                Err(_) if line.last() != Some(&b'\n') => {
                    output::error_line(format_args!(
                        "oxocert: {}:{number}: the last line is cut off and left out",
                        path.display()
                    ));
                }
                Err(error) => {
                    return Err(Failure::Harness(format!(
                        "{}:{number}: the record is damaged: {error}",
                        path.display()
                    )));
                }
            }
        }
        Ok(events)
    }

    /// Judges the record anew and writes `result.json`.
    ///
    /// # Errors
    /// Record or inputs cannot be read, or the result cannot be written.
    pub fn judge(&self) -> Result<RunResult, Failure> {
        let plan = self.plan()?;
        let events = self.events()?;
        let result = oxocert_judge::judge(&events, &plan.cases, &plan.bench, &plan.register, &plan.standing);
        let path = self.path.join("result.json");
        let mut json = serde_json::to_vec_pretty(&result)
            .map_err(|error| Failure::Harness(format!("failed to write {}: {error}", path.display())))?;
        json.push(b'\n');
        fs::write(&path, json).map_err(harness(format_args!("write {}", path.display())))?;
        Ok(result)
    }

    /// The stored verdicts.
    ///
    /// # Errors
    /// `result.json` is not there or of another schema.
    pub fn result(&self) -> Result<RunResult, Failure> {
        let path = self.path.join("result.json");
        let told = |what: &dyn std::fmt::Display| {
            Failure::Usage(format!(
                "failed to read {}: {what}; `oxocert judge` makes it again",
                path.display()
            ))
        };
        let text = fs::read_to_string(&path).map_err(|error| told(&error))?;
        serde_json::from_str(&text).map_err(|error| told(&error))
    }
}

/// What lies in the folder of a bench.
fn readme(plan: &Plan) -> String {
    let mut text = format!(
        "A run of oxocert on {}.\n\n\
         inputs/        scenarios, profiles and plan as they were; sha256sum --check SHA256SUMS\n\
         events.jsonl   everything that happened, one event a line\n\
         result.json    the verdicts; `oxocert judge` makes them again from the two above\n\
         evidence/      one capture for each case\n\
         dut.log        what the DUT printed, where the harness started it\n",
        plan.bench.name
    );
    if plan.bench.internet.is_some() {
        text.push_str(
            "\nThe trunk is encrypted. evidence/run.pcapng holds the signalling of the whole run, with the keys of its TLS\n\
             connections: Wireshark shows the SIP inside. A capture of a case holds all keys too, and shows the SIP of those\n\
             connections that were made during the case. Media is SRTP in every capture.\n\
             events.jsonl and evidence/ hold keys and can be read by their owner only (mode 0600). Who hands them on hands on\n\
             the calls in clear.\n",
        );
    }
    text
}

fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
