//! A TOML file walked value by value, so that every error in it is told with its place.

use super::suggest::did_you_mean;
use super::units::{Kind, quantity};
use crate::model::step::Position;
use crate::model::{Limit, Quantity};
use crate::problem::{Problem, Problems};
use std::cell::RefCell;
use std::ops::Range;
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One file: its text and what was found wrong in it so far.
pub(crate) struct Document<'a> {
    pub(crate) file: &'a str,
    text: &'a str,
    found: RefCell<Vec<Problem>>,
}

impl<'a> Document<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Document<'a> {
        Document { file, text, found: RefCell::new(Vec::new()) }
    }

    /// Parses; syntax errors are noted and what could be read is returned.
    pub(crate) fn parse(&self) -> Spanned<DeTable<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            self.note(error.span().unwrap_or(0..0), error.message().replace('\n', ", "), None);
        }
        table
    }

    /// The place of a byte offset.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let before = self.text.get(..offset.min(self.text.len())).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position {
            line: count(before.matches('\n').count() + 1),
            column: count(before[line_start..].chars().count() + 1),
        }
    }

    pub(crate) fn note(&self, span: Range<usize>, message: String, hint: Option<String>) {
        let Position { line, column } = self.position(span.start);
        self.found.borrow_mut().push(Problem { file: self.file.to_owned(), line, column, message, hint });
    }

    pub(crate) fn note_at(&self, position: Position, message: String) {
        let Position { line, column } = position;
        self.found.borrow_mut().push(Problem {
            file: self.file.to_owned(),
            line,
            column,
            message,
            hint: None,
        });
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.found.borrow().is_empty()
    }

    pub(crate) fn into_problems(self) -> Problems {
        Problems(self.found.into_inner())
    }
}

