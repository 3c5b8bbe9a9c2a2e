//! What a machine orders of its TLS layer.

use crate::{Endpoint, Hello};
use oxocert_machine::Flow;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A probe, named by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeId(pub u32);

/// An order.
#[derive(Debug, Clone)]
pub enum Command {
    /// From now on connections of this local address behave so; those that stand stay.
    Endpoint {
        /// The address.
        local: IpAddr,
        /// How.
        endpoint: Box<Endpoint>,
    },
    /// As `Endpoint`, for connections from or to one remote address only (a DUT that expects another name of each a-SBC).
    Toward {
        /// Our address.
        local: IpAddr,
        /// Theirs.
        remote: IpAddr,
        /// How.
        endpoint: Box<Endpoint>,
    },
    /// Streams that come in at this address and port carry no TLS, though the address has an endpoint: a port of clear SIP beside
    /// the secured one. Without this order all that come in at an address with an endpoint do.
    Plain {
        /// The address that listens.
        local: SocketAddr,
    },
    /// Connect now, without anything to send yet: each time a connection of its own.
    Connect {
        /// Over `Tls`, local port 0.
        flow: Flow,
    },
    /// Close every connection of a local address: close_notify, then the stream. As the order names no flow, `Input::Closed` tells
    /// each; the end of a flow that the machine closes by `Output::Close` comes as `Event::Ended` only.
    CloseAll {
        /// The address.
        local: IpAddr,
    },
    /// From now on a handshake may take so long, from the stream on; 60 s where nothing was ordered.
    Patience(Duration),
    /// Send one ClientHello on a stream of its own and tell what comes.
    Probe {
        /// Its name.
        id: ProbeId,
        /// From.
        local: IpAddr,
        /// To.
        remote: SocketAddr,
        /// What.
        hello: Hello,
    },
}
