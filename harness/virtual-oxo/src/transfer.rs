//! Transfer by a set: REFER (RFC 3515), attended with Replaces (RFC 3891, RFC 5589) or blind, and its report by NOTIFY.

use crate::defects::Defect;
use crate::leg::{Join, LegId, Parked, Purpose, Side, Stage};
use crate::numbering::route;
use crate::oxo::VirtualOxo;
use crate::task::Task;
use oxocert_sip::message::{Message, NameAddr};
use oxocert_sip::ua::{Body, RequestId};

/// How long a set has to hang up by itself after an attended transfer.
const GRACE_MS: u64 = 2000;

impl VirtualOxo {
    /// A set asks for a transfer.
    pub(crate) fn refer(&mut self, asking: LegId, request_id: RequestId, request: &Message) {
        let target = request.header("Refer-To").and_then(NameAddr::parse);
        let (Some(target), Some(party)) = (target, self.legs.get(asking).and_then(|leg| leg.peer)) else {
            self.respond(Side::Lan, request_id, 400);
            return;
        };
        let replaces = target.uri.headers.as_deref().and_then(replaced_call_id);
        let consulted = match &replaces {
            Some(call_id) => match self.lan_leg_of(call_id) {
                Some(leg) => Some(leg),
                None => {
                    self.respond(Side::Lan, request_id, 481);
                    return;
                }
            },
            None => None,
        };
        self.respond(Side::Lan, request_id, 202);
        self.notify(Some(asking), 100, false);
        match consulted {
            Some(consulted) => self.transfer_attended(asking, party, consulted),
            None => {
                let digits = target.uri.user_decoded().unwrap_or_default();
                self.transfer_blind(asking, party, &digits);
            }
        }
    }

    fn transfer_attended(&mut self, asking: LegId, party: LegId, consulted: LegId) {
        let Some(leg) = self.legs.get(consulted) else { return };
        let (stage, other) = (leg.stage, leg.peer);
        self.detach(asking, party);
        if stage == Stage::Up {
            let Some(other) = other else {
                self.notify(Some(asking), 481, true);
                return;
            };
            self.detach(consulted, other);
            self.log("two calls of a set are joined");
            self.later_ms(GRACE_MS, Task::HangUp(asking));
            self.later_ms(GRACE_MS, Task::HangUp(consulted));
            self.join(party, other, Some(asking));
            return;
        }
        let Some(ringing) = self.legs.called_for(consulted).first().copied() else {
            self.notify(Some(asking), 481, true);
            return;
        };
        let parked = self.parked(party, asking);
        if let Some(leg) = self.legs.get_mut(ringing) {
            leg.purpose = Purpose::ForParked(parked.clone());
        }
        self.refuse(consulted, 487);
        self.transferred_rings(&parked);
        self.later_ms(self.settings.transfer.recall_after_s.saturating_mul(1000), Task::RecallDue(ringing));
    }

    fn transfer_blind(&mut self, asking: LegId, party: LegId, digits: &str) {
        let parked = self.parked(party, asking);
        let target = route(&self.settings, digits);
        self.log(format!("a set transfers to {digits}: {target:?}"));
        self.detach(asking, party);
        match self.lead(Purpose::ForParked(parked.clone()), asking, &target) {
            Ok(()) => {
                for leg in self.legs.called_for(party) {
                    let wait = self.settings.transfer.recall_after_s.saturating_mul(1000);
                    self.later_ms(wait, Task::RecallDue(leg));
                }
            }
            Err(code) => self.transfer_failed(&parked, code),
        }
    }

    fn parked(&self, party: LegId, asking: LegId) -> Parked {
        let recall = self.legs.get(asking).and_then(|leg| leg.set.clone());
        Parked { leg: party, referrer: Some(asking), recall }
    }

    fn detach(&mut self, one: LegId, other: LegId) {
        self.disconnect_media(one, other);
        for leg in [one, other] {
            if let Some(leg) = self.legs.get_mut(leg) {
                leg.peer = None;
            }
        }
    }

    /// The target of a transfer rings: the party that waits hears ringback.
    pub(crate) fn transferred_rings(&mut self, parked: &Parked) {
        self.notify(parked.referrer, 180, false);
        if !self.has(Defect::NoRingbackToTransferred) {
            let ringback = self.ringback();
            self.hear(parked.leg, ringback);
        }
    }

    /// The target of a transfer did not take the call: the party goes back to the set that transferred it.
    pub(crate) fn transfer_failed(&mut self, parked: &Parked, code: u16) {
        self.log(format!("a transfer failed with {code}"));
        let still_there = parked.referrer.filter(|leg| self.legs.get(*leg).is_some());
        if let Some(referrer) = still_there {
            for (leg, peer) in [(referrer, parked.leg), (parked.leg, referrer)] {
                if let Some(leg) = self.legs.get_mut(leg) {
                    leg.peer = Some(peer);
                }
            }
            if self.legs.get(parked.leg).is_some_and(|leg| leg.playing.is_some()) {
                if let Some(leg) = self.legs.get_mut(referrer) {
                    leg.holding = true;
                }
                let music = self.music();
                self.hear(parked.leg, music);
            }
            self.notify(Some(referrer), code, true);
            return;
        }
        if self.has(Defect::NoRecall) {
            return;
        }
        let recall = Parked { leg: parked.leg, referrer: None, recall: None };
        let back = parked
            .recall
            .as_ref()
            .is_some_and(|set| self.call_set(Purpose::ForParked(recall), set, "").is_ok());
        if !back {
            self.over(parked.leg);
        }
    }

