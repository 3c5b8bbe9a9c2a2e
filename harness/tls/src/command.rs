//! What a machine orders of its TLS layer.

use crate::{Endpoint, Version};
use oxocert_machine::Flow;
use std::net::{IpAddr, SocketAddr};

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
    /// Connect now, without anything to send yet.
    Connect {
        /// Over `Tls`, local port 0.
        flow: Flow,
    },
    /// Close every connection of a local address: close_notify, then the stream.
    CloseAll {
        /// The address.
        local: IpAddr,
    },
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

/// A ClientHello as the prober writes it, whatever any library thinks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The highest version it offers (and for `Tls13` the only one, in supported_versions).
    pub version: Version,
    /// Its suites, IANA numbers, in order.
    pub suites: Vec<u16>,
    /// server_name, where one is sent.
    pub sni: Option<String>,
}
