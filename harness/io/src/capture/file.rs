//! One open pcapng file.

use super::keys;
use super::packet::{self, LARGEST_PAYLOAD};
use super::tcp::{Connections, Segment};
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
use std::io::{BufWriter, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `if_tsresol`: ten to the minus nine seconds.
const NANOSECONDS: u8 = 9;

/// A file that takes packets. Headers of packets are made here.
pub(super) struct CaptureFile {
    path: PathBuf,
    writer: PcapNgWriter<BufWriter<File>>,
    /// Bytes before the first packet.
    head: u64,
    origin_ns: u64,
    connections: Connections,
    /// The comment that the next packet carries.
    comment: Option<String>,
    next_id: u16,
    packets: u64,
}

impl CaptureFile {
    /// Makes the file, mode 0600, with its title.
    pub(super) fn create(path: &Path, title: &str, origin_ns: u64) -> PcapResult<CaptureFile> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = file.map_err(PcapError::IoError)?;
        let comment = format!("{title}: packets as sent and received by the harness; headers are made by it");
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
        let head = writer.get_mut().stream_position().map_err(PcapError::IoError)?;
        Ok(CaptureFile {
            path: path.to_owned(),
            writer,
            head,
            origin_ns,
            connections: Connections::default(),
            comment: None,
            next_id: 0,
            packets: 0,
        })
    }

    /// The next packet carries this.
    pub(super) fn comment(&mut self, text: String) {
        self.comment = Some(text);
    }

    /// A datagram, from `flow.local`.
    pub(super) fn datagram(&mut self, at: At, flow: Flow, tos: u8, bytes: &[u8]) -> PcapResult<()> {
        match packet::udp(self.next_id, tos, flow.local, flow.remote, bytes) {
            Some(packet) => self.packet(at, packet),
            None => Ok(()),
        }
    }

    /// Bytes of a stream, from `flow.local`.
    pub(super) fn bytes(&mut self, at: At, flow: Flow, tos: u8, bytes: &[u8]) -> PcapResult<()> {
        for (flow, segment) in self.connections.handshake(flow) {
            self.segment(at, flow, tos, segment, &[])?;
        }
        for chunk in bytes.chunks(LARGEST_PAYLOAD) {
            let segment = self.connections.data(flow, chunk.len());
            self.segment(at, flow, tos, segment, chunk)?;
        }
        Ok(())
    }

    /// The end of a stream, closed by `flow.local`.
    pub(super) fn stream_closed(&mut self, at: At, flow: Flow) -> PcapResult<()> {
        for (flow, segment) in self.connections.close(flow) {
            self.segment(at, flow, 0, segment, &[])?;
        }
        Ok(())
    }

    /// Closes the file, with these lines of the key log where there are any; the number of its packets.
    pub(super) fn close(self, secrets: &[String]) -> PcapResult<u64> {
        self.writer.into_inner().flush().map_err(PcapError::IoError)?;
        if !secrets.is_empty() {
            keys::insert(&self.path, self.head, secrets).map_err(PcapError::IoError)?;
        }
        Ok(self.packets)
    }

    fn segment(&mut self, at: At, flow: Flow, tos: u8, segment: Segment, bytes: &[u8]) -> PcapResult<()> {
        match packet::tcp(self.next_id, tos, flow.local, flow.remote, &segment, bytes) {
            Some(packet) => self.packet(at, packet),
            None => Ok(()),
        }
    }

    fn packet(&mut self, at: At, packet: Vec<u8>) -> PcapResult<()> {
        self.next_id = self.next_id.wrapping_add(1);
        let options = self.comment.take().map(|text| EnhancedPacketOption::Comment(Cow::Owned(text)));
        self.writer.write_pcapng_block(EnhancedPacketBlock {
            interface_id: 0,
            timestamp: Duration::from_nanos(self.origin_ns.saturating_add(at.0)),
            // At most 65,535 by the construction of the packet.
            original_len: packet.len() as u32,
            data: Cow::Owned(packet),
            options: options.into_iter().collect(),
        })?;
        self.packets += 1;
        Ok(())
    }
}
