//! Transfers that a set orders: REFER to the DUT, with Replaces (RFC 5589 §7) or without (§6).

use super::actions::Refused;
use super::set::escaped;
use crate::calls::{LegId, LegState};
use crate::stage::Stage;
use oxocert_record::RoleName;
use oxocert_sip::message::Message;
use oxocert_sip::ua::CallId;

impl Stage {
    /// Joins the held call and the call in hand: REFER on the held one, whose Refer-To names the other.
    pub(crate) fn transfer_attended(&mut self, role: &RoleName) -> Result<(), Refused> {
        let up = |held: bool| {
            self.legs
                .values()
                .rev()
                .find(|leg| leg.role() == role && leg.state == LegState::Up && leg.hold.is_some() == held)
                .map(|leg| (leg.id, leg.call))
        };
        let (Some((held, _)), Some((_, Some(consulted)))) = (up(true), up(false)) else {
            let calls = self.calls_in_words(role);
            return Err(Refused::NotYet(format!("a transfer needs a held and an answered call, {calls}")));
        };
        let dialog = self.agents.get(role).and_then(|agent| agent.ua.dialog(consulted));
        let Some(dialog) = dialog else {
            return Err(Refused::NotYet("the consultation call has no dialog".into()));
        };
        let replaces = format!(
            "{}%3Bto-tag%3D{}%3Bfrom-tag%3D{}",
            in_uri_header(&dialog.call_id),
            in_uri_header(&dialog.remote_tag.unwrap_or_default()),
            in_uri_header(&dialog.local_tag)
        );
        let target = dialog.remote_target.trim_start_matches('<').trim_end_matches('>');
        self.refer(role, held, &format!("<{target}?Replaces={replaces}>"));
        if let Some(leg) = self.leg_of(role, consulted) {
            self.fall_silent(leg);
        }
        Ok(())
    }

    /// Sends the call in hand to another number.
    pub(crate) fn transfer_blind(&mut self, role: &RoleName, to: &str) -> Result<(), Refused> {
        let leg = self
            .in_hand(role, None)
            .filter(|id| self.legs.get(id).is_some_and(|leg| leg.state == LegState::Up));
        let Some(leg) = leg else {
            return Err(Refused::NotYet(format!(
                "a transfer needs an answered call, {}",
                self.calls_in_words(role)
            )));
        };
        let target = format!("<sip:{}@{}>", escaped(to), self.bench.dut.registrar);
        self.refer(role, leg, &target);
        Ok(())
    }

    fn refer(&mut self, role: &RoleName, id: LegId, target: &str) {
        let number = self.bench.sets.get(role).map(|set| set.number.clone()).unwrap_or_default();
        let by = format!("<sip:{number}@{}>", self.bench.dut.registrar.ip());
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let (Some(agent), Some(call)) = (self.agents.get_mut(role), leg.call) else { return };
        let headers = [("Refer-To".to_owned(), target.to_owned()), ("Referred-By".to_owned(), by)];
        agent.ua.in_call(self.now, call, "REFER", &headers, None);
        self.fall_silent(id);
    }

    /// A telephone that hands a call over sends nothing on it any more.
    fn fall_silent(&mut self, id: LegId) {
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.referred = true;
        }
        self.refresh_media(id);
    }

    /// NOTIFY of a transfer (RFC 3515 §2.4.5): once the new call stands the telephone leaves the calls it handed over; where
    /// it cannot stand the telephone takes them back.
    pub(crate) fn told_of_transfer(&mut self, role: &RoleName, call: CallId, notify: &Message) {
        let referred =
            self.leg_of(role, call).and_then(|id| self.legs.get(&id)).is_some_and(|leg| leg.referred);
        let status = notify.body().strip_prefix(b"SIP/2.0 ").and_then(|rest| rest.first());
        match status {
            Some(b'2') if referred => {
                for leg in self.handed_over(role) {
                    self.end(leg);
                }
            }
            Some(b'3'..=b'6') => self.take_back(role),
            _ => {}
        }
    }

    /// The transfer is refused: the telephone speaks on its calls again.
    pub(crate) fn take_back(&mut self, role: &RoleName) {
        for id in self.handed_over(role) {
            if let Some(leg) = self.legs.get_mut(&id) {
                leg.referred = false;
            }
            self.refresh_media(id);
        }
    }

    fn handed_over(&self, role: &RoleName) -> Vec<LegId> {
        let given = self.legs.values().filter(|leg| leg.role() == role && leg.is_open() && leg.referred);
        given.map(|leg| leg.id).collect()
    }
}

/// What may not stand bare in the headers part of a SIP URI (RFC 3261 §25.1, hnv-unreserved).
fn in_uri_header(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()[]/?:+$".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::in_uri_header;

    #[test]
    fn a_call_id_is_escaped_inside_refer_to() {
        assert_eq!(in_uri_header("7a;b=c@127.0.2.1"), "7a%3Bb%3Dc%40127.0.2.1");
    }
}