    /// Tells the one who asked for a transfer how it goes (RFC 3515 §2.4.5).
    pub(crate) fn notify(&mut self, referrer: Option<LegId>, code: u16, last: bool) {
        let Some(leg) = referrer.and_then(|leg| self.legs.get(leg)) else { return };
        let (side, Some(call)) = (leg.side, leg.call) else { return };
        let phrase = match code {
            100 => "Trying",
            180 => "Ringing",
            200 => "OK",
            486 => "Busy Here",
            _ => "Transfer Failed",
        };
        let state = if last { "terminated;reason=noresource" } else { "active;expires=60" };
        let headers =
            [("Event".to_owned(), "refer".to_owned()), ("Subscription-State".to_owned(), state.to_owned())];
        let body = Body {
            content_type: "message/sipfrag;version=2.0".into(),
            bytes: format!("SIP/2.0 {code} {phrase}\r\n").into_bytes(),
        };
        let now = self.now;
        self.ua(side).in_call(now, call, "NOTIFY", &headers, Some(body));
    }

    fn lan_leg_of(&self, call_id: &str) -> Option<LegId> {
        self.legs
            .iter()
            .filter(|(_, leg)| leg.side == Side::Lan)
            .find(|(_, leg)| {
                leg.call
                    .and_then(|call| self.lan.dialog(call))
                    .is_some_and(|dialog| dialog.call_id == call_id)
            })
            .map(|(id, _)| id)
    }

    /// Transfers by REFER with Replaces on the trunk; false where a dialog is not complete.
    pub(crate) fn refer_to_trunk(&mut self, first: LegId, second: LegId, referrer: Option<LegId>) -> bool {
        let call = |leg| self.legs.get(leg).and_then(|leg| leg.call);
        let (Some(one), Some(two)) = (call(first), call(second)) else { return false };
        let Some(dialog) = self.trunk.dialog(two) else { return false };
        let Some(remote_tag) = dialog.remote_tag else { return false };
        let replaces = format!(
            "{}%3Bto-tag%3D{remote_tag}%3Bfrom-tag%3D{}",
            dialog.call_id.replace('@', "%40"),
            dialog.local_tag
        );
        let headers = [("Refer-To".to_owned(), format!("<{}?Replaces={replaces}>", dialog.remote_target))];
        let now = self.now;
        let request = self.trunk.in_call(now, one, "REFER", &headers, None);
        self.referred.insert(request, (first, Join { other: second, step: 1, referrer }));
        true
    }

    pub(crate) fn trunk_refer_answered(&mut self, request: RequestId, status: Option<u16>) {
        if !status.is_some_and(|status| (200..300).contains(&status)) {
            self.join_instead(request);
        }
    }

    /// How a transfer by REFER on the trunk goes.
    pub(crate) fn trunk_notified(&mut self, leg: LegId, request: &Message) {
        let Some(id) = self.referred.iter().find(|(_, (first, _))| *first == leg).map(|(id, _)| *id) else {
            return;
        };
        let text = String::from_utf8_lossy(request.body());
        let code = text.split(' ').nth(1).and_then(|code| code.trim().parse::<u16>().ok()).unwrap_or(500);
        if (200..300).contains(&code) {
            if let Some((first, join)) = self.referred.remove(&id) {
                self.notify(join.referrer, 200, true);
                self.hang_up(first);
                self.hang_up(join.other);
            }
        } else if code >= 300 {
            self.join_instead(id);
        }
    }

    /// The network does not transfer: the box joins the two calls itself.
    fn join_instead(&mut self, request: RequestId) {
        let Some((first, join)) = self.referred.remove(&request) else { return };
        self.settings.transfer.mechanism = crate::settings::TransferMechanism::Reinvite;
        self.join_now(first, join.other, join.referrer);
    }
}

/// The Call-ID in the `Replaces` of a Refer-To URI, escapes resolved.
fn replaced_call_id(headers: &str) -> Option<String> {
    let replaces = headers.split('&').find_map(|header| {
        let (name, value) = header.split_once('=')?;
        name.eq_ignore_ascii_case("Replaces").then_some(value)
    })?;
    let decoded = unescape(replaces);
    decoded.split(';').next().map(|call_id| call_id.trim().to_owned())
}

/// Resolves `%40` and the like (RFC 3261 §19.1.2); what is no escape stays as it is.
fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match digits.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                out.push(byte);
                rest = &after[2..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_replaced_call_is_found_through_escapes() {
        let headers = "Replaces=a84b%4010.0.0.1%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces";
        assert_eq!(replaced_call_id(headers).as_deref(), Some("a84b@10.0.0.1"));
        assert_eq!(replaced_call_id("Subject=x"), None);
        assert_eq!(unescape("100%"), "100%");
    }
}
