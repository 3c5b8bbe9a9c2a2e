//! `product-is-load`: the load on the wire is the one the user named, and not below the floor of its release (§4.2).

use super::{Outcome, StandingCheck, constant_product};
use crate::context::Context;
use oxocert_scenario::oxo_load::OxoLoad;

pub(super) const CHECK: StandingCheck = StandingCheck::new("product-is-load", judge);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let Some(named) = context.timeline.run.map(|run| run.load.as_str()) else {
        return Outcome::without_subject("the record does not say which load was named");
    };
    let mut found = Vec::new();
    let mut looked_at = 0u64;
    let mut split = false;
    for seen in context.of_dut() {
        let Some(product) = constant_product::product(seen) else { continue };
        looked_at += 1;
        // A partial update leaves call server and gateway at different loads; the call server's counts.
        split |= OxoLoad::find(product) != OxoLoad::find_gateway(product)
            && OxoLoad::find_gateway(product).is_some();
        if let Some(problem) = problem(product, named, &context.bench.operator.load_floors) {
            found.push((seen.n, problem));
        }
    }
    if looked_at == 0 {
        // A DUT that declares a load string must name it somewhere in a case in which it spoke at all.
        return match context.of_dut().next() {
            None => Outcome::without_subject("the DUT sent no SIP message in this case"),
            Some(seen) => {
                Outcome::of(vec![(seen.n, "no message of the DUT names a product".to_owned())], String::new())
            }
        };
    }
    let note = if split { "; call server and gateway parts differ" } else { "" };
    Outcome::of(found, format!("{named} in {looked_at} messages{note}"))
}

fn problem(product: &str, named: &str, floors: &[(String, String)]) -> Option<String> {
    let Some(seen) = OxoLoad::find(product) else { return Some(format!("`{product}` holds no OXO load")) };
    let Some(wanted) = OxoLoad::find(named) else {
        return Some(format!("the load named for this run, `{named}`, is no OXO load"));
    };
    if seen != wanted {
        return Some(format!("`{product}` where {named} was named"));
    }
    // Floors hold inside one release only (C16): 062/040 is not above the floor of 063.
    let floor =
        floors.iter().find(|(release, _)| *release == seen.release).and_then(|(_, load)| OxoLoad::find(load));
    match floor {
        None => Some(format!("release {} has no load floor in the operator profile", seen.release)),
        Some(floor) if seen < floor => Some(format!("`{product}` is below the floor {floor} of its release")),
        Some(_) => None,
    }
}
