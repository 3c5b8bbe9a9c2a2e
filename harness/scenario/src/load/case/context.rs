//! What a scenario is read against: the bench, the register, the standing checks, one point of the matrix.

use crate::load::reader::Node;
use crate::load::register::Register;
use crate::load::standing::Standing;
use crate::load::suggest::did_you_mean;
use crate::load::texts;
use crate::load::units::{Kind, quantity};
use crate::model::{Architecture, Bench, ClauseId, Limit, Quantity};
use oxocert_record::RoleName;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What the names of a file are looked up in.
pub(super) struct Context<'b> {
    pub(super) bench: &'b Bench,
    pub(super) register: &'b Register,
    pub(super) standing: &'b Standing,
    /// `matrix.sbc` to `sbc.nominal`.
    pub(super) axes: BTreeMap<String, String>,
    /// Where the case applies.
    pub(super) architectures: BTreeSet<Architecture>,
    /// Roles of the case, without `dut`.
    pub(super) needs: Vec<RoleName>,
    /// In a call of a load point: each pool, and its member there.
    pub(super) bound: BTreeMap<RoleName, RoleName>,
    /// The case does not apply to this bench: names that the bench lacks are left as written.
    pub(super) elsewhere: bool,
}

/// The kinds of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoleKind {
    Sbc,
    Set,
    Party,
    Dut,
    NameServer,
}

impl RoleKind {
    pub(super) fn of(role: &RoleName) -> Option<RoleKind> {
        match role.as_str().split_once('.') {
            Some(("sbc", _)) => Some(RoleKind::Sbc),
            Some(("set", _)) => Some(RoleKind::Set),
            Some(("pstn", _)) => Some(RoleKind::Party),
            Some(("dns", _)) => Some(RoleKind::NameServer),
            None if role.as_str() == "dut" => Some(RoleKind::Dut),
            _ => None,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            RoleKind::Sbc => "an a-SBC",
            RoleKind::Set => "a set",
            RoleKind::Party => "a PSTN party",
            RoleKind::Dut => "the DUT",
            RoleKind::NameServer => "a name server",
        }
    }
}

