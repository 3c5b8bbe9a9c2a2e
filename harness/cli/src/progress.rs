//! How far the runs are: a moving line for each bench on a terminal, plain lines elsewhere. All of it on stderr.

use crate::output;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use oxocert_bench::Progress;
use oxocert_record::Verdict;
use std::io::IsTerminal;
use std::time::Instant;

/// The display of all benches of a run; cheap to clone.
#[derive(Clone)]
pub struct Display {
    bars: Option<MultiProgress>,
}

impl Display {
    /// On a terminal with moving lines, elsewhere without.
    pub fn new() -> Display {
        Display { bars: std::io::stderr().is_terminal().then(MultiProgress::new) }
    }

    /// A line of its own, above the moving ones.
    pub fn line(&self, text: &str) {
        match &self.bars {
            // A terminal that does not take the line is gone; the record is not.
            Some(bars) => drop(bars.println(text)),
            None => output::error_line(text),
        }
    }

    /// The part of one bench; `label` stands before its lines where several run side by side.
    pub fn bench(&self, label: Option<&str>, of: usize) -> BenchProgress {
        let style = ProgressStyle::with_template("{bar:24} [{pos}/{len}] {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = self.bars.as_ref().map(|bars| bars.add(ProgressBar::new(of as u64).with_style(style)));
        let label = label.map_or_else(String::new, |label| format!("{label} "));
        BenchProgress { display: self.clone(), bar, label, of, current: None }
    }
}

impl Default for Display {
    fn default() -> Self {
        Display::new()
    }
}

/// The progress of one bench.
pub struct BenchProgress {
    display: Display,
    bar: Option<ProgressBar>,
    label: String,
    of: usize,
    current: Option<(usize, Instant)>,
}

impl BenchProgress {
    /// The runner moved on.
    pub fn moved(&mut self, progress: &Progress) {
        match progress {
            Progress::CaseStarted { case, number, .. } => {
                self.current = Some((*number, Instant::now()));
                self.show(number.saturating_sub(1), &format!("{case}"));
            }
            Progress::Step { case, step, number, of, .. } => {
                self.show_text(&format!("{case} step {step} ({number}/{of})"));
            }
            Progress::Load { case, point, up, done, failed, of } => {
                self.show_text(&format!(
                    "{case} {point}: {up} up, {done} done, {failed} failed of {of} calls"
                ));
            }
            Progress::CaseEnded { .. } => {}
        }
    }

    /// A case was judged.
    pub fn verdict(&mut self, case: &str, verdict: Verdict, reason: Option<&str>) {
        let (number, took) = match self.current {
            Some((number, since)) => (number, format!(" ({:.1} s)", since.elapsed().as_secs_f64())),
            None => (0, String::new()),
        };
        let reason =
            reason.filter(|_| verdict != Verdict::Pass).map_or_else(String::new, |text| format!(": {text}"));
        self.display
            .line(&format!("{}[{number}/{}] {case} ... {verdict}{took}{reason}", self.label, self.of));
        self.show(number, "");
    }

    /// A line about this bench.
    pub fn line(&self, text: &str) {
        self.display.line(&format!("{}{text}", self.label));
    }

    fn show(&self, done: usize, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        }
        self.show_text(text);
    }

    fn show_text(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}{text}", self.label));
        }
    }
}

impl Drop for BenchProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
