//! The firewall table of Orange §2.4.4: which of its lines were used, and what was seen that it does not open.

use super::Whole;
use crate::handshakes::Fate;
use crate::result::FirewallRow;
use oxocert_machine::Transport;
use oxocert_record::{Emitter, EventNo, RoleName, What};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The signalling port of the document.
const SIGNALLING: u16 = 5061;
/// The DNS port of the document.
const NAMES: u16 = 53;

/// What was seen of a line: in words, and where first.
type Sight = Option<(String, EventNo)>;

pub(super) fn rows(whole: &Whole<'_, '_>) -> Vec<FirewallRow> {
    let (low, high) = whole.bench.operator.rtp_range;
    let mut rows = Vec::new();
    for (role, sbc) in &whole.bench.sbcs {
        let port = whole.bench.dut.trunk.port();
        rows.push(line(
            "Voice Sig TLS",
            format!("DUT to {role}, TCP {SIGNALLING}"),
            handshakes(whole, role, true, sbc.address.port()),
        ));
        rows.push(line(
            "Voice Sig TLS",
            format!("{role} to DUT, TCP {SIGNALLING}"),
            handshakes(whole, role, false, port),
        ));
        rows.push(line(
            "Voice secured RTP",
            format!("DUT to {role}, UDP {low} to {high}"),
            media_out(whole, sbc.address.ip()),
        ));
        rows.push(line(
            "Voice secured RTP",
            format!("{role} to DUT, UDP {low} to {high}"),
            media_in(whole, role),
        ));
    }
    rows.push(line("Public DNS resolution", format!("DUT to DNS servers, UDP {NAMES}"), names(whole)));
    rows.push(FirewallRow {
        of_document: false,
        ..line("None", "SIP in clear, UDP or TCP, from the DUT".to_owned(), in_clear(whole))
    });
    rows
}

fn line(service: &str, line: String, sight: Sight) -> FirewallRow {
    let (seen, first) = sight.unzip();
    FirewallRow { service: service.to_owned(), line, seen, first, of_document: true }
}

/// Completed handshakes at an a-SBC that one side opened; `port` is that of who took the connection.
fn handshakes(whole: &Whole<'_, '_>, role: &RoleName, by_dut: bool, port: u16) -> Sight {
    let mut list = whole.timeline.handshakes.iter().filter(|handshake| {
        handshake.seen.role == *role
            && handshake.seen.opened_by_peer == by_dut
            && handshake.fate() == Fate::Completed
    });
    let first = list.next()?;
    let on = if port == SIGNALLING { String::new() } else { format!(" on port {port} of this bench") };
    Some((format!("{}{on}", counted(list.count() + 1, "connection", "connections")), first.n))
}

fn media_out(whole: &Whole<'_, '_>, sbc: IpAddr) -> Sight {
    let mut ports: BTreeSet<u16> = BTreeSet::new();
    let (mut packets, mut first) = (0u64, None);
    for (n, window) in whole.windows().filter(|(_, window)| window.local.ip() == sbc) {
        ports.insert(window.local.port());
        packets += window.packets;
        first = first.or(Some(n));
    }
    Some((format!("{packets} packets to ports {}", range(&ports)?), first?))
}

/// The harness does not receive what it sends: the ports that the DUT announced in answered calls stand for the flow.
fn media_in(whole: &Whole<'_, '_>, role: &RoleName) -> Sight {
    let legs = || whole.legs.iter().filter(|leg| leg.point == *role && leg.answered.is_some());
    let ports: BTreeSet<u16> =
        legs().flat_map(|leg| leg.dut_media.iter().map(|(_, address)| address.port())).collect();
    let first = legs().map(|leg| leg.invite).next()?;
    Some((format!("{} calls to ports {} that the DUT announced", legs().count(), range(&ports)?), first))
}

fn range(ports: &BTreeSet<u16>) -> Option<String> {
    let (low, high) = (ports.first()?, ports.last()?);
    Some(if low == high { low.to_string() } else { format!("{low} to {high}") })
}

fn names(whole: &Whole<'_, '_>) -> Sight {
    let mut queries = whole.timeline.events.iter().filter_map(|event| match &event.what {
        What::Dns(query) if query.emitter == Emitter::Dut => Some((event.n, query)),
        _ => None,
    });
    let (n, first) = queries.next()?;
    let port = first.local.port();
    let on = if port == NAMES { String::new() } else { format!(" on port {port} of this bench") };
    Some((format!("{}{on}", counted(queries.count() + 1, "query", "queries")), n))
}

fn in_clear(whole: &Whole<'_, '_>) -> Sight {
    let mut messages = whole.timeline.messages.values().filter(|seen| {
        seen.is_from_dut()
            && whole.bench.sbcs.contains_key(&seen.on.point)
            && seen.on.transport != Transport::Tls
    });
    let first = messages.next()?;
    Some((counted(messages.count() + 1, "message", "messages"), first.n))
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
