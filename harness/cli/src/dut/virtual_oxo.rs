//! The virtual OXO as a child process of this same program.

use super::Order;
use crate::certificates::Scratch;
use crate::commands::virtual_oxo::READY;
use crate::failure::{Failure, harness};
use oxocert_scenario::model::bench::Bench;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long the process may take to bind its addresses.
const START_PATIENCE: Duration = Duration::from_secs(15);

/// The running process. It ends when its stdin closes, so it cannot outlive the harness, however that ends.
pub struct Process {
    child: Child,
    /// What it said when it was ready: product and addresses.
    announced: String,
    /// Held open for the life of the run.
    _stdin: ChildStdin,
    /// Its certificates.
    _scratch: Option<Scratch>,
}

impl Process {
    /// Starts it on a settings file, given relative to the profile.
    ///
    /// # Errors
    /// It does not come up; the message holds its own words.
    pub(super) fn start(order: &Order<'_>, settings: &str) -> Result<Process, Failure> {
        let program = std::env::current_exe().map_err(harness("find this program"))?;
        let profile = order.root.join(&order.plan.profile);
        let settings = profile.parent().unwrap_or(Path::new(".")).join(settings);
        let mut command = super::in_namespace(&order.plan.bench, &program);
        command.arg("virtual-oxo").arg("--settings").arg(&settings).arg("--passwords-from-stdin");
        command.arg("--seed").arg(order.seed.child("dut").0.to_string());
        let scratch = order.lab.map(Scratch::write).transpose()?;
        if let Some(scratch) = &scratch {
            command.arg("--certificates").arg(scratch.folder());
        }
        for defect in order.defects {
            command.arg("--defect").arg(defect);
        }
        // A process group of its own: Ctrl-C is for the harness, which still needs the DUT to end its calls.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(harness(format_args!("start {}", program.display())))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            end(&mut child);
            return Err(Failure::Harness("failed to reach the virtual OXO's standard streams".to_owned()));
        };
        let said = hand_over(&mut stdin, order)
            .and_then(|()| wait_until_ready(stdout, stderr, &order.folder.dut_log()));
        match said {
            Ok(announced) => Ok(Process { child, announced, _stdin: stdin, _scratch: scratch }),
            Err(failure) => {
                end(&mut child);
                Err(failure)
            }
        }
    }
}

impl Process {
    /// Its version and what it said when it was ready.
    pub(super) fn parts(&self) -> Vec<String> {
        vec![format!("virtual OXO of oxocert {}: {}", env!("CARGO_PKG_VERSION"), self.announced)]
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Ends the process by its own id; harmless where it is gone already.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn hand_over(stdin: &mut ChildStdin, order: &Order<'_>) -> Result<(), Failure> {
    let by_number = by_number(&order.plan.bench, order);
    let mut line = serde_json::to_vec(&by_number).map_err(|error| Failure::Harness(error.to_string()))?;
    line.push(b'\n');
    stdin
        .write_all(&line)
        .and_then(|()| stdin.flush())
        .map_err(harness("hand its passwords to the virtual OXO"))
}

fn by_number(bench: &Bench, order: &Order<'_>) -> BTreeMap<String, String> {
    let known = bench
        .sets
        .iter()
        .filter_map(|(role, set)| Some((set.number.clone(), order.passwords.get(role)?.clone())));
    known.collect()
}

/// Reads until the line that says it is ready, and returns what it says; what it prints goes on into its log.
fn wait_until_ready(
    stdout: impl Read + Send + 'static,
    mut stderr: impl Read + Send + 'static,
    log: &Path,
) -> Result<String, Failure> {
    let mut log = open_log(log)?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        // Dropped with the loop: a process that ends before it is ready is noticed at once.
        let tell = tell;
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(announced) = line.strip_prefix(READY) {
                let _ = tell.send(announced.to_owned());
            }
            // A log that cannot be written is missed by nobody but its reader.
            let _ = writeln!(log, "{line}");
        }
    });
    let complaints = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        text
    });
    match told.recv_timeout(START_PATIENCE) {
        Ok(announced) => Ok(announced),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Failure::Harness(format!(
            "the virtual OXO was not ready after {} s",
            START_PATIENCE.as_secs()
        ))),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let text = complaints.join().unwrap_or_default();
            let text = text.trim().trim_start_matches("oxocert: ").to_owned();
            Err(Failure::Harness(format!("the virtual OXO did not start: {text}")))
        }
    }
}

fn open_log(path: &Path) -> Result<File, Failure> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.map_err(harness(format_args!("make {}", path.display())))
}
