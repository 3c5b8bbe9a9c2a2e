//! Writes the entries of the channel as pcapng files.

use super::file::CaptureFile;
use super::{Entry, Scope, Summary};
use pcap_file::PcapResult;
use std::path::PathBuf;

/// Lines of the key log that are kept for the captures; the record holds all of them.
const MOST_SECRETS: usize = 100_000;

/// The state of the capture thread.
pub(super) struct Writer {
    folder: PathBuf,
    origin_ns: u64,
    /// The signalling of the whole run, where it is wanted.
    run: Option<CaptureFile>,
    case: Option<(String, CaptureFile)>,
    secrets: Vec<String>,
    summary: Summary,
}

impl Writer {
    pub(super) fn new(folder: PathBuf, origin_ns: u64, scope: Scope) -> Writer {
        let summary = Summary::default();
        let mut writer = Writer { folder, origin_ns, run: None, case: None, secrets: Vec::new(), summary };
        if scope == Scope::CasesAndRun {
            match writer.create("run", "signalling of the whole run") {
                Ok(file) => writer.run = Some(file),
                Err(error) => writer.give_up(&error),
            }
        }
        writer
    }

    pub(super) fn take(&mut self, entry: Entry) {
        if self.summary.error.is_some() {
            return;
        }
        if let Err(error) = self.write(entry) {
            self.give_up(&error);
        }
    }

    /// Closes the last files.
    pub(super) fn finish(mut self) -> Summary {
        self.take(Entry::CaseOver);
        if let Some(run) = self.run.take() {
            match run.close(&self.secrets) {
                Ok(packets) => self.summary.packets += packets,
                Err(error) => self.give_up(&error),
            }
        }
        self.summary
    }

    fn give_up(&mut self, error: &pcap_file::PcapError) {
        self.summary.error = Some(format!("writing a capture failed: {error}"));
        self.run = None;
        self.case = None;
    }

    fn write(&mut self, entry: Entry) -> PcapResult<()> {
        match entry {
            Entry::Case(case) => {
                self.close_case()?;
                let file = self.create(&case.replace('/', "-"), &case)?;
                self.case = Some((case, file));
            }
            Entry::CaseOver | Entry::Finish => self.close_case()?,
            Entry::Step(step) => {
                if let Some((case, file)) = &mut self.case {
                    let comment = format!("{case} step {step}");
                    file.comment(comment.clone());
                    self.run.iter_mut().for_each(|run| run.comment(comment.clone()));
                }
            }
            Entry::Secret(line) => {
                if self.secrets.len() < MOST_SECRETS {
                    self.secrets.push(line);
                }
            }
            Entry::Media { at, flow, tos, bytes } => {
                if let Some((_, file)) = &mut self.case {
                    file.datagram(at, flow, tos, &bytes)?;
                }
            }
            Entry::Datagram { at, flow, tos, bytes } => {
                self.each(|file| file.datagram(at, flow, tos, &bytes))?;
            }
            Entry::Bytes { at, flow, tos, bytes } => self.each(|file| file.bytes(at, flow, tos, &bytes))?,
            Entry::StreamClosed { at, flow } => self.each(|file| file.stream_closed(at, flow))?,
        }
        Ok(())
    }

    fn each(&mut self, mut write: impl FnMut(&mut CaptureFile) -> PcapResult<()>) -> PcapResult<()> {
        let case = self.case.as_mut().map(|(_, file)| file);
        case.into_iter().chain(&mut self.run).try_for_each(&mut write)
    }

    fn create(&mut self, name: &str, title: &str) -> PcapResult<CaptureFile> {
        let path = self.folder.join(format!("{name}.pcapng"));
        let file = CaptureFile::create(&path, title, self.origin_ns)?;
        self.summary.files.push(path);
        Ok(file)
    }

    fn close_case(&mut self) -> PcapResult<()> {
        if let Some((_, file)) = self.case.take() {
            self.summary.packets += file.close(&self.secrets)?;
        }
        Ok(())
    }
}
