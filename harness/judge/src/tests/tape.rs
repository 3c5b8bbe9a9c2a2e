//! A record written by hand: one call of a main-site set to the PSTN, direct media, everything as it should be.

use oxocert_machine::{At, Transport};
use oxocert_record::{
    Bytes, CaseEnd, Direction, Emitter, Event, EventNo, Heard, Phase, RoleName, RunStarted, SipSeen, Sound,
    StepId, StreamWindow, What,
};
use std::net::SocketAddr;

pub(super) const DUT: &str = "127.10.2.1:5060";
pub(super) const SBC: &str = "127.10.1.1:5060";
pub(super) const SET: &str = "127.10.3.1:5060";
pub(super) const SET_RTP: &str = "127.10.3.1:30000";
pub(super) const PARTY_RTP: &str = "127.10.1.1:20000";
pub(super) const PRODUCT: &str = "OXO063/011.001 GW_063/011.001";

/// Who speaks with the DUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// `sbc.nominal`, `pstn.a` behind it.
    Trunk,
    /// `set.hq1`.
    Set,
}

/// Events, numbered as they are written.
#[derive(Debug, Clone, Default)]
pub(super) struct Tape {
    pub events: Vec<Event>,
}

pub(super) fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A session description with these codecs at this address.
pub(super) fn sdp(codecs: &[&str], rtp: &str) -> String {
    let rtp = address(rtp);
    let pts: Vec<&str> = codecs.iter().map(|codec| if *codec == "PCMA" { "8" } else { "0" }).collect();
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP {pts} 101\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n",
        ip = rtp.ip(),
        port = rtp.port(),
        pts = pts.join(" ")
    )
}

/// A message; `start` is a start line, `call` makes Call-ID and tags, `to_tag` whether To has one.
pub(super) fn message(start: &str, cseq: &str, branch: &str, call: &str, to_tag: bool, body: &str) -> String {
    let product = if start.starts_with("SIP/2.0") { "Server" } else { "User-Agent" };
    let tag = if to_tag { ";tag=to" } else { "" };
    let kind = if body.is_empty() { String::new() } else { "Content-Type: application/sdp\r\n".to_owned() };
    format!(
        "{start}\r\nVia: SIP/2.0/UDP 127.10.2.1:5060;branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n\
         From: <sip:+33155501001@127.10.2.1>;tag=from-{call}\r\nTo: <sip:+33277123456@127.10.1.1>{tag}\r\n\
         Call-ID: {call}\r\nCSeq: {cseq}\r\nContact: <sip:127.10.2.1:5060>\r\n\
         P-Asserted-Identity: <sip:+33155501001@127.10.2.1>\r\n{product}: {PRODUCT}\r\n{kind}Content-Length: {length}\r\n\r\n{body}",
        length = body.len()
    )
}

impl Tape {
    pub fn push(&mut self, ms: u64, what: What) -> EventNo {
        let n = EventNo(self.events.len() as u64);
        self.events.push(Event { n, at: At::from_millis(ms), what });
        n
    }

    /// Gives every event its number again after one was put in or taken out; evidence is moved along.
    pub fn insert(&mut self, index: usize, ms: u64, what: What) {
        let moved = |n: &mut EventNo| {
            if n.0 as usize >= index {
                n.0 += 1;
            }
        };
        for event in &mut self.events {
            moved(&mut event.n);
            if let What::StepDone { evidence, .. } = &mut event.what {
                evidence.iter_mut().for_each(moved);
            }
        }
        self.events.insert(index, Event { n: EventNo(index as u64), at: At::from_millis(ms), what });
    }

    /// The index of the first event that answers.
    pub fn find(&self, is: impl Fn(&What) -> bool) -> usize {
        self.events.iter().position(|event| is(&event.what)).unwrap()
    }

    /// The index of the end of a step.
    pub fn done(&self, id: &str) -> usize {
        self.find(|what| matches!(what, What::StepDone { step, .. } if step.as_str() == id))
    }

    /// The SIP event that a step took as its evidence.
    pub fn evidence(&mut self, id: &str) -> &mut SipSeen {
        let index = match &self.events[self.done(id)].what {
            What::StepDone { evidence, .. } => evidence[0].0 as usize,
            _ => unreachable!(),
        };
        self.sip_at(index)
    }

