//! What is written can be read back, by this crate's own reader and by tshark where it is installed.

use crate::capture::{Capture, Scope};
use oxocert_machine::{At, Flow};
use pcap_file::pcapng::{Block, PcapNgReader};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) const OPTIONS: &[u8] =
    b"OPTIONS sip:127.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.3.1:5060;branch=z9hG4bK1\r\n\
From: <sip:sbc@127.0.3.1>;tag=1\r\nTo: <sip:127.0.2.1>\r\nCall-ID: a@127.0.3.1\r\nCSeq: 1 OPTIONS\r\n\
Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n";

pub(super) fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("oxocert-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn write_case(folder: &Path) -> crate::capture::Summary {
    let (capture, thread) = Capture::start(folder, 1_700_000_000_000_000_000, Scope::Cases).unwrap();
    let udp = Flow::udp("127.0.3.1:5060".parse().unwrap(), "127.0.2.1:5060".parse().unwrap());
    let tcp = Flow::tcp("127.0.3.1:41000".parse().unwrap(), "127.0.2.1:5060".parse().unwrap());
    capture.datagram(At(1), udp, 0, b"before any case");
    capture.case("KA-01[tcp]");
    capture.step("1");
    capture.datagram(At(1_000_000_007), udp, 0xb8, OPTIONS);
    let tcp_options = String::from_utf8(OPTIONS.to_vec()).unwrap().replace("/UDP", "/TCP").into_bytes();
    let (first, second) = tcp_options.split_at(100);
    capture.bytes(At(1_100_000_000), tcp, 0, first);
    capture.bytes(At(1_150_000_000), tcp, 0, second);
    let answer = String::from_utf8(tcp_options.clone()).unwrap();
    let answer = answer
        .replace("OPTIONS sip:127.0.2.1 SIP/2.0", "SIP/2.0 200 OK")
        .replace("<sip:127.0.2.1>", "<sip:127.0.2.1>;tag=2");
    capture.bytes(At(1_200_000_000), tcp.reversed(), 0, answer.as_bytes());
    capture.stream_closed(At(1_300_000_000), tcp);
    capture.case_over();
    capture.datagram(At(2_000_000_000), udp, 0, b"after it");
    thread.finish()
}

#[test]
fn a_case_is_one_file_with_nanoseconds_and_comments() {
    let folder = folder("capture");
    let summary = write_case(&folder);
    assert_eq!((summary.error, summary.dropped), (None, 0));
    // One datagram, a handshake, three chunks, three segments of the end.
    assert_eq!((summary.files.len(), summary.packets), (1, 10));
    assert!(summary.files[0].ends_with("KA-01[tcp].pcapng"));
    let mut reader = PcapNgReader::new(File::open(&summary.files[0]).unwrap()).unwrap();
    let mut packets = Vec::new();
    while let Some(block) = reader.next_block() {
        if let Block::EnhancedPacket(packet) = block.unwrap() {
            packets.push(packet.into_owned());
        }
    }
    assert_eq!(packets[0].timestamp.as_nanos(), 1_700_000_001_000_000_007);
    assert_eq!(packets[0].data[28..], *OPTIONS);
    assert!(format!("{:?}", packets[0].options).contains("KA-01[tcp] step 1"));
    assert!(packets[1].options.is_empty());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn tshark_reads_it_without_complaint() {
    if Command::new("tshark").arg("--version").output().is_err() {
        return;
    }
    let folder = folder("tshark");
    let summary = write_case(&folder);
    let run = Command::new("tshark")
        .args([
            "-n",
            "-o",
            "ip.check_checksum:TRUE",
            "-o",
            "udp.check_checksum:TRUE",
            "-o",
            "tcp.check_checksum:TRUE",
        ])
        .args(["-Y", "_ws.expert.severity >= 6291456 || _ws.malformed", "-r"])
        .arg(&summary.files[0])
        .output()
        .unwrap();
    assert_eq!((String::from_utf8_lossy(&run.stdout).trim(), run.status.success()), ("", true));
    let sip = Command::new("tshark").args(["-n", "-Y", "sip", "-r"]).arg(&summary.files[0]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&sip.stdout).lines().count(), 3);
    fs::remove_dir_all(folder).unwrap();
}
