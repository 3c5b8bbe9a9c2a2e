//! Writes the entries of the channel as pcapng files.

use super::packet::{self, LARGEST_PAYLOAD};
use super::tcp::{Connections, Segment};
use super::{Entry, Summary};
use oxocert_machine::{At, Flow};
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness, PcapError, PcapResult};
use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::Duration;

/// `if_tsresol`: ten to the minus nine seconds.
const NANOSECONDS: u8 = 9;

/// One open file.
struct Open {
    case: String,
    writer: PcapNgWriter<BufWriter<File>>,
    connections: Connections,
    /// The comment that the next packet carries.
    comment: Option<String>,
    next_id: u16,
}

/// The state of the capture thread.
pub(super) struct Writer {
    folder: PathBuf,
    origin_ns: u64,
    open: Option<Open>,
    summary: Summary,
}

impl Writer {
    pub(super) fn new(folder: PathBuf, origin_ns: u64) -> Writer {
        Writer { folder, origin_ns, open: None, summary: Summary::default() }
    }

    pub(super) fn take(&mut self, entry: Entry) {
        if self.summary.error.is_some() {
            return;
        }
        if let Err(error) = self.write(entry) {
            self.summary.error = Some(format!("writing a capture failed: {error}"));
            self.open = None;
        }
    }

    /// Flushes the last file.
    pub(super) fn finish(mut self) -> Summary {
        self.take(Entry::CaseOver);
        self.summary
    }

    fn write(&mut self, entry: Entry) -> PcapResult<()> {
        match entry {
            Entry::Case(case) => {
                self.close()?;
                self.open = Some(self.create(case)?);
            }
            Entry::CaseOver | Entry::Finish => self.close()?,
            Entry::Step(step) => {
                if let Some(open) = &mut self.open {
                    open.comment = Some(format!("{} step {step}", open.case));
                }
            }
            Entry::Datagram { at, flow, tos, bytes } => self.datagram(at, flow, tos, &bytes)?,
            Entry::Bytes { at, flow, tos, bytes } => self.bytes(at, flow, tos, &bytes)?,
            Entry::StreamClosed { at, flow } => {
                let Some(open) = &mut self.open else { return Ok(()) };
                for (flow, segment) in open.connections.close(flow) {
                    self.segment(at, flow, 0, segment, &[])?;
                }
            }
        }
        Ok(())
    }

    fn create(&mut self, case: String) -> PcapResult<Open> {
        let path = self.folder.join(format!("{}.pcapng", case.replace('/', "-")));
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        let file = file.map_err(PcapError::IoError)?;
        self.summary.files.push(path);
        let comment = format!("{case}: packets as sent and received by the harness; headers are made by it");
        let section = SectionHeaderBlock {
            endianness: Endianness::native(),
            options: vec![SectionHeaderOption::Comment(Cow::Owned(comment))],
            ..SectionHeaderBlock::default()
        };
        let mut writer = PcapNgWriter::with_section_header(BufWriter::new(file), section)?;
        writer.write_pcapng_block(InterfaceDescriptionBlock {
            linktype: DataLink::RAW,
            snaplen: 0,
            options: vec![
                InterfaceDescriptionOption::IfName(Cow::Borrowed("bench")),
                InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
            ],
        })?;
        Ok(Open { case, writer, connections: Connections::default(), comment: None, next_id: 0 })
    }

    fn close(&mut self) -> PcapResult<()> {
        if let Some(open) = self.open.take() {
            open.writer.into_inner().flush().map_err(PcapError::IoError)?;
        }
        Ok(())
    }

    fn datagram(&mut self, at: At, flow: Flow, tos: u8, bytes: &[u8]) -> PcapResult<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        match packet::udp(open.next_id, tos, flow.local, flow.remote, bytes) {
            Some(packet) => self.packet(at, packet),
            None => Ok(()),
        }
    }

    fn bytes(&mut self, at: At, flow: Flow, tos: u8, bytes: &[u8]) -> PcapResult<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let handshake = open.connections.handshake(flow);
        for (flow, segment) in handshake {
            self.segment(at, flow, tos, segment, &[])?;
        }
        for chunk in bytes.chunks(LARGEST_PAYLOAD) {
            let Some(open) = &mut self.open else { return Ok(()) };
            let segment = open.connections.data(flow, chunk.len());
            self.segment(at, flow, tos, segment, chunk)?;
        }
        Ok(())
    }

    fn segment(&mut self, at: At, flow: Flow, tos: u8, segment: Segment, bytes: &[u8]) -> PcapResult<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        match packet::tcp(open.next_id, tos, flow.local, flow.remote, &segment, bytes) {
            Some(packet) => self.packet(at, packet),
            None => Ok(()),
        }
    }

    fn packet(&mut self, at: At, packet: Vec<u8>) -> PcapResult<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.next_id = open.next_id.wrapping_add(1);
        let options = open.comment.take().map(|text| EnhancedPacketOption::Comment(Cow::Owned(text)));
        open.writer.write_pcapng_block(EnhancedPacketBlock {
            interface_id: 0,
            timestamp: Duration::from_nanos(self.origin_ns.saturating_add(at.0)),
            // At most 65,535 by the construction of the packet.
            original_len: packet.len() as u32,
            data: Cow::Owned(packet),
            options: options.into_iter().collect(),
        })?;
        self.summary.packets += 1;
        Ok(())
    }
}