    pub fn sip_at(&mut self, index: usize) -> &mut SipSeen {
        match &mut self.events[index].what {
            What::Sip(seen) => seen,
            _ => panic!("event {index} is no message"),
        }
    }

    /// The index of the first message whose text holds all of these.
    pub fn message(&self, parts: &[&str]) -> usize {
        self.find(|what| match what {
            What::Sip(seen) => {
                let text = String::from_utf8_lossy(&seen.bytes.0).into_owned();
                parts.iter().all(|part| text.contains(part))
            }
            _ => false,
        })
    }

    /// Writes one text in place of another in the message of an event.
    pub fn rewrite(&mut self, index: usize, from: &str, to: &str) {
        let seen = self.sip_at(index);
        let text = String::from_utf8(seen.bytes.0.clone()).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        seen.bytes = Bytes(text.replace(from, to).into_bytes());
    }

    pub fn started(&mut self, ms: u64, step: &str) {
        let phase = if step.starts_with('s') { Phase::Setup } else { Phase::Flow };
        self.push(ms, What::StepStarted { phase, step: StepId::from(step) });
    }

    pub fn ended(&mut self, ms: u64, step: &str, evidence: Vec<EventNo>) {
        let phase = if step.starts_with('s') { Phase::Setup } else { Phase::Flow };
        self.push(ms, What::StepDone { phase, step: StepId::from(step), evidence });
    }

    pub fn missed(&mut self, ms: u64, step: &str, why: &str) {
        self.push(ms, What::StepMissed { phase: Phase::Flow, step: StepId::from(step), why: why.into() });
    }

    pub fn run_started(&mut self) {
        let run = RunStarted {
            tool: "oxocert test".into(),
            load: "OXO063/011.001".into(),
            profile: "virtual-powercpu-bvpn".into(),
            started: None,
            simulation: true,
            seed: 1,
            dut_parts: Vec::new(),
        };
        self.push(0, What::RunStarted(run));
    }

    pub fn heard(&mut self, ms: u64, role: &str, local: &str, remote: &str, emitter: Emitter, sound: Sound) {
        let heard = Heard {
            role: role.into(),
            local: address(local),
            remote: Some(address(remote)),
            emitter,
            sound,
            level_dbm0: Some(-10.0),
            since: At::from_millis(ms),
        };
        self.push(ms + 40, What::Heard(heard));
    }
}

/// A message on the wire, from the DUT (`In`) or from the harness (`Out`).
pub(super) fn seen(side: Side, direction: Direction, text: String) -> What {
    let (point, party, local) = match side {
        Side::Trunk => ("sbc.nominal", Some(RoleName::from("pstn.a")), SBC),
        Side::Set => ("set.hq1", None, SET),
    };
    What::Sip(SipSeen {
        point: point.into(),
        party,
        direction,
        emitter: if direction == Direction::In { Emitter::Dut } else { Emitter::Harness },
        transport: Transport::Udp,
        local: address(local),
        remote: address(DUT),
        retransmission: false,
        bytes: Bytes(text.into_bytes()),
    })
}

/// One second of a stream of 50 packets, PCMA, marked EF.
pub(super) fn window(
    role: &str,
    local: &str,
    remote: &str,
    emitter: Emitter,
    from: u64,
    to: u64,
) -> StreamWindow {
    let packets = (to - from) / 20 + 1;
    StreamWindow {
        role: role.into(),
        local: address(local),
        remote: address(remote),
        emitter,
        ssrc: 7,
        from: At::from_millis(from),
        to: At::from_millis(to),
        last: false,
        packets,
        l3_bytes: packets * 200,
        payload_types: vec![(8, packets)],
        payload_sizes: vec![(160, packets)],
        timestamp_jumps: 0,
        lost: 0,
        duplicates: 0,
        reordered: 0,
        jitter_ns: Some(50_000),
        max_gap_ns: Some(20_100_000),
        dscp: vec![(46, packets)],
        unstamped: 0,
        rtcp_packets: 0,
        rtcp_dscp: Vec::new(),
        srtp: None,
    }
}

