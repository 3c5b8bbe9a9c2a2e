//! Readings of media streams: level, rate, jitter, loss, counts of packets, digits.

use super::{NoReading, Reading};
use crate::context::Context;
use crate::words::{rounded, span_ms};
use oxocert_machine::At;
use oxocert_record::{DigitSeen, Emitter, EventNo, Sound, SrtpCounts, StepId, StreamWindow, What};
use oxocert_scenario::model::StreamCount;
use oxocert_scenario::model::bench::MediaAnchor;
use oxocert_scenario::model::step::{Step, Verb, WantedSound};
use oxocert_scenario::satisfies::tone_of;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Payload type of PCMA (RFC 3551 table 4).
const PCMA: u8 = 8;
/// Payload of one packet: 20 ms of G.711.
const PAYLOAD_20_MS: u16 = 160;
/// A window shorter than this gives no rate.
const RATE_PACKETS: u64 = 10;

/// A step with its beginning and its end; what a step heard may have begun before it, at its reference.
fn walked<'c>(context: &Context<'c, '_>, id: &StepId) -> Result<(&'c Step, At, At), NoReading> {
    let missing = || NoReading::NotRun(format!("step {id} was not reached"));
    let step = context.flow_step(id).ok_or_else(missing)?;
    Ok((step, context.start_of(id).ok_or_else(missing)?, context.left(id).ok_or_else(missing)?))
}

/// Windows of streams received by the roles of a step while it ran.
fn windows<'c>(
    context: &Context<'c, '_>,
    id: &StepId,
    keep: impl Fn(&StreamWindow) -> bool,
) -> Result<Vec<(EventNo, &'c StreamWindow)>, NoReading> {
    let (step, from, to) = walked(context, id)?;
    let all = context.windows().filter(|(_, window)| {
        step.who.contains(&window.role) && window.to >= from && window.from <= to && keep(window)
    });
    Ok(all.collect())
}

fn of_dut<'c>(context: &Context<'c, '_>, id: &StepId) -> Result<Vec<(EventNo, &'c StreamWindow)>, NoReading> {
    let windows = windows(context, id, |window| window.emitter == Emitter::Dut)?;
    if windows.is_empty() {
        return Err(NoReading::WithoutSubject(format!("no flow that the DUT emits in step {id}")));
    }
    Ok(windows)
}

fn numbers(windows: &[(EventNo, &StreamWindow)]) -> Vec<EventNo> {
    windows.iter().map(|(n, _)| *n).collect()
}

pub(super) fn level(context: &Context<'_, '_>, id: &StepId) -> Result<Reading, NoReading> {
    let (step, from, to) = walked(context, id)?;
    let Verb::Hears { sound, .. } = &step.verb else {
        return Err(NoReading::Inconclusive(format!("step {id} hears nothing")));
    };
    // The mean over time, of power: a level is known for the beginning of each stretch of sound and stands for all of it.
    let (mut power, mut seconds) = (0.0, 0.0);
    let mut evidence = Vec::new();
    for role in &step.who {
        for stretch in context.heard(role) {
            let wanted = match (sound, stretch.heard.sound) {
                (WantedSound::Tone(hz), Sound::Tone { hz: heard }) => *hz == heard,
                (WantedSound::Voice(role), Sound::Tone { hz }) => tone_of(context.bench, role) == Some(hz),
                (WantedSound::Music, Sound::Music) => true,
                (WantedSound::Ringback | WantedSound::Busy, Sound::Tone { .. }) => true,
                (WantedSound::Anything, Sound::Tone { .. } | Sound::Music) => true,
                _ => false,
            };
            let lasting = stretch.within(from, to).as_secs_f64();
            if let (true, Some(level)) = (wanted && lasting > 0.0, stretch.heard.level_dbm0) {
                power += 10f64.powf(level / 10.0) * lasting;
                seconds += lasting;
                evidence.push(stretch.n);
            }
        }
    }
    if evidence.is_empty() {
        return Err(NoReading::Missing(format!("nothing of the kind was heard in step {id}")));
    }
    let mean = 10.0 * (power / seconds).log10();
    let text = format!("{} dBm0 over {} stretches of sound", rounded(mean), evidence.len());
    Ok(Reading::single(mean, "dBm0", None, evidence.len() as u64, text, evidence))
}

