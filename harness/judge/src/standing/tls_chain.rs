//! `tls-chain`: the DUT sends its intermediates in the handshake (C29). The document lets certificates be exchanged out of band
//! as well, so this is an observation.

use super::{Outcome, StandingCheck};
use crate::certificate;
use crate::context::Context;
use oxocert_record::TlsOutcome;

pub(super) const CHECK: StandingCheck =
    StandingCheck { observation: true, ..StandingCheck::new("tls-chain", judge) };

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut found = Vec::new();
    let mut looked_at = 0u64;
    let completed = |outcome: &TlsOutcome| *outcome == TlsOutcome::Completed;
    for handshake in context.handshakes().filter(|handshake| completed(&handshake.seen.outcome)) {
        let chain = &handshake.seen.chain;
        if handshake.seen.resumed || chain.is_empty() {
            continue;
        }
        looked_at += 1;
        if chain.len() == 1 {
            found.push((
                handshake.n,
                "the DUT sent its own certificate only, without the intermediate".to_owned(),
            ));
            continue;
        }
        let read: Vec<_> = chain.iter().filter_map(|der| certificate::read(&der.0)).collect();
        let broken = read.windows(2).find(|pair| match pair {
            [one, next] => one.issuer != next.subject,
            _ => false,
        });
        if let Some([one, next]) = broken {
            let text =
                format!("`{}` is followed by `{}`, which is not its issuer", one.subject, next.subject);
            found.push((handshake.n, text));
        }
    }
    if looked_at == 0 {
        return Outcome::without_subject("the DUT presented no certificate behind this case");
    }
    Outcome::of(found, format!("{looked_at} handshakes, the chain of the DUT sent with its intermediates"))
}
