//! The scheduling priority of signalling and media against everything else on the machine.
#![allow(unsafe_code)]

/// The nice value asked for: ahead of compilers and browsers, behind what the system itself holds urgent.
const NICE: libc::c_int = -10;

/// Raises the priority of this thread and of those it starts from now on, where the process may; `false` where not. Without it
/// everything works, and a busy machine shows as lag in the record.
pub fn raise() -> bool {
    // SAFETY: setpriority takes three numbers and touches no memory; 0 names the calling thread.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) == 0 }
}
