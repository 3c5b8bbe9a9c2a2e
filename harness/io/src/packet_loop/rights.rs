//! Real-time scheduling and locked memory for the loop's thread, as far as this process may.
#![allow(unsafe_code)]

use std::fmt;
use std::io;
use std::mem;

/// Priority asked for under SCHED_FIFO (1-99): above ordinary work, below the kernel's own threads (50).
const PRIORITY: libc::c_int = 20;

/// Timer slack in nanoseconds for a thread without real-time scheduling; the default of 50 us would be most of the pacing error.
const TIMER_SLACK_NS: u64 = 1;

/// What the thread got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// SCHED_FIFO; else why not.
    pub real_time: Result<(), String>,
    /// All memory of the process locked; else why not.
    pub locked: Result<(), String>,
    /// Of each second the kernel gives real-time threads so many microseconds (`sched_rt_runtime_us` of `sched_rt_period_us`);
    /// `None` where there is no such limit or it cannot be read.
    pub throttle: Option<(u64, u64)>,
}

impl Rights {
    /// Takes for the calling thread what it may have. What it does not get costs precision, which the readings show.
    pub(super) fn take(wanted: bool) -> Rights {
        let _ = nix::sys::prctl::set_timerslack(TIMER_SLACK_NS);
        let not_asked = || Err("not asked for".to_owned());
        Rights {
            real_time: if wanted { fifo().map_err(|error| error.to_string()) } else { not_asked() },
            locked: if wanted { lock().map_err(|error| error.to_string()) } else { not_asked() },
            throttle: throttle(),
        }
    }

    /// Whether the thread is scheduled ahead of all ordinary ones.
    pub fn is_real_time(&self) -> bool {
        self.real_time.is_ok()
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.real_time {
            Ok(()) => write!(f, "SCHED_FIFO {PRIORITY}")?,
            Err(why) => write!(f, "no real-time scheduling ({why})")?,
        }
        match &self.locked {
            Ok(()) => f.write_str(", memory locked"),
            Err(why) => write!(f, ", memory not locked ({why})"),
        }
    }
}

fn fifo() -> io::Result<()> {
    // SAFETY: sched_param is a plain C struct for which all-zero bytes are a valid value.
    let mut parameters: libc::sched_param = unsafe { mem::zeroed() };
    parameters.sched_priority = PRIORITY;
    // SAFETY: `parameters` lives until after the call, which only reads it; 0 names the calling thread.
    check(unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) })
}

/// What there is now is brought in and locked; what comes later is locked once it is touched, so that the stacks and reserves of
/// other threads do not become resident.
fn lock() -> io::Result<()> {
    // SAFETY: mlockall takes flags and touches no memory of ours.
    check(unsafe { libc::mlockall(libc::MCL_CURRENT) })?;
    // SAFETY: as above.
    check(unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE | libc::MCL_ONFAULT) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn throttle() -> Option<(u64, u64)> {
    let read = |name: &str| {
        std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok()?.trim().parse::<i64>().ok()
    };
    let (runtime, period) = (read("sched_rt_runtime_us")?, read("sched_rt_period_us")?);
    Some((u64::try_from(runtime).ok()?, u64::try_from(period).ok()?))
}

/// Involuntary switches of the calling thread so far: times it was made to wait although it had work.
pub(super) fn involuntary_switches() -> Option<u64> {
    // SAFETY: rusage is a plain C struct for which all-zero bytes are a valid value.
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    // SAFETY: `usage` lives until after the call, which fills it.
    let result = unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) };
    (result == 0).then(|| u64::try_from(usage.ru_nivcsw).ok())?
}

/// Processor time of the calling thread so far, nanoseconds.
pub(super) fn cpu_ns() -> Option<u64> {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).ok()?;
    u64::try_from(time.tv_sec())
        .ok()?
        .checked_mul(1_000_000_000)?
        .checked_add(u64::try_from(time.tv_nsec()).ok()?)
}
