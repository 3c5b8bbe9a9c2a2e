//! The requirement register: `scenarios/requirements.toml`.

use super::open;
use super::reader::{Node, Table, schema};
use crate::model::{Architecture, ClauseId};
use crate::problem::Problems;
use crate::sources::{REGISTER, Sources};
use std::collections::{BTreeMap, BTreeSet};

/// How a clause is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClauseKind {
    /// From packets.
    Wire,
    /// A fact of bench, profile or certificate that the harness checks or refuses.
    SetUp,
    /// A person confirms it.
    Checklist,
}

impl ClauseKind {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            ClauseKind::Wire => "wire",
            ClauseKind::SetUp => "set-up",
            ClauseKind::Checklist => "checklist",
        }
    }
}

/// What a clause weighs; heavier is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Information.
    Information,
    /// Observation: reported, never blocks.
    Observation,
    /// Mandatory for a certificate.
    Mandatory,
}

impl Weight {
    /// `M`, `O` or `I`.
    pub fn letter(self) -> char {
        match self {
            Weight::Information => 'I',
            Weight::Observation => 'O',
            Weight::Mandatory => 'M',
        }
    }
}

/// Where a clause comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The document says it.
    Text,
    /// The document implies it or is silent: the rule is ours, and a setting.
    Ours,
}

impl Basis {
    /// `text` or `ours`.
    pub fn word(self) -> &'static str {
        match self {
            Basis::Text => "text",
            Basis::Ours => "ours",
        }
    }
}

/// A part of a clause that has its own reach or weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which part, where the clause has more than one.
    pub what: Option<String>,
    /// The architectures; none for a clause that refuses a bench.
    pub on: BTreeSet<Architecture>,
    /// How it is shown.
    pub kinds: Vec<ClauseKind>,
    /// Its weight.
    pub weight: Weight,
    /// A condition in words: `where present`, `where the offer is DROM`.
    pub condition: Option<String>,
    /// Its basis; two where document and our rule meet.
    pub basis: Vec<Basis>,
}

/// One clause of the Orange document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Its id.
    pub id: ClauseId,
    /// The section of the document.
    pub section: String,
    /// What it asks.
    pub text: String,
    /// Its parts, at least one.
    pub parts: Vec<Part>,
}

impl Clause {
    /// The architectures of all parts.
    pub fn architectures(&self) -> BTreeSet<Architecture> {
        self.parts.iter().flat_map(|part| part.on.iter().copied()).collect()
    }

    /// The parts that reach an architecture.
    pub fn parts_on(&self, architecture: Architecture) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.on.contains(&architecture))
    }

    /// The greatest weight on an architecture; `None` where the clause does not reach it.
    pub fn weight(&self, architecture: Architecture) -> Option<Weight> {
        self.parts_on(architecture).map(|part| part.weight).max()
    }

    /// Whether packets can prove some part of it on an architecture.
    pub fn is_on_the_wire(&self, architecture: Architecture) -> bool {
        self.parts_on(architecture).any(|part| part.kinds.contains(&ClauseKind::Wire))
    }
}

/// All clauses, in the order of the document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Register {
    /// In order.
    pub clauses: Vec<Clause>,
}

impl Register {
    /// A clause by its id.
    pub fn clause(&self, id: &ClauseId) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.id == *id)
    }
}

/// Loads the register.
///
/// # Errors
/// All problems of the file.
pub fn load_register(sources: &Sources) -> Result<Register, Problems> {
    let doc = open(sources, REGISTER, None)?;
    let parsed = doc.parse();
    let root = Table::root(&doc, &parsed, "the requirement register");
    schema(&root);
    let mut clauses: Vec<Clause> = Vec::new();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for node in root.need("clause").and_then(|node| node.list()).unwrap_or_default() {
        let Some(read) = clause(&node) else { continue };
        if let Some(line) = seen.insert(read.id.0.clone(), node.position().line) {
            node.problem(format!("the clause `{}` stands on line {line} already", read.id.0));
        }
        clauses.push(read);
    }
    root.finish();
    doc.into_problems().or(Register { clauses })
}

fn clause(node: &Node<'_>) -> Option<Clause> {
    let table = node.table("a clause")?;
    let text = |key| table.need(key).and_then(|node| node.text()).map(str::to_owned);
    let (id, section, words) = (text("id"), text("section"), text("text"));
    let parts: Vec<Part> = match table.get("parts") {
        Some(parts) => parts
            .list()
            .unwrap_or_default()
            .iter()
            .filter_map(|node| {
                let fields = node.table("a part of a clause")?;
                let what = fields.need("part").and_then(|node| node.text()).map(str::to_owned);
                let read = part(&fields, what);
                fields.finish();
                read
            })
            .collect(),
        None => part(&table, None).into_iter().collect(),
    };
    table.finish();
    (!parts.is_empty()).then_some(Clause { id: ClauseId(id?), section: section?, text: words?, parts })
}

fn part(table: &Table<'_>, what: Option<String>) -> Option<Part> {
    let letters = Architecture::ALL.map(|architecture| (letter(architecture), architecture));
    let kind_words =
        [("wire", ClauseKind::Wire), ("set-up", ClauseKind::SetUp), ("checklist", ClauseKind::Checklist)];
    let weight_words = [("M", Weight::Mandatory), ("O", Weight::Observation), ("I", Weight::Information)];
    let basis_words = [("text", Basis::Text), ("ours", Basis::Ours)];
    let on = table
        .need("on")
        .and_then(|node| node.list())?
        .iter()
        .filter_map(|node| node.word(&letters))
        .collect();
    let kinds = table.need("kind")?.one_or_many().iter().filter_map(|node| node.word(&kind_words)).collect();
    let weight = table.need("weight").and_then(|node| node.word(&weight_words));
    let condition = table.get("condition").and_then(|node| node.text()).map(str::to_owned);
    let basis =
        table.need("basis")?.one_or_many().iter().filter_map(|node| node.word(&basis_words)).collect();
    Some(Part { what, on, kinds, weight: weight?, condition, basis })
}

fn letter(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::PowerCpuBvpn => "P",
        Architecture::OceBvpn => "E",
        Architecture::OceInternetA => "A",
        Architecture::OceInternetB => "B",
    }
}