/// One value of a file.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) doc: &'a Document<'a>,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Node<'a> {
    pub(crate) fn position(&self) -> Position {
        self.doc.position(self.value.span().start)
    }

    pub(crate) fn problem(&self, message: impl Into<String>) {
        self.problem_with(message, None);
    }

    pub(crate) fn problem_with(&self, message: impl Into<String>, hint: Option<String>) {
        self.doc.note(self.value.span(), message.into(), hint);
    }

    /// Like `problem_with`, at the place of `part` inside the value as written.
    pub(crate) fn problem_at(&self, part: &str, message: String, hint: Option<String>) {
        let span = self.value.span();
        let offset = self.doc.text.get(span.clone()).and_then(|raw| raw.find(part)).unwrap_or(0);
        self.doc.note(span.start + offset..span.end, message, hint);
    }

    fn wanted<T>(&self, what: &str) -> Option<T> {
        let found = match self.value.get_ref() {
            DeValue::String(text) => format!("\"{text}\""),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            other => format!("a {}", other.type_str()),
        };
        self.problem(format!("expected {what}, found {found}"));
        None
    }

    /// The text, without a word about another type.
    pub(crate) fn as_text(&self) -> Option<&'a str> {
        self.value.get_ref().as_str()
    }

    pub(crate) fn is_list(&self) -> bool {
        self.value.get_ref().is_array()
    }

    pub(crate) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    pub(crate) fn text(&self) -> Option<&'a str> {
        self.as_text().or_else(|| self.wanted("a text in quotes"))
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        self.value.get_ref().as_bool().or_else(|| self.wanted("true or false"))
    }

    /// A number, without a word about another type.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self.value.get_ref() {
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n as f64)
            }
            DeValue::Float(number) => {
                number.as_str().replace('_', "").parse().ok().filter(|n: &f64| n.is_finite())
            }
            _ => None,
        }
    }

    pub(crate) fn integer<T: TryFrom<i64>>(&self, what: &str) -> Option<T> {
        let read = match self.value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        read.and_then(|n| T::try_from(n).ok()).or_else(|| self.wanted(what))
    }

    /// A text in a form of its own: an address, a range.
    pub(crate) fn parsed<T: FromStr>(&self, what: &str) -> Option<T> {
        self.as_text().and_then(|text| text.parse().ok()).or_else(|| self.wanted(what))
    }

    pub(crate) fn list(&self) -> Option<Vec<Node<'a>>> {
        let array = self.value.get_ref().as_array().or_else(|| self.wanted("a list in [ ]"))?;
        Some(array.iter().map(|value| Node { doc: self.doc, value }).collect())
    }

    /// One value or a list of values.
    pub(crate) fn one_or_many(&self) -> Vec<Node<'a>> {
        if self.is_list() { self.list().unwrap_or_default() } else { vec![*self] }
    }

    /// A list of texts.
    pub(crate) fn texts(&self) -> Option<Vec<&'a str>> {
        Some(self.list()?.iter().filter_map(Node::text).collect())
    }

    pub(crate) fn table(&self, what: &'static str) -> Option<Table<'a>> {
        let entries =
            self.value.get_ref().as_table().or_else(|| self.wanted(&format!("{what}: a table in {{ }}")))?;
        Some(Table { doc: self.doc, entries, span: self.value.span(), what, asked: RefCell::default() })
    }

    /// One of the words.
    pub(crate) fn word<T: Copy>(&self, words: &[(&'static str, T)]) -> Option<T> {
        self.word_of(self.text()?, words)
    }

    /// One of the words, already read.
    pub(crate) fn word_of<T: Copy>(&self, text: &str, words: &[(&'static str, T)]) -> Option<T> {
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*meaning);
        }
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        self.problem_with(
            format!("unknown word \"{text}\": known are {}", known.join(", ")),
            did_you_mean(text, known.iter().copied()),
        );
        None
    }

    /// A value with its unit; a plain number is one without.
    pub(crate) fn quantity(&self) -> Option<Quantity> {
        if let Some(number) = self.as_number() {
            return Some(Quantity::Number(number));
        }
        match quantity(self.text()?) {
            Ok(value) => Some(value),
            Err(message) => {
                self.problem(message);
                None
            }
        }
    }

    /// A value of this kind of unit.
    pub(crate) fn quantity_of(&self, kind: Kind) -> Option<Quantity> {
        let value = self.quantity()?;
        if Kind::of(value) == kind {
            return Some(value);
        }
        self.problem(format!("expected {}, found \"{value}\"", kind.wanted()));
        None
    }

    /// Notes where a limit is of the wrong kind.
    pub(crate) fn check_kind(&self, limit: &Limit, kind: Kind) -> bool {
        let right = Kind::of(limit.value) == kind;
        if !right {
            let name = limit.name.as_ref().map(|name| format!(" (${{{name}}})")).unwrap_or_default();
            self.problem(format!("expected {}, found \"{}\"{name}", kind.wanted(), limit.value));
        }
        right
    }
}

/// A table whose keys are asked for one by one; what nobody asked for is unknown.
pub(crate) struct Table<'a> {
    pub(crate) doc: &'a Document<'a>,
    entries: &'a DeTable<'a>,
    span: Range<usize>,
    what: &'static str,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Table<'a> {
    pub(crate) fn root(
        doc: &'a Document<'a>,
        table: &'a Spanned<DeTable<'a>>,
        what: &'static str,
    ) -> Table<'a> {
        Table { doc, entries: table.get_ref(), span: 0..0, what, asked: RefCell::default() }
    }

    pub(crate) fn position(&self) -> Position {
        self.doc.position(self.span.start)
    }

    pub(crate) fn problem(&self, message: impl Into<String>) {
        self.doc.note(self.span.clone(), message.into(), None);
    }

    pub(crate) fn get(&self, key: &'static str) -> Option<Node<'a>> {
        self.asked.borrow_mut().push(key);
        self.entries.get(key).map(|value| Node { doc: self.doc, value })
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// As `get`; where it is missing, that is a problem.
    pub(crate) fn need(&self, key: &'static str) -> Option<Node<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.problem(format!("{} needs `{key}`", self.what));
        }
        found
    }

    /// All entries of an open table in the order of the file: key, its node, the value.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Node<'a>)> {
        let mut all: Vec<_> = self.entries.iter().collect();
        all.sort_by_key(|(key, _)| key.span().start);
        all.into_iter().map(|(key, value)| (key.get_ref().as_ref(), Node { doc: self.doc, value })).collect()
    }

    /// Notes a problem at a key.
    pub(crate) fn problem_at_key(&self, key: &str, message: String, hint: Option<String>) {
        let span = self.entries.get_key_value(key).map_or(self.span.clone(), |(key, _)| key.span());
        self.doc.note(span, message, hint);
    }

    /// Takes these keys as known.
    pub(crate) fn forgive(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend_from_slice(keys);
    }

    /// Notes every key that nobody asked for.
    pub(crate) fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.entries() {
            if !asked.contains(&key) {
                let mut known = asked.clone();
                known.sort_unstable();
                known.dedup();
                let hint = did_you_mean(key, known.iter().copied())
                    .or_else(|| Some(format!("known here: {}", known.join(", "))));
                self.problem_at_key(key, format!("unknown field `{key}` in {}", self.what), hint);
            }
        }
    }
}

/// Reads `schema = 1`, which every file begins with.
pub(crate) fn schema(table: &Table<'_>) {
    if let Some(node) = table.need("schema")
        && let Some(version) = node.integer::<u32>("the number 1")
        && version != 1
    {
        node.problem(format!("schema {version} is unknown: this program reads schema 1"));
    }
}
