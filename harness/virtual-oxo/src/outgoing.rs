//! Calls that sets make: where the digits lead, and the INVITE to the trunk.

use crate::defects::Defect;
use crate::description::About;
use crate::leg::{Leg, LegId, Purpose, Side, Stage, TrunkCall};
use crate::numbering::{Route, route, to_national};
use crate::oxo::VirtualOxo;
use crate::places::Place;
use crate::supervision::host_port;
use crate::task::Task;
use oxocert_machine::Flow;
use oxocert_sip::message::{Message, Uri};
use oxocert_sip::sdp::Direction;
use oxocert_sip::ua::{CallId, Invite};

impl VirtualOxo {
    pub(crate) fn new_leg(&mut self, side: Side, stage: Stage) -> LegId {
        self.sessions += 1;
        let session = self.sessions;
        self.legs.add(Leg::new(side, stage, session))
    }

    /// An INVITE of a set.
    pub(crate) fn set_calls(&mut self, call: CallId, flow: Flow, request: &Message) {
        let now = self.now;
        let user = request.from().and_then(|from| from.uri.user_decoded()).unwrap_or_default();
        if !self.registrar.is_at(&user, flow, now) {
            self.lan.reject(now, call, 403, &[]);
            return;
        }
        let digits =
            request.uri().and_then(Uri::parse).and_then(|uri| uri.user_decoded()).unwrap_or_default();
        let holds = self.legs.of_set(&user).any(|leg| self.legs.get(leg).is_some_and(|leg| leg.holding));
        if holds && self.has(Defect::NoConsultation) {
            self.lan.reject(now, call, 403, &[]);
            return;
        }
        let id = self.new_leg(Side::Lan, Stage::Offered);
        self.read_description(id, request);
        if let Some(leg) = self.legs.get_mut(id) {
            leg.call = Some(call);
            leg.set = Some(user);
            leg.offer = (!request.body().is_empty()).then(|| request.body().to_vec());
        }
        let outside =
            matches!(route(&self.settings, &digits), Route::Outside { .. } | Route::Emergency { .. });
        if outside && self.has(Defect::SlowPostDialDelay) {
            self.later_ms(4000, Task::Dial(id, digits));
        } else if outside && self.has(Defect::SlowUnderLoad) && self.is_under_load() {
            self.later_ms(3000, Task::Dial(id, digits));
        } else {
            self.dial(id, &digits);
        }
    }

    /// The digits of a waiting caller take effect.
    pub(crate) fn dial(&mut self, caller: LegId, digits: &str) {
        if self.legs.get(caller).is_none() {
            return;
        }
        let target = route(&self.settings, digits);
        self.log(format!("a set dials {digits}: {target:?}"));
        match target {
            Route::Attendant => self.attend(caller),
            Route::ForwardTo(to) => self.set_forward(caller, Some(to)),
            Route::ForwardCancel => self.set_forward(caller, None),
            other => {
                if let Err(code) = self.lead(Purpose::ForCaller(caller), caller, &other) {
                    self.fail_caller(caller, code);
                }
            }
        }
    }

    /// Calls where a route leads, on behalf of the set of leg `of`.
    ///
    /// # Errors
    /// The status code that tells the caller why not.
    pub(crate) fn lead(&mut self, purpose: Purpose, of: LegId, route: &Route) -> Result<(), u16> {
        let set = self.legs.get(of).and_then(|leg| leg.set.clone()).ok_or(404_u16)?;
        let user = self.settings.users.iter().find(|user| user.number == set).ok_or(404_u16)?.clone();
        match route {
            Route::Set(number) => self.call_inside(purpose, number, &user),
            Route::Outside { number, clir } => {
                let own =
                    self.settings.users.iter().find(|user| user.ddi == *number).map(|u| u.number.clone());
                if let Some(number) = own
                    && self.has(Defect::OnnetAnsweredInternally)
                {
                    return self.call_set(purpose, &number, &set);
                }
                let wish = self.wish(number, &user.ddi, *clir);
                self.call_outside(purpose, wish)
            }
            Route::Emergency { number, clir } => {
                if self.has(Defect::EmergencyBarred) || (*clir && self.has(Defect::EmergencyBlockedUnderClir))
                {
                    return Err(403);
                }
                let wish = TrunkCall { emergency: true, ..self.wish(number, &user.ddi, *clir) };
                self.call_outside(purpose, wish)
            }
            _ => Err(404),
        }
    }

