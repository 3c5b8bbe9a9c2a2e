//! Receiving datagrams in batches with what the kernel tells beside them.
//!
//! `recvmmsg` through libc: the wrapper of `nix` does not set `msg_controllen` again between calls, so a packet
//! that came without a stamp would cut off the stamps of all packets after it in the same slot. All buffers and headers are made
//! once; a call allocates nothing.
#![allow(unsafe_code)]

use crate::ancillary::{Ancillary, CONTROL_BYTES, Control};
use std::io;
use std::mem;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

/// One datagram that was received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Datagram<'a> {
    pub(crate) remote: SocketAddr,
    /// The kernel's receive stamp, CLOCK_REALTIME in nanoseconds; `None` where the packet carried none.
    pub(crate) stamp_ns: Option<u64>,
    pub(crate) tos: Option<u8>,
    /// All that came beside it.
    pub(crate) ancillary: Ancillary,
    pub(crate) bytes: &'a [u8],
}

/// Buffers for some datagrams, made once.
pub(crate) struct Batch {
    size: usize,
    payload: Vec<u8>,
    names: Vec<libc::sockaddr_in>,
    control: Vec<Control>,
    slices: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    filled: usize,
}

// SAFETY: the raw pointers in `slices` and `headers` point into the heap memory that the other fields own, which moves with no
// move of the `Batch`; each call sets all of them anew before the kernel reads them, and nothing else ever does.
unsafe impl Send for Batch {}

impl Batch {
    /// Room for `slots` datagrams of up to `size` bytes; longer ones are cut.
    pub(crate) fn new(slots: usize, size: usize) -> Batch {
        // SAFETY: sockaddr_in, iovec, msghdr and mmsghdr are plain C structs for which all-zero bytes are a valid value.
        let (name, slice, header) = unsafe { (mem::zeroed(), mem::zeroed(), mem::zeroed()) };
        Batch {
            size,
            payload: vec![0; slots * size],
            names: vec![name; slots],
            control: vec![Control([0; CONTROL_BYTES]); slots],
            slices: vec![slice; slots],
            headers: vec![header; slots],
            filled: 0,
        }
    }

    /// Takes what the socket holds, up to the number of slots, without blocking. Returns how many came.
    ///
    /// # Errors
    /// What the system says, `WouldBlock` included.
    pub(crate) fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.call(socket, libc::MSG_DONTWAIT)
    }

    /// Takes what the socket's error queue holds: stamps of packets that were sent, and errors.
    ///
    /// # Errors
    /// What the system says, `WouldBlock` included.
    pub(crate) fn receive_errors(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.call(socket, libc::MSG_DONTWAIT | libc::MSG_ERRQUEUE)
    }

    /// The datagrams of the last call.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        self.headers.iter().take(self.filled).enumerate().map(|(slot, header)| {
            let name = self.names[slot];
            let ip = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
            let start = slot * self.size;
            let ancillary = Ancillary::read(&self.control[slot], header.msg_hdr.msg_controllen);
            Datagram {
                remote: SocketAddr::from((ip, u16::from_be(name.sin_port))),
                stamp_ns: ancillary.software_ns,
                tos: ancillary.tos,
                ancillary,
                bytes: &self.payload[start..start + (header.msg_len as usize).min(self.size)],
            }
        })
    }

    fn call(&mut self, socket: &UdpSocket, flags: libc::c_int) -> io::Result<usize> {
        self.filled = 0;
        let buffers = self.payload.chunks_exact_mut(self.size).zip(&mut self.names).zip(&mut self.control);
        let headers = self.headers.iter_mut().zip(&mut self.slices);
        for ((header, slice), ((payload, name), control)) in headers.zip(buffers) {
            slice.iov_base = payload.as_mut_ptr().cast();
            slice.iov_len = payload.len();
            header.msg_hdr.msg_name = std::ptr::from_mut(name).cast();
            header.msg_hdr.msg_namelen = mem::size_of::<libc::sockaddr_in>() as libc::socklen_t;
            header.msg_hdr.msg_iov = slice;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = control.0.as_mut_ptr().cast();
            header.msg_hdr.msg_controllen = CONTROL_BYTES;
            header.msg_hdr.msg_flags = 0;
        }
        // SAFETY: every header points at a name, one iovec with its payload and a control buffer that live in `self`, each used by
        // one header only, all set just now; `vlen` is their exact number; the timeout may be null.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                self.headers.len() as libc::c_uint,
                flags,
                std::ptr::null_mut(),
            )
        };
        self.filled = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        Ok(self.filled)
    }
}
