//! IPv4, UDP and TCP headers around bytes that crossed a socket, with right checksums.

use super::tcp::Segment;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

const IP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;
const TCP_HEADER: usize = 20;
const PROTOCOL_UDP: u8 = 17;
const PROTOCOL_TCP: u8 = 6;

/// The most bytes that fit into one packet beside its headers.
pub(super) const LARGEST_PAYLOAD: usize = 65_535 - IP_HEADER - TCP_HEADER;

/// A UDP packet; `None` where an address is no IPv4 address or the payload does not fit.
pub(super) fn udp(id: u16, tos: u8, from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Option<Vec<u8>> {
    let (from, to) = (v4(from)?, v4(to)?);
    let length = u16::try_from(UDP_HEADER + payload.len()).ok()?;
    let mut datagram = Vec::with_capacity(usize::from(length));
    datagram.extend(from.port().to_be_bytes());
    datagram.extend(to.port().to_be_bytes());
    datagram.extend(length.to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend_from_slice(payload);
    let sum = match transport_checksum(*from.ip(), *to.ip(), PROTOCOL_UDP, &datagram) {
        // Zero on the wire says "no checksum" (RFC 768).
        0 => 0xffff,
        sum => sum,
    };
    datagram[6..8].copy_from_slice(&sum.to_be_bytes());
    ipv4(id, tos, *from.ip(), *to.ip(), PROTOCOL_UDP, &datagram)
}

/// A TCP segment; `None` as for [`udp`].
pub(super) fn tcp(
    id: u16,
    tos: u8,
    from: SocketAddr,
    to: SocketAddr,
    segment: &Segment,
    payload: &[u8],
) -> Option<Vec<u8>> {
    let (from, to) = (v4(from)?, v4(to)?);
    let mut bytes = Vec::with_capacity(TCP_HEADER + payload.len());
    bytes.extend(from.port().to_be_bytes());
    bytes.extend(to.port().to_be_bytes());
    bytes.extend(segment.sequence.to_be_bytes());
    bytes.extend(segment.acknowledges.to_be_bytes());
    bytes.extend([(TCP_HEADER as u8 / 4) << 4, segment.flags]);
    bytes.extend(u16::MAX.to_be_bytes());
    bytes.extend([0, 0, 0, 0]);
    bytes.extend_from_slice(payload);
    let sum = transport_checksum(*from.ip(), *to.ip(), PROTOCOL_TCP, &bytes);
    bytes[16..18].copy_from_slice(&sum.to_be_bytes());
    ipv4(id, tos, *from.ip(), *to.ip(), PROTOCOL_TCP, &bytes)
}

fn v4(address: SocketAddr) -> Option<SocketAddrV4> {
    match address {
        SocketAddr::V4(address) => Some(address),
        SocketAddr::V6(_) => None,
    }
}

fn ipv4(id: u16, tos: u8, from: Ipv4Addr, to: Ipv4Addr, protocol: u8, payload: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(IP_HEADER + payload.len()).ok()?;
    let mut packet = Vec::with_capacity(usize::from(length));
    packet.extend([0x45, tos]);
    packet.extend(length.to_be_bytes());
    packet.extend(id.to_be_bytes());
    packet.extend([0, 0, 64, protocol, 0, 0]);
    packet.extend(from.octets());
    packet.extend(to.octets());
    let sum = fold(sum_words(&packet));
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend_from_slice(payload);
    Some(packet)
}

/// RFC 1071 over the pseudo header and the segment.
fn transport_checksum(from: Ipv4Addr, to: Ipv4Addr, protocol: u8, bytes: &[u8]) -> u16 {
    let pseudo =
        sum_words(&from.octets()) + sum_words(&to.octets()) + u64::from(protocol) + bytes.len() as u64;
    fold(pseudo + sum_words(bytes))
}

fn sum_words(bytes: &[u8]) -> u64 {
    bytes
        .chunks(2)
        .map(|pair| u64::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])))
        .sum()
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // At most 0xffff by the loop above.
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_sum_to_zero() {
        let (from, to) = ("127.0.2.1:5060".parse().unwrap(), "127.0.1.1:5060".parse().unwrap());
        let packet = udp(7, 0xb8, from, to, b"odd").unwrap();
        assert_eq!(packet.len(), 31);
        assert_eq!(packet[1], 0xb8);
        assert_eq!(fold(sum_words(&packet[..20])), 0);
        assert_eq!(
            transport_checksum(Ipv4Addr::new(127, 0, 2, 1), Ipv4Addr::new(127, 0, 1, 1), 17, &packet[20..]),
            0
        );
        let segment = Segment { sequence: 5, acknowledges: 9, flags: 0x18 };
        let packet = tcp(8, 0, from, to, &segment, b"even").unwrap();
        assert_eq!(
            transport_checksum(Ipv4Addr::new(127, 0, 2, 1), Ipv4Addr::new(127, 0, 1, 1), 6, &packet[20..]),
            0
        );
    }

    #[test]
    fn what_does_not_fit_is_no_packet() {
        let address = "127.0.0.1:1".parse().unwrap();
        assert!(udp(0, 0, address, address, &vec![0; 65_536]).is_none());
        assert!(udp(0, 0, "[::1]:1".parse().unwrap(), address, b"x").is_none());
    }
}
