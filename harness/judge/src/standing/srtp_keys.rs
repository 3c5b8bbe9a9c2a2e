//! `srtp-keys`: no SRTP key of the DUT serves two calls, and none is a key of the a-SBC (RFC 3711 §9.1: a key stream used twice
//! gives away both streams; RFC 4568 §6.1: each side draws its own key).

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::timeline::{Seen, Timeline};
use oxocert_record::RoleName;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const CHECK: StandingCheck = StandingCheck::new("srtp-keys", judge);

/// A call leg: point and Call-ID.
type Leg<'s> = (&'s RoleName, &'s str);

/// Who used which key, by key.
#[derive(Default)]
struct Uses<'s> {
    /// Legs in which the DUT announced it.
    of_dut: BTreeMap<&'s [u8], BTreeSet<Leg<'s>>>,
    /// Legs in which the harness announced it.
    of_harness: BTreeMap<&'s [u8], BTreeSet<Leg<'s>>>,
    /// Whether the DUT answered an offer with a key of its own.
    answered: bool,
}

impl Uses<'_> {
    /// Whether the record holds two calls with keys of the DUT, or a call in which the a-SBC announced its key first.
    fn can_be_wrong(&self) -> bool {
        let legs: BTreeSet<&Leg<'_>> = self.of_dut.values().flatten().collect();
        legs.len() > 1 || self.answered
    }
}

fn judge(context: &Context<'_, '_>) -> Outcome {
    let uses = uses(context.timeline);
    let mut found = Vec::new();
    let mut told: BTreeSet<&[u8]> = BTreeSet::new();
    let mut looked_at: BTreeSet<&[u8]> = BTreeSet::new();
    for seen in context.on_trunk() {
        for key in keys(seen) {
            looked_at.insert(key);
            let legs = uses.of_dut.get(key).map(BTreeSet::len).unwrap_or_default();
            let copied = uses.of_harness.get(key).and_then(|legs| legs.first());
            if told.contains(key) {
                continue;
            }
            if let Some((_, call_id)) = copied {
                told.insert(key);
                found.push((seen.n, format!("the key of the a-SBC in call {call_id} as the DUT's own")));
            } else if legs > 1 {
                told.insert(key);
                found.push((seen.n, format!("a key that the DUT uses in {legs} calls")));
            }
        }
    }
    if looked_at.is_empty() {
        return Outcome::without_subject("the DUT announced no SRTP key in this case");
    }
    // A key can be used twice, or be the a-SBC's, only where there is a second call or an offer that the DUT answered.
    if found.is_empty() && !uses.can_be_wrong() {
        return Outcome::without_subject("one call alone, whose keys the DUT announced first");
    }
    Outcome::of(
        found,
        format!("{} keys of the DUT, each in one call and none of them the a-SBC's", looked_at.len()),
    )
}

/// Keys over the whole record. A leg counts where both sides announced keys in it: an offer that was refused and sent again
/// elsewhere protected no packet.
fn uses<'s>(timeline: &'s Timeline<'_>) -> Uses<'s> {
    let mut sides: BTreeMap<Leg<'s>, (bool, bool)> = BTreeMap::new();
    let mut answered = false;
    let all = || timeline.messages.values().filter_map(|seen| Some((seen, leg(seen)?)));
    for (seen, leg) in all().filter(|(seen, _)| keys(seen).next().is_some()) {
        let side = sides.entry(leg).or_default();
        answered |= seen.is_from_dut() && *side == (false, true);
        side.0 |= seen.is_from_dut();
        side.1 |= seen.is_from_harness();
    }
    let mut uses = Uses { answered, ..Uses::default() };
    for (seen, leg) in all().filter(|(_, leg)| sides.get(leg) == Some(&(true, true))) {
        for key in keys(seen) {
            let list = if seen.is_from_dut() { &mut uses.of_dut } else { &mut uses.of_harness };
            list.entry(key).or_default().insert(leg);
        }
    }
    uses
}

fn leg<'s>(seen: &'s Seen<'_>) -> Option<Leg<'s>> {
    Some((&seen.on.point, seen.call_id()?))
}

fn keys<'s>(seen: &'s Seen<'_>) -> impl Iterator<Item = &'s [u8]> {
    let audio = seen.sdp.iter().filter_map(|sdp| sdp.audio.as_ref());
    audio.flat_map(|audio| audio.crypto.iter().map(|crypto| crypto.key_and_salt.as_slice()))
}
