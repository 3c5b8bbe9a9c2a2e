//! Who talks to whom, and over what.

use std::fmt;
use std::net::SocketAddr;

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
/// On a stream that is not connected yet, `local` names the address to connect from and its port is 0;
/// the connection then comes back in `Input::Connected` with its real port.
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