    fn wish(&self, number: &str, ddi: &str, clir: bool) -> TrunkCall {
        TrunkCall {
            number: number.to_owned(),
            emergency: false,
            clir: clir && !self.has(Defect::ClirIgnored),
            from: ddi.to_owned(),
            identity: ddi.to_owned(),
            diverted_by: None,
            tried: Vec::new(),
            left_places: 0,
        }
    }

    /// Whether one more trunk call is one too many.
    pub(crate) fn is_full(&self) -> bool {
        let budget = match () {
            () if self.has(Defect::BudgetOfOne) => 1,
            () if self.has(Defect::BudgetOfTwo) => 2,
            () => self.settings.max_trunk_calls() as usize,
        };
        let leaked = self.has(Defect::CacLeaks) && self.refused_by_trunk;
        (leaked || self.legs.on_trunk() >= budget) && !self.has(Defect::CacNotEnforced)
    }

    /// Whether more calls are on the trunk than the defects under load wait for.
    pub(crate) fn is_under_load(&self) -> bool {
        self.legs.on_trunk() > 2
    }

    /// Counts a call on the trunk; whether it is one that fails.
    pub(crate) fn fails_this_call(&mut self) -> bool {
        self.trunk_calls_seen += 1;
        (self.has(Defect::EveryOtherCallFails) && self.trunk_calls_seen.is_multiple_of(2))
            || (self.has(Defect::EveryFifthCallFails) && self.trunk_calls_seen.is_multiple_of(5))
    }

    /// Ends the oldest call on the trunk because another was refused.
    pub(crate) fn drop_another(&mut self) {
        let oldest = self.legs.iter().find(|(_, leg)| leg.side == Side::Trunk).map(|(id, _)| id);
        if let Some(oldest) = oldest.filter(|_| self.has(Defect::CacDropsAnother)) {
            self.over(oldest);
        }
    }

    /// Calls a number outside.
    ///
    /// # Errors
    /// The status code that tells the caller why not.
    pub(crate) fn call_outside(&mut self, purpose: Purpose, mut wish: TrunkCall) -> Result<(), u16> {
        if self.fails_this_call() {
            return Err(500);
        }
        let exempt = wish.emergency && !self.has(Defect::EmergencyBarredWhenFull);
        if self.is_full() && !exempt {
            self.log("a call beyond the budget of the trunk is refused");
            self.drop_another();
            return Err(self.settings.cac.code);
        }
        let stuck = self.backup_was_used && self.has(Defect::NoFailback);
        let chosen = match self.gateways.backup() {
            Some(backup) if stuck => Some(backup),
            _ => self.gateways.choose(&[]),
        };
        let chosen =
            chosen.filter(|number| !self.gateways.is_backup(*number) || !self.has(Defect::NoFailover));
        let chosen =
            chosen.filter(|_| !self.gateways.any_is_down() || !self.has(Defect::NoCallsWhileOneIsDown));
        let Some(number) = chosen else { return Err(503) };
        wish.tried.push(number);
        self.place(purpose, wish);
        Ok(())
    }

    /// Sends the INVITE to the gateway that was tried last.
    pub(crate) fn place(&mut self, purpose: Purpose, wish: TrunkCall) {
        let source = match &purpose {
            Purpose::ForCaller(caller) => Some(*caller),
            Purpose::ForParked(parked) => Some(parked.leg),
            _ => None,
        };
        if source.is_some_and(|source| self.legs.get(source).is_none()) {
            return;
        }
        let Some(number) = wish.tried.last().copied() else { return };
        let address = match self.place_for_call(number) {
            Place::At(address) => address,
            Place::Later => {
                self.wait_for_place(purpose, wish);
                return;
            }
            Place::Nowhere => {
                self.call_failed(purpose, Some(wish), Side::Trunk, None);
                return;
            }
        };
        let Some(gateway) = self.gateways.get(number) else { return };
        let host = gateway.host().unwrap_or_else(|| host_port(address));
        self.backup_was_used |= gateway.gateway.primary_gw != 0;
        let id = self.new_leg(Side::Trunk, Stage::Calling);
        if let Some(leg) = self.legs.get_mut(id) {
            leg.purpose = purpose;
            leg.wish = Some(wish.clone());
        }
        let body =
            match source.filter(|source| self.legs.get(*source).is_some_and(|leg| leg.remote.is_some())) {
                Some(source) => self.offer(id, About::Peer(source), Direction::SendRecv),
                None if source.is_none() => self.offer(id, About::Own, Direction::SendRecv),
                None => None,
            };
        let number = self.written_number(&wish);
        let target = format!("sip:{number}@{host};user=phone");
        let invite = Invite {
            flow: self.trunk_flow(address),
            to: format!("<{target}>"),
            from: self.written_from(&wish),
            contact_user: wish.identity.clone(),
            headers: self.identity_headers(&wish),
            target,
            body,
            credentials: None,
        };
        let now = self.now;
        let call = self.trunk.call(now, invite);
        if let Some(leg) = self.legs.get_mut(id) {
            leg.call = Some(call);
        }
        if self.has(Defect::NoAckToError) {
            self.trunk.override_next(call, oxocert_sip::ua::Override::NoAck);
        }
        if let Some(wait) = self.settings.failover.invite_timeout_ms {
            self.later_ms(wait, Task::InviteTimeout(id));
        }
    }