impl Context<'_> {
    /// A text with its `${names}` put in.
    pub(super) fn text(&self, node: &Node<'_>) -> Option<String> {
        self.substituted(node, |_, value| value)
    }

    /// The same; what is put in is escaped for a regular expression, unless its name ends in `.pattern`.
    pub(super) fn pattern_text(&self, node: &Node<'_>) -> Option<String> {
        self.substituted(
            node,
            |name, value| if name.ends_with(".pattern") { value } else { regex_lite::escape(&value) },
        )
    }

    /// One of the words.
    pub(super) fn word<T: Copy>(&self, node: &Node<'_>, words: &[(&'static str, T)]) -> Option<T> {
        node.word_of(&self.text(node)?, words)
    }

    fn substituted(&self, node: &Node<'_>, shape: impl Fn(&str, String) -> String) -> Option<String> {
        let mut rest = node.text()?;
        let mut out = String::new();
        let mut whole = true;
        while let Some(start) = rest.find("${") {
            out.push_str(&rest[..start]);
            let Some(end) = rest[start..].find('}') else {
                node.problem("`${` without its `}`");
                return None;
            };
            let written = &rest[start..=start + end];
            let name = &written[2..written.len() - 1];
            match texts::lookup(&self.of_member(name), self.bench, &self.axes) {
                Some(value) => out.push_str(&shape(name, value)),
                None if self.elsewhere => out.push_str(written),
                None => {
                    let hint = did_you_mean(name, texts::names(self.bench, &self.axes));
                    node.problem_at(
                        written,
                        format!("unknown name `{name}` on the bench {}", self.bench.name),
                        hint,
                    );
                    whole = false;
                }
            }
            rest = &rest[start + end + 1..];
        }
        out.push_str(rest);
        whole.then_some(out)
    }

    /// `pstn.load.national` is `pstn.load07.national` in the call that binds `pstn.load07`.
    fn of_member<'n>(&self, name: &'n str) -> Cow<'n, str> {
        for (pool, member) in &self.bound {
            match name.strip_prefix(pool.as_str()) {
                Some(rest) if rest.is_empty() || rest.starts_with('.') => {
                    return Cow::Owned(format!("{member}{rest}"));
                }
                _ => {}
            }
        }
        Cow::Borrowed(name)
    }

    /// The limit where the text is exactly `${name}` and `name` is one.
    pub(super) fn named_limit(&self, node: &Node<'_>) -> Option<&Limit> {
        self.bench.limits.get(node.as_text()?.strip_prefix("${")?.strip_suffix('}')?)
    }

    /// A value with its unit: `${name}` or literal.
    fn quantity(&self, node: &Node<'_>) -> Option<Quantity> {
        if let Some(limit) = self.named_limit(node) {
            return Some(limit.value);
        }
        if let Some(number) = node.as_number() {
            return Some(Quantity::Number(number));
        }
        let text = self.text(node)?;
        if self.elsewhere && text.contains("${") {
            return None;
        }
        match quantity(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                node.problem(message);
                None
            }
        }
    }

    /// A limit: an entry of the limits table, or a literal with its source.
    pub(super) fn limit(
        &self,
        node: &Node<'_>,
        kind: Option<Kind>,
        source: Option<&Node<'_>>,
        needs_source: bool,
    ) -> Option<Limit> {
        if let Some(limit) = self.named_limit(node) {
            if let Some(source) = source {
                source.problem("`source` stands beside a literal limit only: a named one has its own");
            }
            return kind.is_none_or(|kind| node.check_kind(limit, kind)).then(|| limit.clone());
        }
        let value = self.quantity(node)?;
        if let Some(kind) = kind.filter(|kind| *kind != Kind::of(value)) {
            node.problem(format!("expected {}, found \"{value}\"", kind.wanted()));
            return None;
        }
        let source = match source {
            Some(source) => source.text()?.to_owned(),
            None if needs_source => {
                node.problem_with(
                    format!("the literal limit \"{value}\" needs `source = \"..\"`"),
                    Some("or use an entry of the limits table such as \"${pdd.max}\"".to_owned()),
                );
                return None;
            }
            None => "not judged".to_owned(),
        };
        Some(Limit { name: None, value, marginal: None, source, shortened_from: None })
    }

    /// A bound of a measure: the name of an entry, `${name}`, or a literal with its source.
    pub(super) fn bound(
        &self,
        node: &Node<'_>,
        kind: Option<Kind>,
        source: Option<&Node<'_>>,
    ) -> Option<Limit> {
        let is_name = node.as_text().is_some_and(|text| text.starts_with(|c: char| c.is_ascii_alphabetic()));
        if !is_name || source.is_some() {
            return self.limit(node, kind, source, true);
        }
        self.limit_named(node).filter(|limit| kind.is_none_or(|kind| node.check_kind(limit, kind)))
    }

    fn limit_named(&self, node: &Node<'_>) -> Option<Limit> {
        let name = self.text(node)?;
        let found = self.bench.limits.get(&name).cloned();
        if found.is_none() && !self.elsewhere {
            let hint = did_you_mean(&name, self.bench.limits.keys().map(String::as_str));
            node.problem_with(format!("unknown limit `{name}`"), hint);
        }
        found
    }

    /// A duration.
    pub(super) fn duration(&self, node: &Node<'_>) -> Option<Duration> {
        match self.quantity(node)? {
            Quantity::Time(value) => Some(value),
            other => {
                node.problem(format!("expected {}, found \"{other}\"", Kind::Time.wanted()));
                None
            }
        }
    }

    /// A whole number, `5` or `${cac.limit}`.
    pub(super) fn count<T: TryFrom<i64>>(&self, node: &Node<'_>, what: &str) -> Option<T> {
        let value = self.quantity(node)?;
        let whole = match value {
            Quantity::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                T::try_from(number as i64).ok()
            }
            _ => None,
        };
        if whole.is_none() {
            node.problem(format!("expected {what}, found {value}"));
        }
        whole
    }

    /// A role of the bench that the case needs.
    pub(super) fn role(&self, node: &Node<'_>) -> Option<RoleName> {
        let name = RoleName(self.text(node)?);
        if name.as_str() == "dut" {
            return Some(name);
        }
        if self.needs.contains(&name) {
            let is_pool = self.bench.pools.contains_key(&name);
            if is_pool && !self.bound.contains_key(&name) {
                node.problem(format!("`{name}` is a pool: its members act in the steps of a [[call]] only"));
            }
            return Some(self.bound.get(&name).cloned().unwrap_or(name));
        }
        if self.knows(&name) {
            node.problem(format!("the role `{name}` acts here and is missing in `needs`"));
        } else if !self.elsewhere {
            node.problem_with(self.no_such_role(&name), self.role_hint(&name));
        }
        None
    }

    pub(super) fn roles(&self, node: &Node<'_>) -> Vec<RoleName> {
        node.one_or_many().iter().filter_map(|node| self.role(node)).collect()
    }

    pub(super) fn knows(&self, role: &RoleName) -> bool {
        self.bench.pools.contains_key(role)
            || (self.bench.has_role(role) && self.bench.pool_of(role).is_none())
    }

    pub(super) fn no_such_role(&self, role: &RoleName) -> String {
        format!("the bench {} has no role `{role}`", self.bench.name)
    }

    pub(super) fn role_hint(&self, role: &RoleName) -> Option<String> {
        let single = self.bench.roles().filter(|role| self.bench.pool_of(role).is_none());
        did_you_mean(role.as_str(), single.chain(self.bench.pools.keys()).map(RoleName::as_str))
    }

    /// Clauses of a `proves` list: each exists and reaches an architecture of the case. What does not reach the bench is left out:
    /// a flow of several architectures proves on each what is asked there.
    pub(super) fn clauses(&self, node: Option<Node<'_>>) -> Vec<ClauseId> {
        let mut ids = Vec::new();
        for node in node.map(|node| node.one_or_many()).unwrap_or_default() {
            let Some(id) = node.text().map(|text| ClauseId(text.to_owned())) else { continue };
            match self.register.clause(&id) {
                None => {
                    let known = self.register.clauses.iter().map(|clause| clause.id.0.as_str());
                    node.problem_with(format!("unknown clause `{}`", id.0), did_you_mean(&id.0, known));
                }
                Some(clause) => {
                    let reached = clause.architectures();
                    if !self.architectures.is_empty() && self.architectures.is_disjoint(&reached) {
                        node.problem(format!(
                            "the clause `{}` reaches no architecture of this scenario's `for`",
                            id.0
                        ));
                    }
                    if self.elsewhere || reached.contains(&self.bench.architecture) {
                        ids.push(id);
                    }
                }
            }
        }
        ids
    }
}