pub(super) fn bandwidth(context: &Context<'_, '_>, id: &StepId) -> Result<Reading, NoReading> {
    // The harness's own sets stand for the sets of the site; a party's stream to the step's role says nothing.
    let from_site = |window: &StreamWindow| {
        window.emitter == Emitter::Dut || context.bench.site_of(window.remote.ip()).is_some()
    };
    let windows = windows(context, id, from_site)?;
    // (bits, nanoseconds, packets) by flow: n packets span n - 1 packet times, so one packet's share is left out.
    let mut flows: BTreeMap<(SocketAddr, SocketAddr, u32), (f64, f64, u64)> = BTreeMap::new();
    let mut evidence = Vec::new();
    for (n, window) in windows {
        if window.packets < RATE_PACKETS || window.to <= window.from {
            continue;
        }
        let packets = window.packets as f64;
        let bits = window.l3_bytes as f64 * 8.0 * (packets - 1.0) / packets;
        let sum = flows.entry((window.remote, window.local, window.ssrc)).or_default();
        *sum = (sum.0 + bits, sum.1 + (window.to.0 - window.from.0) as f64, sum.2 + window.packets);
        evidence.push(n);
    }
    let rates: Vec<f64> = flows.values().map(|(bits, ns, _)| bits / ns * 1e6).collect();
    let (Some(low), Some(high)) =
        (rates.iter().copied().reduce(f64::min), rates.iter().copied().reduce(f64::max))
    else {
        return Err(NoReading::WithoutSubject(format!("no flow of the DUT or of its sets in step {id}")));
    };
    let each = flows.iter().zip(&rates).map(|(((remote, local, _), _), rate)| {
        let emitter = if context.bench.dut.addresses.contains(&remote.ip()) { "DUT" } else { "set" };
        format!("{} kb/s from {remote} ({emitter}) to {local}", rounded(*rate))
    });
    let text = each.collect::<Vec<_>>().join("; ");
    let samples = flows.values().map(|(_, _, packets)| packets).sum();
    Ok(Reading { low, high, ..Reading::single(high, "kb/s", None, samples, text, evidence) })
}

pub(super) fn jitter(context: &Context<'_, '_>, id: &StepId) -> Result<Reading, NoReading> {
    let windows = of_dut(context, id)?;
    let worst = windows.iter().filter_map(|(n, window)| window.jitter_ns.map(|jitter| (jitter, *n))).max();
    let Some((jitter, n)) = worst else {
        return Err(NoReading::Inconclusive(format!("no jitter was measured in step {id}")));
    };
    let jitter = std::time::Duration::from_nanos(jitter);
    let text = format!("at most {} ms in {} windows of the DUT's streams", span_ms(jitter), windows.len());
    let samples = windows.iter().map(|(_, window)| window.packets).sum();
    Ok(Reading::time(jitter, context.uncertainty_media(), samples, text, vec![n]))
}

pub(super) fn loss(context: &Context<'_, '_>, id: &StepId) -> Result<Reading, NoReading> {
    let windows = of_dut(context, id)?;
    let lost: u64 = windows.iter().map(|(_, window)| window.lost).sum();
    let packets: u64 = windows.iter().map(|(_, window)| window.packets).sum();
    let all = lost.saturating_add(packets);
    if all == 0 {
        return Err(NoReading::Inconclusive(format!("no packet was counted in step {id}")));
    }
    let text = format!("{lost} of {all} packets of the DUT were lost");
    Ok(Reading::single(lost as f64 * 100.0 / all as f64, "%", None, all, text, numbers(&windows)))
}

