//! Unconditional call forwarding, set and ended by feature codes.

use crate::defects::Defect;
use crate::description::About;
use crate::leg::{LegId, Purpose, Stage, TrunkCall};
use crate::numbering::{Route, route_forward, to_e164};
use crate::oxo::VirtualOxo;
use crate::settings::{ForwardMechanism, User};
use crate::supervision::host_port;
use crate::task::Task;
use oxocert_media::engine::Source;
use oxocert_sip::message::Message;
use oxocert_sip::sdp::Direction;

impl VirtualOxo {
    /// A set forwards its calls (`None`: no more), hears a tone and is released.
    pub(crate) fn set_forward(&mut self, caller: LegId, target: Option<String>) {
        let Some(set) = self.legs.get(caller).and_then(|leg| leg.set.clone()) else { return };
        let legal = target.as_ref().is_none_or(|target| {
            matches!(route_forward(&self.settings, target), Route::Outside { .. } | Route::Set(_))
        });
        if !legal {
            self.fail_caller(caller, 404);
            return;
        }
        match target {
            Some(target) => self.forwards.insert(set, target),
            None => self.forwards.remove(&set),
        };
        let Some(body) = self.answer_body(caller, About::Own, Direction::SendRecv) else {
            self.refuse(caller, 488);
            return;
        };
        self.answer_now(caller, Some(body));
        let tone = Source::Tone { hz: 450, dbm0: f64::from(self.settings.tones.dbm0) };
        if let Some(leg) = self.legs.get_mut(caller).filter(|leg| leg.stage == Stage::Up) {
            leg.playing = Some(tone);
        }
        self.play(caller);
        self.later_ms(800, Task::Over(caller));
    }

    /// A call to a forwarded set leaves again.
    pub(crate) fn forward(&mut self, caller: LegId, user: &User, target: &str, request: &Message) {
        let diversions = request.values("Diversion").len() as u64;
        if diversions >= u64::from(self.settings.forward.max_diversions) {
            self.refuse(caller, 482);
            return;
        }
        match route_forward(&self.settings, target) {
            Route::Outside { number, .. }
                if self.settings.forward.mechanism == ForwardMechanism::Redirect =>
            {
                self.redirect(caller, user, &number);
            }
            Route::Outside { number, .. } => {
                let shown = self.legs.get(caller).map(|leg| leg.caller.clone()).unwrap_or_default();
                let wish = self.diverted(user, &number, &shown);
                if let Err(code) = self.call_outside(Purpose::ForCaller(caller), wish) {
                    self.refuse(caller, code);
                }
            }
            Route::Set(number) => {
                let shown = self.legs.get(caller).map(|leg| leg.caller.clone()).unwrap_or_default();
                if let Err(code) = self.call_set(Purpose::ForCaller(caller), &number, &shown) {
                    self.refuse(caller, code);
                }
            }
            _ => self.refuse(caller, 480),
        }
    }

    /// A set calls another, which may be forwarded.
    ///
    /// # Errors
    /// The status code that tells the caller why not.
    pub(crate) fn call_inside(&mut self, purpose: Purpose, number: &str, caller: &User) -> Result<(), u16> {
        let target = self.forwards.get(number).filter(|_| !self.has(Defect::ForwardIgnored)).cloned();
        let diverting = self.settings.users.iter().find(|user| user.number == number).cloned();
        match (target.map(|target| route_forward(&self.settings, &target)), diverting) {
            (Some(Route::Outside { number, .. }), Some(user)) => {
                let wish = self.diverted(&user, &number, &caller.ddi);
                self.call_outside(purpose, wish)
            }
            (Some(Route::Set(other)), _) => self.call_set(purpose, &other, &caller.number),
            _ => self.call_set(purpose, number, &caller.number),
        }
    }

    /// An outgoing call on behalf of a set that diverts.
    pub(crate) fn diverted(&self, user: &User, number: &str, shown: &str) -> TrunkCall {
        let diverting = self.settings.identity.cli_is_diverted_party;
        let from = if diverting || shown.is_empty() {
            user.ddi.clone()
        } else {
            to_e164(&self.settings.numbering, shown)
        };
        TrunkCall {
            number: number.to_owned(),
            emergency: false,
            clir: !diverting && shown.is_empty(),
            from,
            identity: user.ddi.clone(),
            diverted_by: Some(user.ddi.clone()),
            tried: Vec::new(),
            left_places: 0,
        }
    }

    fn redirect(&mut self, caller: LegId, user: &User, number: &str) {
        let host = host_port(self.settings.trunk.address);
        let headers = [
            ("Contact".to_owned(), format!("<sip:{number}@{host};user=phone>")),
            (
                "Diversion".to_owned(),
                format!("<sip:{}@{host};user=phone>;reason=unconditional;counter=1", user.ddi),
            ),
        ];
        if let Some(leg) = self.forget(caller)
            && let Some(call) = leg.call
        {
            let now = self.now;
            self.ua(leg.side).reject(now, call, 302, &headers);
        }
    }
}
