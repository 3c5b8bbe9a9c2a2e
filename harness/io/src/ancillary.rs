//! What the kernel tells beside a datagram: stamps, TOS byte, drops, and the number of a packet that was sent.
#![allow(unsafe_code)]

use std::mem;

/// Room for SCM_TIMESTAMPING (three timespecs), IP_TOS, SO_RXQ_OVFL and IP_RECVERR with their headers, and a reserve.
pub(crate) const CONTROL_BYTES: usize = 192;

/// Nanoseconds of a second.
const SECOND_NS: u64 = 1_000_000_000;

/// `SO_EE_ORIGIN_TIMESTAMPING` of linux/errqueue.h: an entry of the error queue that is a stamp and no error.
const ORIGIN_TIMESTAMPING: u8 = 4;

/// One control buffer, aligned as `cmsghdr` asks.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub(crate) struct Control(pub(crate) [u8; CONTROL_BYTES]);

/// What one control buffer held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ancillary {
    /// The kernel's own stamp, CLOCK_REALTIME in nanoseconds.
    pub(crate) software_ns: Option<u64>,
    /// The network card's stamp, in nanoseconds of the card's clock.
    pub(crate) hardware_ns: Option<u64>,
    /// The TOS byte.
    pub(crate) tos: Option<u8>,
    /// Datagrams this socket has dropped so far for want of room; a 32-bit counter.
    pub(crate) drops: Option<u32>,
    /// Of an entry of the error queue: which sent packet the stamp is of (`SOF_TIMESTAMPING_OPT_ID`).
    pub(crate) sent: Option<u32>,
}

impl Ancillary {
    /// Reads a control buffer of which the kernel filled `length` bytes.
    pub(crate) fn read(control: &Control, length: usize) -> Ancillary {
        let mut seen = Ancillary::default();
        let filled = &control.0[..length.min(CONTROL_BYTES)];
        let header_bytes = align(mem::size_of::<libc::cmsghdr>());
        let mut offset = 0;
        while let Some(header) =
            filled.get(offset..).and_then(|rest| rest.get(..mem::size_of::<libc::cmsghdr>()))
        {
            // SAFETY: `header` has the size of a cmsghdr, every bit pattern of which is valid; the read does not
            // need alignment.
            let header: libc::cmsghdr = unsafe { std::ptr::read_unaligned(header.as_ptr().cast()) };
            if header.cmsg_len < header_bytes {
                break;
            }
            let end = offset.saturating_add(header.cmsg_len).min(filled.len());
            let data = filled.get(offset + header_bytes..end).unwrap_or(&[]);
            match (header.cmsg_level, header.cmsg_type) {
                (libc::SOL_SOCKET, libc::SCM_TIMESTAMPING) => {
                    // Software, one that is no longer used, and raw hardware.
                    seen.software_ns = timespec(data, 0);
                    seen.hardware_ns = timespec(data, 32);
                }
                (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) => seen.drops = word(data, 0),
                (libc::IPPROTO_IP, libc::IP_TOS) => seen.tos = data.first().copied(),
                // sock_extended_err: errno, origin, type, code, padding, info, data.
                (libc::IPPROTO_IP, libc::IP_RECVERR) | (libc::IPPROTO_IPV6, libc::IPV6_RECVERR)
                    if data.get(4) == Some(&ORIGIN_TIMESTAMPING) =>
                {
                    seen.sent = word(data, 12);
                }
                _ => {}
            }
            offset = offset.saturating_add(align(header.cmsg_len));
        }
        seen
    }
}

/// CMSG_ALIGN of Linux: to the size of a `long`.
fn align(length: usize) -> usize {
    length.saturating_add(mem::size_of::<usize>() - 1) & !(mem::size_of::<usize>() - 1)
}

/// A timespec in nanoseconds; all zero means none.
fn timespec(data: &[u8], at: usize) -> Option<u64> {
    let field = |at: usize| {
        let value = i64::from_ne_bytes(data.get(at..at + 8)?.try_into().ok()?);
        u64::try_from(value).ok()
    };
    let total = field(at)?.checked_mul(SECOND_NS)?.checked_add(field(at + 8)?)?;
    (total != 0).then_some(total)
}

fn word(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(data.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A control buffer with these messages, and how many bytes of it are filled.
    fn buffer(messages: &[(i32, i32, &[u8])]) -> (Control, usize) {
        let mut control = Control([0; CONTROL_BYTES]);
        let mut at = 0;
        for (level, kind, data) in messages {
            control.0[at..at + 8].copy_from_slice(&(16 + data.len()).to_ne_bytes());
            control.0[at + 8..at + 12].copy_from_slice(&level.to_ne_bytes());
            control.0[at + 12..at + 16].copy_from_slice(&kind.to_ne_bytes());
            control.0[at + 16..at + 16 + data.len()].copy_from_slice(data);
            at += align(16 + data.len());
        }
        (control, at)
    }

    fn stamps(software: (i64, i64), hardware: (i64, i64)) -> Vec<u8> {
        [software.0, software.1, 0, 0, hardware.0, hardware.1].iter().flat_map(|n| n.to_ne_bytes()).collect()
    }

    #[test]
    fn everything_beside_a_datagram_is_read() {
        let times = stamps((3, 7), (5, 9));
        let (control, length) = buffer(&[
            (libc::SOL_SOCKET, libc::SO_RXQ_OVFL, &12u32.to_ne_bytes()),
            (libc::IPPROTO_IP, libc::IP_TOS, &[0xb8]),
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPING, &times),
        ]);
        let seen = Ancillary::read(&control, length);
        assert_eq!((seen.software_ns, seen.hardware_ns), (Some(3_000_000_007), Some(5_000_000_009)));
        assert_eq!((seen.tos, seen.drops, seen.sent), (Some(0xb8), Some(12), None));
    }

    #[test]
    fn a_stamp_of_zero_is_no_stamp() {
        let times = stamps((0, 0), (0, 0));
        let (control, length) = buffer(&[(libc::SOL_SOCKET, libc::SCM_TIMESTAMPING, &times)]);
        assert_eq!(Ancillary::read(&control, length), Ancillary::default());
    }

    #[test]
    fn a_stamp_of_what_was_sent_names_its_packet_and_an_icmp_error_none() {
        let entry = |origin: u8| {
            let mut entry = vec![0u8; 16];
            entry[4] = origin;
            entry[12..16].copy_from_slice(&77u32.to_ne_bytes());
            entry
        };
        let (control, length) = buffer(&[(libc::IPPROTO_IP, libc::IP_RECVERR, &entry(ORIGIN_TIMESTAMPING))]);
        assert_eq!(Ancillary::read(&control, length).sent, Some(77));
        let (control, length) = buffer(&[(libc::IPPROTO_IP, libc::IP_RECVERR, &entry(2))]);
        assert_eq!(Ancillary::read(&control, length).sent, None);
    }

    #[test]
    fn a_length_that_lies_ends_the_reading() {
        for length in [0usize, 8, 15, usize::MAX, usize::MAX - 7] {
            let (mut control, filled) = buffer(&[(libc::IPPROTO_IP, libc::IP_TOS, &[0xb8])]);
            control.0[..8].copy_from_slice(&length.to_ne_bytes());
            let seen = Ancillary::read(&control, filled);
            assert!(seen.tos.is_none() || length > 15);
        }
    }
}
