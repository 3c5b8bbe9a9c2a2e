//! Starts ends and talks with them.

use crate::order::Order;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A process that is ended when this is dropped.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Processor time of all its threads so far, nanoseconds.
    pub fn cpu_ns(&self) -> Option<u64> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.0.id())).ok()?;
        let times = tasks.flatten().map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        });
        times.sum()
    }
}

/// One end.
pub struct End {
    pub process: Process,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// What its thread may, and its stamps.
    pub state: String,
}

/// What one end counted and measured.
#[derive(Debug)]
pub struct Account {
    /// Of each stream: sent, came, again, strange, refused.
    pub streams: Vec<[u64; 5]>,
    figures: BTreeMap<String, f64>,
}

impl Account {
    /// A figure; `None` where it is not known.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures.get(name).copied()
    }
}

impl End {
    /// Starts one and waits until its ports are open.
    pub fn start(order: &Order) -> Result<End, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut child = Command::new(program)
            .arg("end")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start an end: {error}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let process = Process(child);
        let (input, output) = input.zip(output).ok_or("an end without pipes")?;
        let mut end = End { process, input, output: BufReader::new(output).lines(), state: String::new() };
        end.say(&order.to_string())?;
        end.state = end.await_word("ready")?;
        Ok(end)
    }

    /// Sends it one line.
    pub fn say(&mut self, line: &str) -> Result<(), String> {
        writeln!(self.input, "{line}")
            .and_then(|()| self.input.flush())
            .map_err(|error| format!("an end is gone: {error}"))
    }

    /// Waits until it has sent everything.
    pub fn await_sent(&mut self) -> Result<(), String> {
        self.say("wait")?;
        self.await_word("sent").map(drop)
    }

    /// Ends it and takes its account.
    pub fn report(mut self) -> Result<Account, String> {
        self.say("report")?;
        let (mut streams, mut figures) = (Vec::new(), BTreeMap::new());
        for line in self.output.by_ref().map_while(Result::ok) {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("stream") => {
                    let mut of = |name: &str| {
                        let word = line.split_whitespace().find_map(|word| word.strip_prefix(name));
                        word.and_then(|value| value.strip_prefix('=')?.parse().ok()).unwrap_or(u64::MAX)
                    };
                    streams.push(["sent", "came", "again", "strange", "refused"].map(&mut of));
                }
                Some("figures") => {
                    let pairs = words.filter_map(|word| word.split_once('='));
                    figures.extend(
                        pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))),
                    );
                }
                _ => {}
            }
        }
        if figures.is_empty() {
            Err("an end gave no account".to_owned())
        } else {
            Ok(Account { streams, figures })
        }
    }

    fn await_word(&mut self, word: &str) -> Result<String, String> {
        let line = self.output.by_ref().map_while(Result::ok).find(|line| line.starts_with(word));
        line.map(|line| line[word.len()..].trim().to_owned())
            .ok_or_else(|| format!("an end broke off before {word:?}"))
    }
}