    fn written_number(&self, wish: &TrunkCall) -> String {
        let mut number = wish.number.clone();
        if wish.emergency {
            if self.has(Defect::EmergencyPrefixed) {
                number.insert_str(0, &self.settings.numbering.outside_prefix);
            }
            if self.has(Defect::EmergencyWithContext)
                || (wish.clir && self.has(Defect::EmergencyContextUnderClir))
            {
                number.push_str(";phone-context=+33");
            }
            return number;
        }
        if self.has(Defect::WrongCalledNumber) {
            number.pop();
        }
        if self.has(Defect::NationalFormat) {
            number = to_national(&self.settings.numbering, &number);
        }
        number
    }

    fn written_from(&self, wish: &TrunkCall) -> String {
        let host = host_port(self.settings.written_trunk());
        if wish.clir && !self.has(Defect::ClirLeaksFrom) {
            return "\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned();
        }
        let mut number = wish.from.clone();
        if self.has(Defect::WrongCallingNumber) {
            number.pop();
            number.push('9');
        }
        format!("<sip:{number}@{host};user=phone>")
    }

    fn identity_headers(&self, wish: &TrunkCall) -> Vec<(String, String)> {
        let host = host_port(self.settings.written_trunk());
        let mut headers = Vec::new();
        let hidden = wish.clir && self.has(Defect::PaiMissingUnderClir);
        let nameless = wish.emergency
            && (self.has(Defect::EmergencyWithoutIdentity)
                || (wish.clir && self.has(Defect::EmergencyAnonymousUnderClir)));
        if !self.has(Defect::PaiMissing) && !hidden && !nameless {
            let internal = self.settings.users.iter().find(|user| user.ddi == wish.identity);
            let identity = match internal {
                Some(user) if self.has(Defect::PaiInternalNumber) => &user.number,
                _ => &wish.identity,
            };
            headers.push(("P-Asserted-Identity".to_owned(), format!("<sip:{identity}@{host};user=phone>")));
        }
        if (wish.clir && !self.has(Defect::PrivacyMissing)) || self.has(Defect::PrivacyAlways) {
            headers.push(("Privacy".to_owned(), "id".to_owned()));
        }
        if let Some(diverting) = &wish.diverted_by
            && !self.has(Defect::NoDiversion)
        {
            let number = if self.has(Defect::WrongDivertingNumber) { &wish.number } else { diverting };
            let reason = if self.has(Defect::WrongDiversionReason) { "no-answer" } else { "unconditional" };
            headers.push((
                "Diversion".to_owned(),
                format!("<sip:{number}@{host};user=phone>;reason={reason};counter=1"),
            ));
        }
        if self.has(Defect::PrivateAddressLeak) {
            headers.push(("X-Origin".to_owned(), "192.168.92.246".to_owned()));
        }
        if self.padding > 0 {
            headers
                .push(("X-Oxo-Info".to_owned(), "0123456789".chars().cycle().take(self.padding).collect()));
        }
        headers
    }

    /// Nothing at all came back on an INVITE in the time that the settings give it.
    pub(crate) fn invite_timeout(&mut self, leg: LegId) {
        let silent = |leg: &Leg| leg.stage == Stage::Calling && !leg.heard;
        if !self.legs.get(leg).is_some_and(silent) {
            return;
        }
        if let Some(call) = self.legs.get(leg).and_then(|leg| leg.call) {
            let now = self.now;
            self.trunk.hang_up(now, call, &[]);
        }
        self.failed(leg, None);
    }
}