pub(super) fn count(context: &Context<'_, '_>, id: &StepId, what: StreamCount) -> Result<Reading, NoReading> {
    let mut windows = match of_dut(context, id) {
        // No stream is a count of its own: zero packets.
        Err(NoReading::WithoutSubject(_)) if what == StreamCount::Packets => Vec::new(),
        windows => windows?,
    };
    if is_protection(what) {
        // Toward its sets the DUT sends in clear: the trunk alone is secured (Orange §2.4.7).
        windows.retain(|(_, window)| context.bench.parties.contains_key(&window.role));
        if windows.is_empty() {
            return Err(NoReading::WithoutSubject(format!("the DUT sent nothing to a party in step {id}")));
        }
    }
    let wanted_dscp = context.bench.operator.dscp_media;
    let events = telephone_events(context);
    let (mut found, mut all, mut unread) = (0u64, 0u64, 0u64);
    for (_, window) in &windows {
        let other_than = |list: &[(u8, u64)], wanted: &dyn Fn(u8) -> bool| -> u64 {
            list.iter().filter(|(value, _)| !wanted(*value)).map(|(_, count)| count).sum()
        };
        let (counted, of) = match what {
            StreamCount::Packets => (window.packets, window.packets),
            StreamCount::OtherCodec => {
                (other_than(&window.payload_types, &|pt| pt == PCMA || events.contains(&pt)), window.packets)
            }
            StreamCount::OtherSize => {
                let other = window.payload_sizes.iter().filter(|(size, _)| *size != PAYLOAD_20_MS);
                (other.map(|(_, count)| count).sum(), window.packets)
            }
            StreamCount::TimestampJumps => (window.timestamp_jumps, window.packets),
            StreamCount::OtherDscp => {
                unread += window.packets.saturating_sub(window.dscp.iter().map(|(_, count)| count).sum());
                (other_than(&window.dscp, &|dscp| dscp == wanted_dscp), window.packets)
            }
            StreamCount::OtherRtcpDscp => {
                unread +=
                    window.rtcp_packets.saturating_sub(window.rtcp_dscp.iter().map(|(_, count)| count).sum());
                (other_than(&window.rtcp_dscp, &|dscp| dscp == wanted_dscp), window.rtcp_packets)
            }
            _ => protection(window, what),
        };
        found = found.saturating_add(counted);
        all = all.saturating_add(of);
    }
    let is_rtcp = matches!(
        what,
        StreamCount::OtherRtcpDscp | StreamCount::RtcpAuthenticated | StreamCount::RtcpUnauthenticated
    );
    if is_rtcp && all == 0 {
        return Err(NoReading::WithoutSubject(format!("no RTCP of the DUT in step {id}")));
    }
    if all > 0 && unread == all {
        return Err(NoReading::Inconclusive(format!("the TOS byte of none of {all} packets could be read")));
    }
    let text = format!("{found} of {all} packets in {} windows of the DUT's streams", windows.len());
    Ok(Reading::single(found as f64, "", None, all, text, numbers(&windows)))
}

fn is_protection(what: StreamCount) -> bool {
    matches!(
        what,
        StreamCount::Authenticated
            | StreamCount::Unauthenticated
            | StreamCount::RollOverErrors
            | StreamCount::Replayed
            | StreamCount::Clear
            | StreamCount::RtcpAuthenticated
            | StreamCount::RtcpUnauthenticated
    )
}

/// Packets of a window by what became of their protection, and how many were looked at. A port that was never secured takes
/// everything as clear.
fn protection(window: &StreamWindow, what: StreamCount) -> (u64, u64) {
    let clear = || SrtpCounts {
        clear: window.packets,
        rtcp_unauthenticated: window.rtcp_packets,
        ..SrtpCounts::default()
    };
    let srtp = window.srtp.unwrap_or_else(clear);
    let of_rtcp = srtp.rtcp_authenticated.saturating_add(srtp.rtcp_unauthenticated);
    match what {
        StreamCount::Authenticated => (srtp.authenticated, window.packets),
        StreamCount::Unauthenticated => (
            srtp.unauthenticated.saturating_add(srtp.other_key).saturating_add(srtp.roll_over),
            window.packets,
        ),
        StreamCount::RollOverErrors => (srtp.roll_over, window.packets),
        StreamCount::Replayed => (srtp.replayed, window.packets),
        StreamCount::Clear => (srtp.clear, window.packets),
        StreamCount::RtcpAuthenticated => (srtp.rtcp_authenticated, of_rtcp),
        StreamCount::RtcpUnauthenticated => (srtp.rtcp_unauthenticated, of_rtcp),
        // Counted by the caller.
        StreamCount::Packets
        | StreamCount::OtherCodec
        | StreamCount::OtherSize
        | StreamCount::TimestampJumps
        | StreamCount::OtherDscp
        | StreamCount::OtherRtcpDscp => (0, 0),
    }
}

