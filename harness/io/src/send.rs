//! Sending one datagram, with or without the wish to know when it left.
#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

/// Room for one control message with a number of 32 bits: CMSG_SPACE(4).
const ASK_BYTES: usize = 24;

/// Where to, as the kernel wants it.
#[derive(Clone, Copy)]
pub(crate) struct Address(libc::sockaddr_in);

impl Address {
    /// `None` for IPv6.
    pub(crate) fn of(address: SocketAddr) -> Option<Address> {
        let SocketAddr::V4(address) = address else { return None };
        Some(Address(libc::sockaddr_in {
            sin_family: libc::AF_INET as libc::sa_family_t,
            sin_port: address.port().to_be(),
            sin_addr: libc::in_addr { s_addr: u32::from(*address.ip()).to_be() },
            sin_zero: [0; 8],
        }))
    }
}

/// What is to be known of this packet beyond what the socket asks of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Nothing,
    /// When it left; by the network card too, where that stamps.
    ThisOne {
        hardware: bool,
    },
}

#[repr(C, align(8))]
struct Control([u8; ASK_BYTES]);

/// Sends one datagram; allocates nothing.
///
/// # Errors
/// What the system says.
pub(crate) fn send(socket: &UdpSocket, to: &Address, bytes: &[u8], ask: Ask) -> io::Result<()> {
    let mut name = to.0;
    let mut slice = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let mut control = Control([0; ASK_BYTES]);
    // SAFETY: msghdr is a plain C struct for which all-zero bytes are a valid value.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_name = (&raw mut name).cast();
    header.msg_namelen = mem::size_of::<libc::sockaddr_in>() as libc::socklen_t;
    header.msg_iov = &raw mut slice;
    header.msg_iovlen = 1;
    if let Ask::ThisOne { hardware } = ask {
        let card = if hardware { libc::SOF_TIMESTAMPING_TX_HARDWARE } else { 0 };
        write_ask(&mut control, libc::SOF_TIMESTAMPING_TX_SOFTWARE | card);
        header.msg_control = control.0.as_mut_ptr().cast();
        header.msg_controllen = ASK_BYTES;
    }
    // By number: the wrapper of the C library is a point where a thread can be cancelled, and what prepares for that costs a twentieth
    // of the whole call.
    // SAFETY: `header` points at a name, one iovec over `bytes`, and a control buffer, all of which live until after the call;
    // sendmsg only reads them.
    let sent = unsafe {
        libc::syscall(libc::SYS_sendmsg, socket.as_raw_fd(), &raw const header, libc::MSG_DONTWAIT)
    };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// cmsghdr: length (of header and data), level, type; then the flags.
fn write_ask(control: &mut Control, flags: u32) {
    let length = mem::size_of::<libc::cmsghdr>() + mem::size_of::<u32>();
    control.0[..8].copy_from_slice(&length.to_ne_bytes());
    control.0[8..12].copy_from_slice(&libc::SOL_SOCKET.to_ne_bytes());
    control.0[12..16].copy_from_slice(&libc::SO_TIMESTAMPING.to_ne_bytes());
    control.0[16..20].copy_from_slice(&flags.to_ne_bytes());
}
