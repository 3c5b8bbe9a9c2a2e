//! REFER from the DUT on the trunk: the network joins the parties and the DUT leaves (setting C4, mechanism `refer`).

use crate::calls::{Leg, LegId, LegState, Owner};
use crate::numbering::Called;
use crate::stage::Stage;
use oxocert_media::engine::Source;
use oxocert_record::RoleName;
use oxocert_sip::message::{Message, NameAddr, Uri};
use oxocert_sip::ua::{Body, CallId, Header, RequestId};

/// French ringback (440 Hz, 1.5 s on, 3.5 s off), which the network plays while the target rings.
const RINGBACK: Source = Source::Cadence { hz: 440, dbm0: -10.0, on_ms: 1_500, off_ms: 3_500 };

impl Stage {
    /// Does what a REFER on the trunk asks for, and tells the DUT by NOTIFY (RFC 3515 §2.4.4).
    pub(crate) fn network_transfer(
        &mut self,
        sbc: &RoleName,
        call: CallId,
        request_id: RequestId,
        refer: &Message,
    ) {
        let target = refer.header("Refer-To").and_then(NameAddr::parse);
        let (Some(first), Some(target)) = (self.leg_of(sbc, call), target) else {
            return self.answer_refer(sbc, request_id, 400);
        };
        self.answer_refer(sbc, request_id, 202);
        self.notify(sbc, call, "SIP/2.0 100 Trying", false);
        if let Some(replaced) = replaced_call_id(&target.uri) {
            match self.leg_with_call_id(&replaced) {
                Some(second) => {
                    self.join(first, second);
                    self.notify(sbc, call, "SIP/2.0 200 OK", true);
                    self.leave_dialog(second);
                }
                None => self.notify(sbc, call, "SIP/2.0 481 Call/Transaction Does Not Exist", true),
            }
            return;
        }
        let user = target.uri.user_decoded().or(target.uri.user).unwrap_or_default();
        match self.numbering.called(&user) {
            Called::Party(party) => self.ring_in_network(sbc, first, party),
            Called::OnNet { .. } | Called::Unknown => self.notify(sbc, call, "SIP/2.0 404 Not Found", true),
        }
    }

    fn answer_refer(&mut self, sbc: &RoleName, request_id: RequestId, code: u16) {
        if let Some(agent) = self.agents.get_mut(sbc) {
            agent.ua.respond(self.now, request_id, code, &[], None);
        }
    }

    fn notify(&mut self, sbc: &RoleName, call: CallId, status: &str, last: bool) {
        let state = if last { "terminated;reason=noresource" } else { "active;expires=60" };
        let headers: [Header; 2] =
            [("Event".into(), "refer".into()), ("Subscription-State".into(), state.into())];
        let body = Body {
            content_type: "message/sipfrag;version=2.0".into(),
            bytes: format!("{status}\r\n").into_bytes(),
        };
        if let Some(agent) = self.agents.get_mut(sbc) {
            agent.ua.in_call(self.now, call, "NOTIFY", &headers, Some(body));
        }
    }

    fn leg_with_call_id(&self, call_id: &str) -> Option<LegId> {
        let has = |leg: &&Leg| {
            let dialog = leg.call.and_then(|call| self.agents.get(&leg.agent)?.ua.dialog(call));
            leg.has_dialog() && dialog.is_some_and(|dialog| dialog.call_id == call_id)
        };
        self.legs.values().find(has).map(|leg| leg.id)
    }

    /// The two parties hear each other without the DUT.
    fn join(&mut self, first: LegId, second: LegId) {
        // Each goes on protecting what it sends with its own key, which the other one is told here instead of in a description.
        let end = |id| self.legs.get(&id).map(|leg: &Leg| (leg.session.local, leg.session.sending_key()));
        let (Some(a), Some(b)) = (end(first), end(second)) else { return };
        for (id, other, (remote, key)) in [(first, second, b), (second, first, a)] {
            if let Some(leg) = self.legs.get_mut(&id) {
                leg.state = LegState::InNetwork;
                leg.joined = Some(other);
                leg.hold = None;
                leg.session.redirect(remote, key);
            }
            self.refresh_media(id);
        }
    }

    /// The replaced dialog is ended by the side that was replaced (RFC 3891 §3); the call goes on.
    fn leave_dialog(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        if let (Some(agent), Some(call)) = (self.agents.get_mut(&leg.agent), leg.call) {
            agent.ua.hang_up(self.now, call, &[]);
        }
    }

    /// Blind: the target rings inside the network, the transferred party hears ringback from there.
    fn ring_in_network(&mut self, sbc: &RoleName, first: LegId, party: RoleName) {
        let owner = Owner::Party(party);
        let session = match self.open_session(sbc, &owner) {
            Ok(session) => session,
            Err(why) => {
                self.fault.get_or_insert_with(|| why.clone());
                return self.finding(sbc, None, why);
            }
        };
        let target = self.open_network_leg(sbc, owner, session);
        let end = self.legs.get(&first).map(|leg| (leg.session.local, leg.session.sending_key()));
        let Some((remote, key)) = end else { return };
        if let Some(leg) = self.legs.get_mut(&target) {
            leg.state = LegState::Ringing;
            leg.joined = Some(first);
            leg.session.redirect(remote, key);
            let mut commands: Vec<_> = leg.session.play(RINGBACK).into_iter().collect();
            commands.extend(leg.session.refresh(false));
            for command in commands {
                self.out.media(command);
            }
        }
    }

    /// The target of a blind transfer answers inside the network: the DUT may leave.
    pub(crate) fn answer_in_network(&mut self, target: LegId) {
        let Some(first) = self.legs.get(&target).and_then(|leg| leg.joined) else { return };
        if let Some(leg) = self.legs.get_mut(&target)
            && let Some(command) = leg.session.play(Source::Silence)
        {
            self.out.media(command);
        }
        self.join(first, target);
        let referrer = self.legs.get(&first).and_then(|leg| Some((leg.agent.clone(), leg.call?)));
        if let Some((sbc, call)) = referrer {
            self.notify(&sbc, call, "SIP/2.0 200 OK", true);
        }
    }
}

/// The Call-ID of a Replaces header inside the Refer-To URI (RFC 3891 §6.1, escaped by RFC 3261 §19.1.1).
fn replaced_call_id(uri: &Uri) -> Option<String> {
    let headers = uri.headers.as_deref()?;
    let value = headers.split('&').find_map(|header| {
        let (name, value) = header.split_once('=')?;
        name.eq_ignore_ascii_case("Replaces").then_some(value)
    })?;
    let value = unescaped(value);
    Some(value.split(';').next().unwrap_or_default().to_owned())
}

fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (byte, hex) {
            (b'%', Some(value)) => {
                out.push(value);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn escapes_are_resolved_and_broken_ones_kept() {
        assert_eq!(unescaped("7a%40127.0.2.1%3Bto-tag%3D5"), "7a@127.0.2.1;to-tag=5");
        assert_eq!(unescaped("100%"), "100%");
        assert_eq!(unescaped("%zz"), "%zz");
    }
}
