//! The writer of the record: a thread that flushes each event to `events.jsonl` and judges each case as it ends.

use crate::failure::{Failure, harness};
use crate::plan::Plan;
use crate::progress::BenchProgress;
use crate::run_folder::BenchFolder;
use oxocert_bench::Progress;
use oxocert_record::{CaseId, Event, What};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

/// What the recorder is given.
pub enum Entry {
    /// An event of the timeline.
    Event(Box<Event>),
    /// How far the run is.
    Progress(Progress),
    /// Something the reader of the terminal should know.
    Line(String),
}

/// The running recorder; it ends when every sender is gone.
pub struct Recorder {
    thread: JoinHandle<Result<(), Failure>>,
}

impl Recorder {
    /// Opens the record (mode 0600) and starts the thread.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn start(
        folder: &BenchFolder,
        plan: Arc<Plan>,
        progress: BenchProgress,
    ) -> Result<(Sender<Entry>, Recorder), Failure> {
        let path = folder.events_path();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(harness(format_args!("make {}", path.display())))?;
        let (entries, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("record".to_owned())
            .spawn(move || write(inbox, file, &plan, progress))
            .map_err(harness("start the thread that records"))?;
        Ok((entries, Recorder { thread }))
    }

    /// Waits until everything is on disk.
    ///
    /// # Errors
    /// The record could not be written.
    pub fn finish(self) -> Result<(), Failure> {
        self.thread
            .join()
            .unwrap_or_else(|_| Err(Failure::Harness("the thread that records failed".to_owned())))
    }
}

fn write(
    inbox: Receiver<Entry>,
    mut file: File,
    plan: &Plan,
    mut progress: BenchProgress,
) -> Result<(), Failure> {
    let mut case_events: Vec<Event> = Vec::new();
    for entry in inbox {
        match entry {
            Entry::Line(text) => progress.line(&text),
            Entry::Progress(moved) => progress.moved(&moved),
            Entry::Event(event) => {
                let mut line = serde_json::to_vec(&event).map_err(|error| {
                    Failure::Harness(format!("failed to write event {}: {error}", event.n.0))
                })?;
                line.push(b'\n');
                // One write a line and no buffer: a run that is killed keeps all that happened before.
                file.write_all(&line).map_err(harness("write events.jsonl"))?;
                let ended = match &event.what {
                    What::CaseStarted { .. } => {
                        // The first event of all names the run: the judge reads it.
                        case_events.truncate(1);
                        None
                    }
                    What::CaseEnded { case, .. } => Some(case.clone()),
                    _ => None,
                };
                case_events.push(*event);
                if let Some(case) = ended {
                    tell_verdict(&case, &case_events, plan, &mut progress);
                }
            }
        }
    }
    Ok(())
}

/// The verdict of a case as far as its own events tell; the verdict of the run is given at the end, on all of them.
fn tell_verdict(case: &CaseId, events: &[Event], plan: &Plan, progress: &mut BenchProgress) {
    let Some(planned) = plan.cases.iter().find(|planned| planned.id == *case) else { return };
    let cases = std::slice::from_ref(planned);
    let result = oxocert_judge::judge(events, cases, &plan.bench, &plan.register, &plan.standing);
    if let Some(result) = result.cases.first() {
        progress.verdict(case.as_str(), result.verdict, result.reason.as_deref());
    }
}
