//! The port pairs of the media thread: RTP on an even port, RTCP on the next.

use crate::readiness::Readiness;
use crate::socket::{BindError, Purpose, TosSocket, bind_udp};
use oxocert_machine::Transport;
use oxocert_media::engine::PortId;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

/// All open sockets, by local address and by token.
pub(super) struct Ports {
    readiness: Readiness,
    sockets: BTreeMap<SocketAddr, TosSocket>,
    by_token: BTreeMap<u64, SocketAddr>,
    pairs: BTreeMap<PortId, SocketAddr>,
    next_token: u64,
}

impl Ports {
    pub(super) fn new() -> io::Result<Ports> {
        Ok(Ports {
            readiness: Readiness::new()?,
            sockets: BTreeMap::new(),
            by_token: BTreeMap::new(),
            pairs: BTreeMap::new(),
            next_token: 0,
        })
    }

    pub(super) fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Opens `local` and the port after it; both or none.
    pub(super) fn open(&mut self, port: PortId, local: SocketAddr) -> Result<(), BindError> {
        let mut control = local;
        control.set_port(local.port().wrapping_add(1));
        let pair = [(local, bind_udp(local, Purpose::Media)?), (control, bind_udp(control, Purpose::Media)?)];
        for (address, socket) in pair {
            let token = self.next_token;
            self.next_token += 1;
            self.readiness
                .add(&socket, token)
                .map_err(|source| BindError::new(Transport::Udp, address, source))?;
            self.by_token.insert(token, address);
            self.sockets.insert(address, TosSocket::new(socket));
        }
        self.pairs.insert(port, local);
        Ok(())
    }

    /// Closes a pair; closing takes a socket out of the epoll.
    pub(super) fn close(&mut self, port: PortId) {
        if let Some(local) = self.pairs.remove(&port) {
            let mut control = local;
            control.set_port(local.port().wrapping_add(1));
            for address in [local, control] {
                self.sockets.remove(&address);
                self.by_token.retain(|_, open| *open != address);
            }
        }
    }

    /// The socket of a token of the epoll.
    pub(super) fn of_token(&self, token: u64) -> Option<(SocketAddr, &TosSocket)> {
        let address = *self.by_token.get(&token)?;
        Some((address, self.sockets.get(&address)?))
    }

    /// Whether an address is one of ours.
    pub(super) fn owns(&self, address: SocketAddr) -> bool {
        self.sockets.contains_key(&address)
    }

    /// Sends from the socket that has this address.
    pub(super) fn send(&mut self, from: SocketAddr, to: SocketAddr, tos: u8, bytes: &[u8]) -> io::Result<()> {
        self.sockets.get_mut(&from).ok_or(io::ErrorKind::AddrNotAvailable)?.send(bytes, to, tos)
    }
}
