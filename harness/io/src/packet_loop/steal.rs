//! Processor time that the hypervisor gave to others: read beside the loop, on a thread of its own.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often it is read.
const INTERVAL: Duration = Duration::from_millis(250);

/// Length of a tick in /proc/stat (USER_HZ, 100 on every Linux that Rust runs on).
const TICK_NS: u64 = 10_000_000;

/// What stands in the shared number while nothing is known.
const UNKNOWN: u64 = u64::MAX;

/// Reads /proc/stat until it is dropped.
pub(super) struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
pub(super) struct Shared {
    steal_ns: AtomicU64,
    ended: AtomicBool,
}

impl Shared {
    /// All that was stolen since the machine started, nanoseconds.
    pub(super) fn steal_ns(&self) -> Option<u64> {
        Some(self.steal_ns.load(Ordering::Relaxed)).filter(|steal_ns| *steal_ns != UNKNOWN)
    }
}

impl Watch {
    pub(super) fn start() -> std::io::Result<Watch> {
        let shared = Arc::new(Shared { steal_ns: AtomicU64::new(UNKNOWN), ended: AtomicBool::new(false) });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("steal".to_owned()).spawn(move || watch(&theirs))?;
        Ok(Watch { shared, thread: Some(thread) })
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn watch(shared: &Shared) {
    let Ok(file) = File::open("/proc/stat") else { return };
    let mut buffer = [0; 512];
    while !shared.ended.load(Ordering::Relaxed) {
        let read = file.read_at(&mut buffer, 0).ok().and_then(|length| stolen(&buffer[..length]));
        shared.steal_ns.store(read.unwrap_or(UNKNOWN), Ordering::Relaxed);
        thread::park_timeout(INTERVAL);
    }
}

/// The eighth number of the first line: `cpu user nice system idle iowait irq softirq steal`.
fn stolen(text: &[u8]) -> Option<u64> {
    let line = std::str::from_utf8(text.split(|byte| *byte == b'\n').next()?).ok()?;
    let ticks: u64 = line.strip_prefix("cpu ")?.split_whitespace().nth(7)?.parse().ok()?;
    ticks.checked_mul(TICK_NS)
}

#[cfg(test)]
mod tests {
    use super::stolen;

    #[test]
    fn steal_is_the_eighth_number_of_the_sum_over_all_processors() {
        let text = b"cpu  1 2 3 4 5 6 7 80 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(stolen(text), Some(800_000_000));
        assert_eq!(stolen(b"cpu  1 2 3\n"), None);
        assert_eq!(stolen(b""), None);
    }
}
