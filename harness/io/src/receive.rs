//! Receiving datagrams in batches with their kernel stamp and TOS byte.
//!
//! `recvmmsg` through libc: the wrapper of `nix` does not set `msg_controllen` again between calls, so a packet
//! that came without a stamp would cut off the stamps of all packets after it in the same slot.
#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

/// Room for SCM_TIMESTAMPING (three timespecs) and IP_TOS with their headers, and a reserve.
const CONTROL_BYTES: usize = 128;

/// One control buffer, aligned as `cmsghdr` asks.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; CONTROL_BYTES]);

/// One datagram that was received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Datagram<'a> {
    pub(crate) remote: SocketAddr,
    /// The kernel's receive stamp, CLOCK_REALTIME in nanoseconds; `None` where the packet carried none.
    pub(crate) stamp_ns: Option<u64>,
    pub(crate) tos: Option<u8>,
    pub(crate) bytes: &'a [u8],
}

/// Buffers for `slots` datagrams, made once.
pub(crate) struct Batch {
    size: usize,
    payload: Vec<u8>,
    names: Vec<libc::sockaddr_in>,
    control: Vec<Control>,
    filled: Vec<(usize, usize)>,
}

impl Batch {
    /// Room for `slots` datagrams of up to `size` bytes; longer ones are cut.
    pub(crate) fn new(slots: usize, size: usize) -> Batch {
        let name = libc::sockaddr_in {
            sin_family: 0,
            sin_port: 0,
            sin_addr: libc::in_addr { s_addr: 0 },
            sin_zero: [0; 8],
        };
        Batch {
            size,
            payload: vec![0; slots * size],
            names: vec![name; slots],
            control: vec![Control([0; CONTROL_BYTES]); slots],
            filled: Vec::with_capacity(slots),
        }
    }

    /// Takes what the socket holds, up to the number of slots, without blocking. Returns how many came.
    ///
    /// # Errors
    /// What the system says, `WouldBlock` included.
    pub(crate) fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.filled.clear();
        let mut slices: Vec<libc::iovec> = self
            .payload
            .chunks_exact_mut(self.size)
            .map(|slot| libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: slot.len() })
            .collect();
        let mut headers: Vec<libc::mmsghdr> = Vec::with_capacity(slices.len());
        for ((slice, name), control) in slices.iter_mut().zip(&mut self.names).zip(&mut self.control) {
            // SAFETY: msghdr and mmsghdr are plain C structs for which all-zero bytes are a valid value.
            let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
            header.msg_hdr.msg_name = std::ptr::from_mut(name).cast();
            header.msg_hdr.msg_namelen = mem::size_of::<libc::sockaddr_in>() as libc::socklen_t;
            header.msg_hdr.msg_iov = slice;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = control.0.as_mut_ptr().cast();
            header.msg_hdr.msg_controllen = CONTROL_BYTES;
            headers.push(header);
        }
        // SAFETY: every header points at a name, one iovec and a control buffer that live in `self` or in
        // `slices` until after the call, each used by one header only; `vlen` is their exact number; the
        // timeout may be null.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                headers.len() as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        self.filled.extend(
            headers.iter().take(count).map(|header| (header.msg_len as usize, header.msg_hdr.msg_controllen)),
        );
        Ok(count)
    }

    /// The datagrams of the last [`Batch::receive`].
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        self.filled.iter().enumerate().map(|(slot, &(length, control_length))| {
            let name = self.names[slot];
            let ip = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
            let start = slot * self.size;
            let (stamp_ns, tos) = read_control(&self.control[slot], control_length);
            Datagram {
                remote: SocketAddr::from((ip, u16::from_be(name.sin_port))),
                stamp_ns,
                tos,
                bytes: &self.payload[start..start + length.min(self.size)],
            }
        })
    }
}

/// Stamp and TOS out of a control buffer of which the kernel filled `length` bytes.
fn read_control(control: &Control, length: usize) -> (Option<u64>, Option<u8>) {
    let (mut stamp, mut tos) = (None, None);
    let filled = &control.0[..length.min(CONTROL_BYTES)];
    let header_bytes = cmsg_align(mem::size_of::<libc::cmsghdr>());
    let mut offset = 0;
    while let Some(header) = filled.get(offset..offset + mem::size_of::<libc::cmsghdr>()) {
        // SAFETY: `header` has the size of a cmsghdr, every bit pattern of which is valid; the read does not
        // need alignment.
        let header: libc::cmsghdr = unsafe { std::ptr::read_unaligned(header.as_ptr().cast()) };
        let data =
            filled.get(offset + header_bytes..(offset + header.cmsg_len).min(filled.len())).unwrap_or(&[]);
        match (header.cmsg_level, header.cmsg_type) {
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPING) => stamp = read_stamp(data),
            (libc::IPPROTO_IP, libc::IP_TOS) => tos = data.first().copied(),
            _ => {}
        }
        if header.cmsg_len < header_bytes {
            break;
        }
        offset += cmsg_align(header.cmsg_len);
    }
    (stamp, tos)
}

/// CMSG_ALIGN of Linux: to the size of a `long`.
fn cmsg_align(length: usize) -> usize {
    length.next_multiple_of(mem::size_of::<usize>())
}

/// The first of the three timespecs is the kernel's own (software) stamp; all zero means none.
fn read_stamp(data: &[u8]) -> Option<u64> {
    let seconds = i64::from_ne_bytes(data.get(..8)?.try_into().ok()?);
    let nanos = i64::from_ne_bytes(data.get(8..16)?.try_into().ok()?);
    let total =
        u64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?.checked_add(u64::try_from(nanos).ok()?)?;
    (total != 0).then_some(total)
}
