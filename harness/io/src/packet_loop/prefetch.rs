//! Asking for memory before it is needed: the state of a thousand streams lies in no cache when their turn comes, and the kernel's
//! work for the streams before is long enough to fetch it.
#![allow(unsafe_code)]

/// Bytes of a cache line.
const LINE: usize = 64;

/// Asks for so many bytes from the beginning of `what` on.
#[inline]
pub(super) fn prefetch<T: ?Sized>(what: &T, bytes: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..bytes.min(size_of_val(what))).step_by(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = std::ptr::from_ref(what).cast::<i8>().wrapping_add(line);
        // SAFETY: a prefetch reads nothing and never faults, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (what, bytes, LINE);
}
