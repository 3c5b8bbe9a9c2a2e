//! Opening sockets with everything the harness wants to know about a packet.

use crate::holder::holder;
use nix::sys::socket::{TimestampingFlag, setsockopt, sockopt};
use oxocert_machine::Transport;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, UdpSocket};

/// An address that could not be opened: which, who holds it where that is known, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot bind {} {address}: {}", transport.via(), self.advice())]
pub struct BindError {
    /// The transport.
    pub transport: Transport,
    /// The address.
    pub address: SocketAddr,
    /// The process that holds it, where /proc shows it.
    pub holder: Option<String>,
    /// What the system said.
    pub source: io::Error,
}

impl BindError {
    pub(crate) fn new(transport: Transport, address: SocketAddr, source: io::Error) -> BindError {
        let in_use = source.kind() == io::ErrorKind::AddrInUse;
        let holder = if in_use { holder(transport, address) } else { None };
        BindError { transport, address, holder, source }
    }

    fn advice(&self) -> String {
        match self.source.kind() {
            io::ErrorKind::AddrInUse => {
                let holder = self.holder.as_deref().unwrap_or("another process");
                format!(
                    "the address is in use by {holder}; end it, or give this role another address in the hw-profile"
                )
            }
            io::ErrorKind::AddrNotAvailable => {
                "the address is not on this machine; add it to an interface, or correct the hw-profile"
                    .to_owned()
            }
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need rights this process lacks; choose a higher port".to_owned()
            }
            _ => self.source.to_string(),
        }
    }
}

/// What a datagram socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Asks for ICMP errors too.
    Signalling,
    /// A wide receive buffer.
    Media,
}

/// Binds a datagram socket, non-blocking, with kernel receive stamps and the TOS byte of what arrives.
///
/// # Errors
/// The address cannot be bound.
pub(crate) fn bind_udp(local: SocketAddr, purpose: Purpose) -> Result<UdpSocket, BindError> {
    open_udp(local, purpose).map_err(|source| BindError::new(Transport::Udp, local, source))
}

fn open_udp(local: SocketAddr, purpose: Purpose) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(local), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    let stamps = TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE | TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE;
    setsockopt(&socket, sockopt::Timestamping, &stamps)?;
    setsockopt(&socket, sockopt::IpRecvTos, &true)?;
    match purpose {
        Purpose::Signalling => setsockopt(&socket, sockopt::Ipv4RecvErr, &true)?,
        Purpose::Media => socket.set_recv_buffer_size(1 << 20)?,
    }
    socket.bind(&local.into())?;
    Ok(socket.into())
}

/// Listens on a stream address, non-blocking; an address in TIME_WAIT is taken over.
///
/// # Errors
/// The address cannot be bound.
pub(crate) fn listen_tcp(local: SocketAddr) -> Result<std::net::TcpListener, BindError> {
    let open = || -> io::Result<std::net::TcpListener> {
        let socket = Socket::new(Domain::for_address(local), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_reuse_address(true)?;
        socket.bind(&local.into())?;
        socket.listen(128)?;
        Ok(socket.into())
    };
    open().map_err(|source| BindError::new(Transport::Tcp, local, source))
}

/// A datagram socket that remembers the TOS byte it sends with.
#[derive(Debug)]
pub(crate) struct TosSocket {
    socket: UdpSocket,
    tos: u8,
}

impl TosSocket {
    pub(crate) fn new(socket: UdpSocket) -> TosSocket {
        TosSocket { socket, tos: 0 }
    }

    pub(crate) fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Sends one datagram with this TOS byte. An error that an earlier datagram left on the socket (ICMP) is
    /// not this one's: the send is then tried once more.
    pub(crate) fn send(&mut self, bytes: &[u8], to: SocketAddr, tos: u8) -> io::Result<()> {
        if self.tos != tos {
            setsockopt(&self.socket, sockopt::Ipv4Tos, &i32::from(tos))?;
            self.tos = tos;
        }
        match self.socket.send_to(bytes, to) {
            Err(error) if is_left_over(&error) => self.socket.send_to(bytes, to).map(drop),
            other => other.map(drop),
        }
    }
}

fn is_left_over(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::Interrupted
    )
}
