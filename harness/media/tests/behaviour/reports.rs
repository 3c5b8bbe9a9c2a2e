//! Windows and RTCP.

use crate::wire::{Wire, address, millis, secs, tone};
use oxocert_machine::{At, Flow};
use oxocert_media::engine::{Command, PortId, Sound};
use rtcp::goodbye::Goodbye;
use rtcp::sender_report::SenderReport;
use rtp_rs::RtpReader;

fn talk() -> Wire {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.send(0, 1, 2, tone(600));
    wire.send(1, 2, 1, tone(950));
    wire
}

#[test]
fn a_clean_stream_has_clean_windows() {
    let mut wire = talk();
    wire.run(secs(10));
    wire.order(0, Command::Stop { port: PortId(1) });
    wire.run(secs(3));
    let windows = wire.windows(2);
    let packets: u64 = windows.iter().map(|window| window.packets).sum();
    assert_eq!(packets, wire.rtp_from(1).len() as u64);
    assert_eq!(windows.iter().filter(|window| window.last).count(), 1);
    assert!(windows.last().unwrap().last);
    for window in &windows {
        assert_eq!((window.lost, window.duplicates, window.reordered), (0, 0, 0));
        assert_eq!((window.jitter_ns, window.max_gap_ns), (Some(0), Some(20_000_000)));
        assert_eq!(window.dscp, [(46, window.packets)]);
        assert_eq!(window.l3_bytes, 200 * window.packets);
        assert_eq!(window.unstamped, 0);
    }
    assert!(windows[..windows.len() - 1].iter().all(|window| window.packets == 50), "{windows:?}");
}

#[test]
fn each_lost_packet_is_counted_once() {
    let mut wire = talk();
    wire.lose = |sent| {
        sent.flow.local == address(1)
            && RtpReader::new(&sent.bytes).is_ok_and(|packet| u16::from(packet.sequence_number()) % 10 == 3)
    };
    wire.run(secs(5));
    wire.order(1, Command::Close { port: PortId(2) });
    let windows = wire.windows(2);
    let (packets, lost): (u64, u64) =
        windows.iter().fold((0, 0), |sum, window| (sum.0 + window.packets, sum.1 + window.lost));
    assert_eq!(lost, 25);
    assert_eq!(packets + lost, 250);
    assert!(windows.iter().any(|window| window.max_gap_ns == Some(40_000_000)));
}

#[test]
fn reports_come_about_every_five_seconds_and_a_goodbye_at_the_end() {
    let mut wire = talk();
    wire.run(secs(120));
    wire.order(0, Command::Close { port: PortId(1) });
    wire.run(secs(2));
    let reports: Vec<_> =
        wire.sent.iter().filter(|sent| sent.flow.local.port() == address(1).port() + 1).collect();
    assert!((20..40).contains(&reports.len()), "{}", reports.len());
    for pair in reports[..reports.len() - 1].windows(2) {
        let distance = pair[1].at - pair[0].at;
        assert!(distance > millis(2050) && distance < millis(6160), "{distance:?}");
    }
    assert!(reports.iter().all(|sent| sent.tos == 184 && sent.flow.remote.port() == address(2).port() + 1));
    let last = rtcp::packet::unmarshal(&mut reports.last().unwrap().bytes.as_slice()).unwrap();
    assert!(last.iter().any(|packet| packet.as_any().is::<Goodbye>()));
    let counted: u64 = wire.windows(2).iter().map(|window| window.rtcp_packets).sum();
    assert_eq!(counted, reports.len() as u64);
    assert!(wire.findings().is_empty(), "{:?}", wire.findings());
}

#[test]
fn a_sender_report_tells_what_was_sent_and_received() {
    let mut wire = talk();
    wire.lose = |sent| {
        sent.flow.local == address(2)
            && RtpReader::new(&sent.bytes).is_ok_and(|packet| u16::from(packet.sequence_number()) % 4 == 0)
    };
    wire.run(secs(20));
    let report = wire.sent.iter().rev().find(|sent| sent.flow.local.port() == address(1).port() + 1).unwrap();
    let packets = rtcp::packet::unmarshal(&mut report.bytes.as_slice()).unwrap();
    let sender = packets[0].as_any().downcast_ref::<SenderReport>().unwrap();
    let sent_before = wire.rtp_from(1).iter().filter(|sent| sent.at <= report.at).count() as u32;
    assert_eq!((sender.packet_count, sender.octet_count), (sent_before, 160 * sent_before));
    let block = &sender.reports[0];
    assert!((56..=72).contains(&block.fraction_lost), "{}", block.fraction_lost);
    assert!(block.total_lost > 50 && block.jitter == 0 && block.last_sender_report != 0);
}

#[test]
fn another_ssrc_of_the_same_source_is_another_stream_with_the_same_sound() {
    let mut wire = talk();
    wire.run(millis(1500));
    wire.order(0, Command::Stop { port: PortId(1) });
    wire.send(0, 1, 2, tone(600));
    wire.run(millis(1500));
    wire.order(1, Command::Close { port: PortId(2) });
    let windows = wire.windows(2);
    let mut streams: Vec<u32> = windows.iter().map(|window| window.ssrc).collect();
    streams.dedup();
    streams.sort_unstable();
    streams.dedup();
    assert_eq!((streams.len(), windows.iter().filter(|window| window.last).count()), (2, 2));
    assert!(windows.iter().all(|window| window.lost == 0 && window.timestamp_jumps == 0));
    let tones = wire.heard(2).iter().filter(|(sound, _)| *sound == Sound::Tone { hz: 600 }).count();
    assert_eq!(tones, 1);
}

#[test]
fn a_packet_without_kernel_stamp_is_counted_as_such() {
    let mut wire = Wire::new(1);
    wire.open(0, 1);
    for number in 0..3u8 {
        let at = At::from_millis(u64::from(number) * 20);
        let packet = [&[0x80, 8, 0, number, 0, 0, 0, number * 80, 0, 0, 0, 9][..], &[0xd5; 80]].concat();
        let stamp = (number != 1).then_some(at);
        wire.engines[0].received(at, stamp, Flow::udp(address(1), address(2)), Some(0), &packet);
    }
    wire.order(0, Command::Close { port: PortId(1) });
    let window = wire.windows(1)[0];
    assert_eq!((window.packets, window.unstamped, window.max_gap_ns), (3, 1, None));
    assert_eq!((window.jitter_ns, window.dscp.as_slice()), (None, &[(0, 3)][..]));
}
