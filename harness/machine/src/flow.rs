//! Who talks to whom, and over what.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// The transport under a SIP message or a media packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS. Machines that sit on a TLS layer use it; the network itself sees only the TCP stream of its records.
    Tls,
}

impl Transport {
    /// The token of a Via header (RFC 3261 §20.42).
    pub fn via(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
        }
    }

    /// Whether the transport repeats lost bytes by itself, so that SIP does not (RFC 3261 §17).
    pub fn is_reliable(self) -> bool {
        self != Transport::Udp
    }
}

/// One path between a local and a remote address.
///
/// What a stream's `Output::Transmit` goes over, on sockets and in virtual time alike:
///
/// * **Local port 0**: any connection that is open between the local address and the remote end, or else a new one from a port
///   of the system's choice. It comes back in `Input::Connected` with its real port, or in `Input::Closed` with port 0.
/// * **A port of [`Flow::OWN_PORTS`]**: this connection and no other; where it is not there it is made, from exactly this
///   port, and `Input::Connected` or `Input::Closed` names exactly this flow. So a machine draws these ports where it needs a
///   connection of its own, or several at once between the same two addresses.
/// * **Any other port**: a connection that came in, or was made from port 0. Where it is gone, `Input::Closed` says so.
///
/// `Input::Connected` comes before the first `Input::Received` of its flow. `Input::Closed` comes once, after the last bytes of
/// the other end, and not for what the machine closed itself; bytes sent over a connection that the other end has
/// closed meanwhile are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Flow {
    /// The transport.
    pub transport: Transport,
    /// Our end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
}

impl Flow {
    /// Ports from which a machine may name connections of its own: above those that a system gives to a connection that
    /// asks for none (32768-60999 on Linux), so that nobody else has them.
    pub const OWN_PORTS: RangeInclusive<u16> = 61_000..=65_535;

    /// A datagram path.
    pub fn udp(local: SocketAddr, remote: SocketAddr) -> Flow {
        Flow { transport: Transport::Udp, local, remote }
    }

    /// A stream path.
    pub fn tcp(local: SocketAddr, remote: SocketAddr) -> Flow {
        Flow { transport: Transport::Tcp, local, remote }
    }

    /// A secured stream path.
    pub fn tls(local: SocketAddr, remote: SocketAddr) -> Flow {
        Flow { transport: Transport::Tls, local, remote }
    }

    /// Whether a stream that is not there may be made for this flow, by the rule above.
    pub fn may_be_made(self) -> bool {
        self.local.port() == 0 || Flow::OWN_PORTS.contains(&self.local.port())
    }

    /// The same path over another transport.
    pub fn over(self, transport: Transport) -> Flow {
        Flow { transport, ..self }
    }

    /// The same path seen from the other end.
    pub fn reversed(self) -> Flow {
        Flow { transport: self.transport, local: self.remote, remote: self.local }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.transport.via(), self.local, self.remote)
    }
}
