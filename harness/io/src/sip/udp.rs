//! The datagram ports of a machine: kernel receive stamps, TOS both ways, ICMP errors.

use super::net_input::{NetInput, Seen};
use crate::clock::StampMapping;
use crate::readiness::Readiness;
use crate::receive::Batch;
use crate::socket::{self, BindError, Purpose, TosSocket};
use nix::cmsg_space;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg};
use oxocert_machine::{At, Flow, Transport};
use std::io;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use tokio::io::unix::AsyncFd;

/// Datagrams taken in one call.
const SLOTS: usize = 8;

/// The longest UDP payload.
const LARGEST: usize = 65_535;

/// All datagram ports of one machine.
#[derive(Default)]
pub(super) struct UdpPorts {
    ports: Vec<(SocketAddr, TosSocket)>,
    readiness: Option<AsyncFd<Readiness>>,
    batch: Option<Batch>,
    tokens: Vec<u64>,
}

impl UdpPorts {
    /// Opens a port.
    pub(super) fn bind(&mut self, address: SocketAddr) -> Result<(), BindError> {
        let socket = socket::bind_udp(address, Purpose::Signalling)?;
        let told = |source| BindError::new(Transport::Udp, address, source);
        let readiness = match self.readiness.take() {
            Some(readiness) => readiness,
            None => Readiness::new().and_then(Readiness::into_async).map_err(told)?,
        };
        let readiness = self.readiness.insert(readiness);
        readiness.get_ref().add(&socket, self.ports.len() as u64).map_err(told)?;
        let local = socket.local_addr().unwrap_or(address);
        self.ports.push((local, TosSocket::new(socket)));
        Ok(())
    }

    /// Resolves when a port may have something; never where there is no port.
    pub(super) async fn readable(&self) {
        match &self.readiness {
            // An error here can only be the runtime's shutdown: nothing will come any more.
            Some(readiness) => match readiness.readable().await {
                Ok(mut guard) => guard.clear_ready(),
                Err(_) => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }

    /// Everything that has arrived on any port, without waiting.
    pub(super) fn sweep(&mut self, stamps: &StampMapping, now: At) -> Vec<Seen> {
        let mut seen = Vec::new();
        let Some(readiness) = &self.readiness else { return seen };
        loop {
            readiness.get_ref().ready(&mut self.tokens);
            if self.tokens.is_empty() {
                return seen;
            }
            let batch = self.batch.get_or_insert_with(|| Batch::new(SLOTS, LARGEST));
            for &token in &self.tokens {
                if let Some((local, port)) =
                    usize::try_from(token).ok().and_then(|index| self.ports.get(index))
                {
                    read_port(*local, port.socket(), batch, stamps, now, &mut seen);
                }
            }
        }
    }

    /// Sends from the port that has the flow's local address.
    pub(super) fn send(&mut self, flow: Flow, tos: u8, bytes: &[u8]) -> io::Result<()> {
        let port = self.ports.iter_mut().find(|(local, _)| *local == flow.local);
        let (_, port) = port.ok_or(io::ErrorKind::AddrNotAvailable)?;
        port.send(bytes, flow.remote, tos)
    }
}

fn read_port(
    local: SocketAddr,
    socket: &UdpSocket,
    batch: &mut Batch,
    stamps: &StampMapping,
    now: At,
    seen: &mut Vec<Seen>,
) {
    loop {
        match batch.receive(socket) {
            Ok(0) => return,
            Ok(_) => seen.extend(batch.datagrams().map(|datagram| Seen {
                // Signalling is judged in milliseconds: the time of reading stands in where the stamp is missing.
                at: datagram.stamp_ns.map_or(now, |stamp| stamps.at(stamp)),
                input: NetInput::Received {
                    flow: Flow::udp(local, datagram.remote),
                    tos: datagram.tos,
                    bytes: datagram.bytes.to_vec(),
                },
            })),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // Errors without data wake the port too: they wait on the queue of errors.
                read_errors(local, socket, now, seen);
                return;
            }
            Err(_) => read_errors(local, socket, now, seen),
        }
    }
}

/// The flows that the network reported as unreachable (ICMP, kept by the kernel on the socket's error queue).
fn read_errors(local: SocketAddr, socket: &UdpSocket, now: At, seen: &mut Vec<Seen>) {
    // The stamp and the TOS byte of what came back stand there as well.
    let mut control =
        cmsg_space!(libc::sock_extended_err, libc::sockaddr_in, [libc::timespec; 3], libc::c_int);
    loop {
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let Ok(message) = recvmsg::<SockaddrIn>(socket.as_raw_fd(), &mut [], Some(&mut control), flags)
        else {
            return;
        };
        let icmp = message.cmsgs().is_ok_and(|mut all| {
            all.any(|one| matches!(one, ControlMessageOwned::Ipv4RecvErr(error, _) if error.ee_errno != 0))
        });
        if let Some(remote) = message.address.filter(|_| icmp) {
            let remote = SocketAddr::V4(SocketAddrV4::from(remote));
            seen.push(Seen { at: now, input: NetInput::Unreachable { flow: Flow::udp(local, remote) } });
        }
    }
}
