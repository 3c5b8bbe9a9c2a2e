//! Via values and branches (RFC 3261 §8.1.1.7, §20.42).

use super::Lint;
use super::address::has_empty_param;
use crate::message::MAGIC_COOKIE;
use crate::message::{Via, text};

pub(super) fn check(lint: &mut Lint<'_>) {
    let mut is_top = true;
    for line in lint.lines("Via") {
        for value in text::split(&line.value, ',') {
            let parsed = Via::parse(value);
            let well_formed = parsed.is_some() && !has_empty_param(value);
            if !well_formed {
                lint.reject("via-syntax", &line.span, "RFC 3261 §25.1", format!("`{value}`"));
            }
            if std::mem::take(&mut is_top)
                && let Some(via) = parsed
            {
                top_branch(lint, via.branch(), &line.span);
            }
        }
    }
}

fn top_branch(lint: &mut Lint<'_>, branch: Option<&str>, span: &std::ops::Range<usize>) {
    match branch {
        Some(branch) if branch.eq_ignore_ascii_case(MAGIC_COOKIE) => {
            let detail = "the branch is the magic cookie alone, which identifies nothing".to_string();
            lint.reject("branch-empty", span, "RFC 3261 §8.1.1.7", detail);
        }
        Some(branch)
            if branch
                .get(..MAGIC_COOKIE.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(MAGIC_COOKIE)) => {}
        _ => {
            let detail = "no branch of RFC 3261: the sender is matched as of RFC 2543".to_string();
            lint.warn("branch-cookie", span, "RFC 3261 §17.2.3", detail);
        }
    }
}
