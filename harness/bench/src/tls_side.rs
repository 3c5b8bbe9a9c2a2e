//! What the TLS layer tells becomes events of the timeline.

use crate::certificate;
use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_record::{Bytes, Emitter, TlsEnded, TlsOutcome, TlsSeen, What};
use oxocert_tls::{Alert, Ended, Event, Handshake, Outcome, Side, Version};

impl Stage {
    /// Writes what the TLS layer tells, and lets the roles know.
    pub(crate) fn tls_event(&mut self, at: At, event: Event) {
        match event {
            Event::Handshake(handshake) => self.handshake(at, *handshake),
            Event::Ended(ended) => self.connection_ended(at, ended),
            Event::Secret { line } => {
                self.out.record(at, What::TlsSecret { line });
            }
            Event::Probed { id, answer } => self.hello_answered(at, id, answer),
            Event::Finding { flow, note } => {
                if let Some(role) = self.role_of(flow) {
                    let emitter = self.emitter(flow.remote.ip());
                    self.out.record(at, What::Finding { role, emitter, note });
                }
            }
        }
    }

    fn handshake(&mut self, at: At, handshake: Handshake) {
        let Some(role) = self.role_of(handshake.flow) else { return };
        let flow = handshake.flow;
        let peer = self.emitter(flow.remote.ip());
        let opened_by_peer = handshake.opened_by == Side::Peer;
        let completed = handshake.outcome == Outcome::Completed;
        if completed {
            self.trunk_tls.connected(&role, flow, opened_by_peer);
        }
        let reached = handshake.version.is_some();
        let asked = opened_by_peer || handshake.client_asked == Some(true);
        let bare = self.probes.is_bare(flow);
        let own_certificate =
            if reached && asked && !bare { self.trunk_tls.presented_at(&role, handshake.from) } else { None };
        let presented = handshake.presented.as_ref();
        let chain = presented.map(|presented| presented.chain.clone()).unwrap_or_default();
        let first = chain.first().and_then(|der| certificate::read(der));
        let last = chain.last().and_then(|der| certificate::read(der));
        self.happened(
            at,
            What::Tls(Box::new(TlsSeen {
                role: role.clone(),
                peer,
                local: flow.local,
                remote: flow.remote,
                opened_by_peer,
                from: handshake.from,
                outcome: outcome(&handshake.outcome),
                offered_versions: handshake.offered_versions.iter().map(|version| name(*version)).collect(),
                offered_suites: handshake.offered_suites.clone(),
                sni: handshake.sni.clone(),
                version: handshake.version.map(name),
                suite: handshake.suite,
                flaws: presented
                    .map(|presented| presented.flaws.iter().map(|flaw| flaw.name().to_owned()).collect()),
                chain: chain.into_iter().map(Bytes).collect(),
                subject: first.as_ref().map(|first| first.subject.clone()),
                issuer: last.map(|last| last.issuer),
                names: first.map(|first| first.names).unwrap_or_default(),
                client_asked: handshake.client_asked,
                own_certificate,
                resumed: handshake.resumed,
            })),
        );
        self.bare_handshake(at, &role, &handshake);
    }

    fn connection_ended(&mut self, at: At, ended: Ended) {
        let Some(role) = self.role_of(ended.flow) else { return };
        let peer = self.emitter(ended.flow.remote.ip());
        let opened_by_peer = self.trunk_tls.ended(&role, ended.flow);
        // Whether the DUT still thinks that the gateway is up is seen at its next OPTIONS.
        if opened_by_peer && peer == Emitter::Dut {
            self.gateway_unknown(&role);
        }
        self.bare_ended(at, &ended);
        self.happened(
            at,
            What::TlsEnded(TlsEnded {
                role,
                peer,
                local: ended.flow.local,
                remote: ended.flow.remote,
                by_peer: ended.by == Side::Peer,
                alert: ended.alert.map(|Alert(alert)| alert),
                peer_spoke: ended.peer_spoke,
                why: ended.why,
            }),
        );
    }
}

fn outcome(outcome: &Outcome) -> TlsOutcome {
    match outcome {
        Outcome::Completed => TlsOutcome::Completed,
        Outcome::Refused { by, alert, why } => TlsOutcome::Refused {
            by_peer: *by == Side::Peer,
            alert: alert.map(|Alert(alert)| alert),
            why: why.clone(),
        },
    }
}

/// The name of a version in records.
pub(crate) fn name(version: Version) -> String {
    version.name().to_owned()
}
