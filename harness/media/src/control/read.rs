//! Compound RTCP packets as received.
//!
//! The `rtcp` crate reads the four kinds of RFC 3550; feedback and extended reports are counted by their headers.

use rtcp::goodbye::Goodbye;
use rtcp::receiver_report::ReceiverReport;
use rtcp::sender_report::SenderReport;
use rtcp::source_description::SourceDescription;

/// What a sender tells about its stream (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// NTP timestamp.
    pub ntp: u64,
    /// RTP timestamp of the same moment.
    pub rtp_timestamp: u32,
    /// Packets sent in all.
    pub packets: u32,
    /// Payload bytes sent in all.
    pub octets: u32,
}

/// What of a compound packet matters to the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compound {
    /// The SSRC of the first packet in it.
    pub ssrc: u32,
    /// The sender's part of its sender report.
    pub sender: Option<SenderInfo>,
    /// Whether a source says goodbye.
    pub bye: bool,
}

/// Why bytes are no compound packet (RFC 3550 A.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not even a header and an SSRC.
    #[error("RTCP of {0} bytes is too short")]
    TooShort(usize),
    /// Version is not 2.
    #[error("RTCP version is {0}, not 2")]
    Version(u8),
    /// A compound packet begins with a report.
    #[error("RTCP begins with packet type {0}, not with a report")]
    First(u8),
    /// A packet is longer than what is left of the datagram, or leaves a rest.
    #[error("RTCP packet lengths do not add up to the datagram of {0} bytes")]
    Length(usize),
    /// A packet's contents contradict its header.
    #[error("RTCP packet of type {packet_type} cannot be read: {reason}")]
    Contents {
        /// Its type.
        packet_type: u8,
        /// In words.
        reason: String,
    },
}

/// Reads a datagram.
pub fn read(datagram: &[u8]) -> Result<Compound, ReadError> {
    let [first, packet_type, _, _, ssrc @ ..] = datagram else {
        return Err(ReadError::TooShort(datagram.len()));
    };
    let Some(ssrc) = ssrc.first_chunk::<4>() else { return Err(ReadError::TooShort(datagram.len())) };
    if first >> 6 != 2 {
        return Err(ReadError::Version(first >> 6));
    }
    if !(200..=201).contains(packet_type) {
        return Err(ReadError::First(*packet_type));
    }
    let mut compound = Compound { ssrc: u32::from_be_bytes(*ssrc), ..Compound::default() };
    let mut rest = datagram;
    while !rest.is_empty() {
        let [first, packet_type, high, low, ..] = *rest else {
            return Err(ReadError::Length(datagram.len()));
        };
        if first >> 6 != 2 {
            return Err(ReadError::Version(first >> 6));
        }
        let length = 4 * (usize::from(u16::from_be_bytes([high, low])) + 1);
        let Some((packet, after)) = rest.split_at_checked(length) else {
            return Err(ReadError::Length(datagram.len()));
        };
        if (200..=203).contains(&packet_type) {
            read_one(packet, packet_type, &mut compound)?;
        }
        rest = after;
    }
    Ok(compound)
}

/// What a datagram that may not be read claims: SSRC and nothing else. Both are never encrypted (RFC 3711 §3.4).
pub fn claimed(datagram: &[u8]) -> Result<Compound, ReadError> {
    match datagram.get(4..8).and_then(<[u8]>::first_chunk) {
        Some(ssrc) => Ok(Compound { ssrc: u32::from_be_bytes(*ssrc), ..Compound::default() }),
        None => Err(ReadError::TooShort(datagram.len())),
    }
}

fn read_one(mut packet: &[u8], packet_type: u8, compound: &mut Compound) -> Result<(), ReadError> {
    let contents = |reason: String| ReadError::Contents { packet_type, reason };
    let packets = rtcp::packet::unmarshal(&mut packet).map_err(|error| contents(error.to_string()))?;
    for packet in packets {
        let any = packet.as_any();
        if let Some(report) = any.downcast_ref::<SenderReport>() {
            compound.sender = Some(SenderInfo {
                ntp: report.ntp_time,
                rtp_timestamp: report.rtp_time,
                packets: report.packet_count,
                octets: report.octet_count,
            });
        } else if any.is::<Goodbye>() {
            compound.bye = true;
        } else if !any.is::<ReceiverReport>() && !any.is::<SourceDescription>() {
            return Err(contents("its body is of another type".into()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Report, ReportBlock, compound};
    use super::*;

    fn report() -> Report {
        let sender = SenderInfo { ntp: 7 << 32, rtp_timestamp: 160, packets: 50, octets: 8000 };
        let block = ReportBlock { ssrc: 5, cumulative_lost: -2, ..ReportBlock::default() };
        Report { ssrc: 9, sender: Some(sender), blocks: vec![block] }
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        for (bye, cname) in [(false, "a@b"), (true, "ab@cd"), (true, ""), (false, "abcdef")] {
            let bytes = compound(&report(), cname, bye);
            assert_eq!(bytes.len() % 4, 0);
            let read = read(&bytes).unwrap();
            assert_eq!(read, Compound { ssrc: 9, sender: report().sender, bye });
        }
    }

    #[test]
    fn the_report_block_is_what_the_crate_reads() {
        let bytes = compound(&Report { sender: None, ..report() }, "x", false);
        let packets = rtcp::packet::unmarshal(&mut bytes.as_slice()).unwrap();
        let receiver = packets[0].as_any().downcast_ref::<ReceiverReport>().unwrap();
        assert_eq!((receiver.ssrc, receiver.reports[0].ssrc), (9, 5));
        assert_eq!(receiver.reports[0].total_lost, 0xff_fffe);
    }

    #[test]
    fn each_fault_has_its_name() {
        assert_eq!(read(&[0x80, 200]), Err(ReadError::TooShort(2)));
        assert_eq!(read(&[0x40, 200, 0, 1, 0, 0, 0, 0]), Err(ReadError::Version(1)));
        assert_eq!(read(&[0x80, 203, 0, 1, 0, 0, 0, 0]), Err(ReadError::First(203)));
        assert_eq!(read(&[0x80, 201, 0, 9, 0, 0, 0, 0]), Err(ReadError::Length(8)));
        assert!(matches!(read(&[0x81, 201, 0, 1, 0, 0, 0, 0]), Err(ReadError::Contents { .. })));
    }

    proptest::proptest! {
        #[test]
        fn no_datagram_is_too_odd(
            mut bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            packet_type in 198u8..210,
            words in 0u8..50,
        ) {
            if let [first, second, third, fourth, ..] = bytes.as_mut_slice() {
                (*first, *second, *third, *fourth) = (0x80 | (*first & 0x3f), packet_type, 0, words);
            }
            let _ = read(&bytes);
        }

        #[test]
        fn no_damage_is_too_odd(place in 0usize..100, value in proptest::num::u8::ANY) {
            let mut bytes = compound(&report(), "abcdef", true);
            let place = place % bytes.len();
            bytes[place] = value;
            let _ = read(&bytes);
        }
    }
}