/// Payload types that some side of some call of the case named for telephone-event.
fn telephone_events(context: &Context<'_, '_>) -> Vec<u8> {
    let audio = context.messages().filter_map(|seen| seen.sdp.as_ref()?.audio.as_ref());
    audio.filter_map(|audio| audio.telephone_event).collect()
}

pub(super) fn off_path(context: &Context<'_, '_>, id: &StepId) -> Result<Reading, NoReading> {
    let (step, ..) = walked(context, id)?;
    let at_party = |window: &StreamWindow| context.bench.parties.contains_key(&window.role);
    let windows = windows(context, id, at_party)?;
    let on_path = |window: &StreamWindow| match context.bench.dut.media {
        MediaAnchor::Dut => context.bench.dut.addresses.contains(&window.remote.ip()),
        MediaAnchor::Direct => {
            let sets = step.who.iter().filter_map(|role| context.bench.sets.get(role));
            sets.into_iter().any(|set| set.address.ip() == window.remote.ip())
        }
    };
    let all: u64 = windows.iter().map(|(_, window)| window.packets).sum();
    if all == 0 {
        return Err(NoReading::Missing(format!("no party received RTP in step {id}")));
    }
    let off: u64 =
        windows.iter().filter(|(_, window)| !on_path(window)).map(|(_, window)| window.packets).sum();
    let sources: std::collections::BTreeSet<String> =
        windows.iter().map(|(_, window)| format!("{} -> {}", window.remote, window.local)).collect();
    let text = format!(
        "{off} of {all} packets off the path; flows {}",
        sources.into_iter().collect::<Vec<_>>().join(", ")
    );
    Ok(Reading::single(off as f64, "", None, all, text, numbers(&windows)))
}

/// The digits that the roles of a step received, from its reference until it was left.
pub(crate) fn digits<'c>(
    context: &Context<'c, '_>,
    step: &Step,
    from: At,
    to: At,
) -> Vec<(EventNo, &'c DigitSeen)> {
    let events = context.run.events.iter().filter(|event| event.at >= from && event.at <= to);
    let mut digits = Vec::new();
    for event in events {
        if let What::Digit(digit) = &event.what
            && step.who.contains(&digit.role)
            && digit.emitter == Emitter::Dut
        {
            digits.push((event.n, digit));
        }
    }
    digits
}

fn digits_of<'c>(context: &Context<'c, '_>, id: &StepId) -> Result<Vec<(EventNo, &'c DigitSeen)>, NoReading> {
    let (step, from, to) = walked(context, id)?;
    let from = context.reference(step).unwrap_or(from).min(from);
    let digits = digits(context, step, from, to);
    if digits.is_empty() {
        return Err(NoReading::Missing(format!("no digit was received in step {id}")));
    }
    Ok(digits)
}

pub(super) fn shortest_digit(context: &Context<'_, '_>, id: &StepId) -> Result<Reading, NoReading> {
    let digits = digits_of(context, id)?;
    let shortest = digits.iter().map(|(n, digit)| (digit.duration_ms, *n, digit.digit)).min();
    let (duration, n, digit) = shortest.unwrap_or((0, EventNo(0), ' '));
    let text = format!("{} digits, the shortest, `{digit}`, of {duration} ms", digits.len());
    Ok(Reading::single(f64::from(duration), "ms", None, digits.len() as u64, text, vec![n]))
}

pub(super) fn fewest_end_packets(context: &Context<'_, '_>, id: &StepId) -> Result<Reading, NoReading> {
    let digits = digits_of(context, id)?;
    let fewest = digits.iter().map(|(n, digit)| (digit.end_packets, *n, digit.digit)).min();
    let (packets, n, digit) = fewest.unwrap_or((0, EventNo(0), ' '));
    let text = format!("{} digits, `{digit}` with {packets} end packets", digits.len());
    Ok(Reading::single(f64::from(packets), "", None, digits.len() as u64, text, vec![n]))
}
