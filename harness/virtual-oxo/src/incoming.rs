//! Calls from the trunk, and INVITEs to sets.

use crate::defects::Defect;
use crate::description::About;
use crate::leg::{LegId, Purpose, Side, Stage};
use crate::numbering::to_e164;
use crate::oxo::VirtualOxo;
use crate::supervision::host_port;
use crate::task::Task;
use oxocert_machine::Flow;
use oxocert_sip::message::{Message, Uri};
use oxocert_sip::sdp::Direction;
use oxocert_sip::ua::{CallId, Invite};

impl VirtualOxo {
    /// An INVITE from the trunk.
    pub(crate) fn trunk_calls(&mut self, call: CallId, flow: Flow, request: &Message) {
        let now = self.now;
        let backup = self.gateways.at(flow.remote).is_some_and(|number| self.gateways.is_backup(number));
        let unwanted = self.has(Defect::RejectsInboundFromBackup)
            || (self.has(Defect::RejectsBackupOnceBack) && self.a_gateway_came_back);
        if backup && unwanted {
            self.trunk.reject(now, call, 403, &[]);
            return;
        }
        let secure_uri = request.uri().is_some_and(|uri| uri.starts_with("sips:"));
        if secure_uri && (!self.settings.is_secured() || self.has(Defect::SipsRefused)) {
            self.trunk.reject(now, call, 416, &[]);
            return;
        }
        if self.fails_this_call() {
            self.trunk.reject(now, call, 500, &[]);
            return;
        }
        let full = self.is_full();
        let id = self.new_leg(Side::Trunk, Stage::Offered);
        self.read_description(id, request);
        let caller = shown_caller(request);
        if let Some(leg) = self.legs.get_mut(id) {
            leg.call = Some(call);
            leg.offer = (!request.body().is_empty()).then(|| request.body().to_vec());
            leg.caller = caller;
        }
        if full {
            let code = if self.has(Defect::CacRefusal500) { 500 } else { self.settings.cac.code };
            self.refuse_or_wait(id, code);
            return;
        }
        let offered = self.legs.get(id).and_then(|leg| leg.remote.as_ref());
        if !request.body().is_empty()
            && offered.is_none_or(|audio| {
                self.common_codecs(Some(audio)).is_empty() || !self.can_secure(Side::Trunk, audio)
            })
        {
            self.refuse(id, 488);
            return;
        }
        let called =
            request.uri().and_then(Uri::parse).and_then(|uri| uri.user_decoded()).unwrap_or_default();
        let number = to_e164(&self.settings.numbering, &called);
        self.log(format!("the trunk calls {number}"));
        if self.has(Defect::SetCalledLate) {
            self.later_ms(5000, Task::Reach(id, number, Box::new(request.clone())));
        } else {
            self.reach(id, &number, request);
        }
    }

    /// Leads a call from the trunk to whoever has this public number.
    pub(crate) fn reach(&mut self, caller: LegId, number: &str, request: &Message) {
        let Some(shown) = self.legs.get(caller).map(|leg| leg.caller.clone()) else { return };
        let own = to_e164(&self.settings.numbering, &shown);
        if self.has(Defect::OnnetReturnRefused) && self.settings.users.iter().any(|user| user.ddi == own) {
            self.refuse(caller, 403);
            return;
        }
        if self.settings.attendant.as_ref().is_some_and(|attendant| attendant.ddi == number) {
            self.attend(caller);
            return;
        }
        let found = self.settings.users.iter().find(|user| user.ddi == number);
        let found = match self.settings.users.first() {
            Some(first) if found.is_none() && self.has(Defect::UnknownDdiRings) => Some(first),
            _ => found,
        };
        let Some(user) = found.cloned() else {
            self.refuse(caller, if self.has(Defect::UnknownDdiAs500) { 500 } else { 404 });
            return;
        };
        let forward = self.forwards.get(&user.number).cloned();
        if let Some(target) = forward
            && !self.has(Defect::ForwardIgnored)
        {
            self.forward(caller, &user, &target, request);
            return;
        }
        if let Err(code) = self.call_set(Purpose::ForCaller(caller), &user.number, &shown) {
            match code {
                486 if self.has(Defect::BusyRingsOn) => self.ring_now(caller, 180, None),
                486 if self.has(Defect::BusySlow) => self.later_ms(4000, Task::Refuse(caller, 486)),
                486 if self.has(Defect::BusyAs500) => self.refuse(caller, 500),
                _ => self.refuse(caller, code),
            }
        }
    }

    /// Calls a set; `shown` is the number it displays, empty for a caller who hides.
    ///
    /// # Errors
    /// 480 where it is not registered, 486 where it is busy.
    pub(crate) fn call_set(&mut self, purpose: Purpose, number: &str, shown: &str) -> Result<(), u16> {
        let binding = self.registrar.find(number, self.now).cloned().ok_or(480_u16)?;
        if self.legs.of_set(number).next().is_some() && !self.settings.sets.call_waiting {
            return Err(486);
        }
        let source = match &purpose {
            Purpose::ForCaller(caller) => Some(*caller),
            Purpose::ForParked(parked) => Some(parked.leg),
            _ => None,
        };
        let id = self.new_leg(Side::Lan, Stage::Calling);
        if let Some(leg) = self.legs.get_mut(id) {
            leg.purpose = purpose;
            leg.set = Some(number.to_owned());
        }
        let with_offer =
            source.filter(|source| self.legs.get(*source).is_some_and(|leg| leg.remote.is_some()));
        let body = with_offer.and_then(|source| self.offer(id, About::Peer(source), Direction::SendRecv));
        let host = host_port(self.settings.lan.address);
        let from = if shown.is_empty() {
            "\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned()
        } else {
            format!("<sip:{shown}@{host};user=phone>")
        };
        let invite = Invite {
            flow: binding.flow,
            to: format!("<sip:{number}@{host}>"),
            from,
            contact_user: if shown.is_empty() { "anonymous".to_owned() } else { shown.to_owned() },
            headers: Vec::new(),
            target: binding.contact,
            body,
            credentials: None,
        };
        let now = self.now;
        let call = self.lan.call(now, invite);
        if let Some(leg) = self.legs.get_mut(id) {
            leg.call = Some(call);
        }
        self.later_ms(self.settings.sets.ring_s.saturating_mul(1000), Task::NoAnswer(id));
        Ok(())
    }
}

/// The number of a caller as a set may show it: nothing where the caller hides (RFC 3323).
fn shown_caller(request: &Message) -> String {
    let hides = request.values("Privacy").iter().any(|value| {
        value
            .split(';')
            .any(|word| matches!(word.trim().to_ascii_lowercase().as_str(), "id" | "user" | "header"))
    });
    let from = request.from().and_then(|from| from.uri.user_decoded()).unwrap_or_default();
    if hides || from.eq_ignore_ascii_case("anonymous") { String::new() } else { from }
}
