//! Compound RTCP packets as sent: a report, a CNAME, and where the sender leaves a BYE.

/// What a participant reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Its SSRC.
    pub ssrc: u32,
    /// What it sent since its last report; `None` makes it a receiver report.
    pub sender: Option<super::SenderInfo>,
    /// What it received, at most 31 sources.
    pub blocks: Vec<ReportBlock>,
}

/// Reception of one source (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The source.
    pub ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost in all, 24 bits, negative where duplicates came.
    pub cumulative_lost: i32,
    /// Highest sequence number with its cycles.
    pub extended_highest: u32,
    /// In timestamp units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of its last SR; 0 where none came.
    pub last_sr: u32,
    /// Since that SR, in 1/65536 s.
    pub delay_since_last_sr: u32,
}

/// Blocks that fit the five-bit count.
const MOST_BLOCKS: usize = 31;

/// The compound packet: SR or RR, SDES with a CNAME, and BYE if the participant leaves (RFC 3550 §6.1).
pub fn compound(report: &Report, cname: &str, bye: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    let blocks = &report.blocks[..report.blocks.len().min(MOST_BLOCKS)];
    let count = blocks.len() as u8;
    match &report.sender {
        Some(sender) => {
            header(&mut out, count, 200, 6 + 6 * blocks.len());
            out.extend(report.ssrc.to_be_bytes());
            out.extend(sender.ntp.to_be_bytes());
            out.extend(sender.rtp_timestamp.to_be_bytes());
            out.extend(sender.packets.to_be_bytes());
            out.extend(sender.octets.to_be_bytes());
        }
        None => {
            header(&mut out, count, 201, 1 + 6 * blocks.len());
            out.extend(report.ssrc.to_be_bytes());
        }
    }
    for block in blocks {
        out.extend(block.ssrc.to_be_bytes());
        let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff).to_be_bytes();
        out.extend([block.fraction_lost, lost[1], lost[2], lost[3]]);
        out.extend(block.extended_highest.to_be_bytes());
        out.extend(block.jitter.to_be_bytes());
        out.extend(block.last_sr.to_be_bytes());
        out.extend(block.delay_since_last_sr.to_be_bytes());
    }
    description(&mut out, report.ssrc, cname);
    if bye {
        header(&mut out, 1, 203, 1);
        out.extend(report.ssrc.to_be_bytes());
    }
    out
}

/// §6.5: one chunk with the CNAME, ended by one to four zero bytes.
fn description(out: &mut Vec<u8>, ssrc: u32, cname: &str) {
    let text = &cname.as_bytes()[..cname.len().min(255)];
    let item = 2 + text.len();
    let padded = item + 4 - item % 4;
    header(out, 1, 202, 1 + padded / 4);
    out.extend(ssrc.to_be_bytes());
    out.extend([1, text.len() as u8]);
    out.extend(text);
    out.extend(std::iter::repeat_n(0, padded - item));
}

/// The common header; `words` follow it.
fn header(out: &mut Vec<u8>, count: u8, packet_type: u8, words: usize) {
    out.extend([0x80 | count, packet_type]);
    out.extend((words as u16).to_be_bytes());
}