/// The call of `CALL` in `tests::load`, as a healthy DUT and a healthy harness leave it.
pub(super) fn healthy() -> Tape {
    use Direction::{In, Out};
    use Side::{Set, Trunk};
    let mut tape = Tape::default();
    tape.run_started();
    tape.push(10, What::CaseStarted { case: "T-01".into() });
    tape.started(10, "s1");
    tape.ended(12, "s1", vec![]);
    tape.started(1000, "1");
    let set_offer = sdp(&["PCMA", "PCMU"], SET_RTP);
    let set_invite =
        message("INVITE sip:00277123456@127.10.2.1 SIP/2.0", "1 INVITE", "set", "leg-set", false, &set_offer);
    tape.push(1000, seen(Set, Out, set_invite));
    tape.ended(1000, "1", vec![]);
    tape.started(1000, "2");
    let invite = message(
        "INVITE sip:+33277123456@127.10.1.1 SIP/2.0",
        "1 INVITE",
        "trunk",
        "leg-trunk",
        false,
        &set_offer,
    );
    let invite = tape.push(1050, seen(Trunk, In, invite));
    tape.ended(1050, "2", vec![invite]);
    tape.push(
        1051,
        seen(Trunk, Out, message("SIP/2.0 180 Ringing", "1 INVITE", "trunk", "leg-trunk", true, "")),
    );
    tape.push(1052, seen(Set, In, message("SIP/2.0 180 Ringing", "1 INVITE", "set", "leg-set", true, "")));
    tape.started(1060, "3");
    let answer = sdp(&["PCMA"], PARTY_RTP);
    tape.push(
        1100,
        seen(Trunk, Out, message("SIP/2.0 200 OK", "1 INVITE", "trunk", "leg-trunk", true, &answer)),
    );
    tape.ended(1100, "3", vec![]);
    tape.started(1100, "4");
    tape.push(
        1105,
        seen(Trunk, In, message("ACK sip:127.10.1.1 SIP/2.0", "1 ACK", "ack", "leg-trunk", true, "")),
    );
    tape.push(1110, seen(Set, In, message("SIP/2.0 200 OK", "1 INVITE", "set", "leg-set", true, &answer)));
    tape.push(
        1111,
        seen(Set, Out, message("ACK sip:127.10.2.1 SIP/2.0", "1 ACK", "ack2", "leg-set", true, "")),
    );
    tape.heard(1200, "pstn.a", PARTY_RTP, SET_RTP, Emitter::Harness, Sound::Tone { hz: 550 });
    tape.heard(1210, "set.hq1", SET_RTP, PARTY_RTP, Emitter::Harness, Sound::Tone { hz: 1850 });
    tape.push(2100, What::Stream(window("pstn.a", PARTY_RTP, SET_RTP, Emitter::Harness, 1200, 2200)));
    tape.push(2100, What::Stream(window("set.hq1", SET_RTP, PARTY_RTP, Emitter::Harness, 1200, 2200)));
    tape.ended(2120, "4", vec![]);
    tape.started(2120, "5");
    tape.ended(2620, "5", vec![]);
    tape.started(2620, "6");
    tape.push(
        2620,
        seen(Trunk, Out, message("BYE sip:127.10.2.1 SIP/2.0", "1 BYE", "bye", "leg-trunk", true, "")),
    );
    tape.ended(2620, "6", vec![]);
    tape.started(2620, "7");
    tape.push(2625, seen(Trunk, In, message("SIP/2.0 200 OK", "1 BYE", "bye", "leg-trunk", true, "")));
    let bye = message("BYE sip:127.10.3.1 SIP/2.0", "1 BYE", "bye2", "leg-set", true, "");
    let bye = tape.push(2630, seen(Set, In, bye));
    tape.push(2631, seen(Set, Out, message("SIP/2.0 200 OK", "1 BYE", "bye2", "leg-set", true, "")));
    tape.ended(2632, "7", vec![bye]);
    tape.push(3640, What::CaseEnded { case: "T-01".into(), how: CaseEnd::Completed });
    tape.push(3650, What::RunEnded);
    tape
}
