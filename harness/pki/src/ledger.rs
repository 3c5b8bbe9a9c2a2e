//! Which keys a lab has certified, in the order in which it did: an OCE rejects a certificate of an older request (Orange §5.2.4).

use crate::{PkiError, Request, UtcSeconds, files};
use std::path::Path;

/// The file, in the folder of a lab.
pub const LEDGER_FILE: &str = "issued.toml";

/// One certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), hexadecimal.
    pub key_sha256: String,
    /// The subject.
    pub subject: String,
    /// When it was issued.
    pub at: Moment,
    /// Its `notAfter`.
    pub not_after: Moment,
}

/// A moment, RFC 3339 in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Moment(pub UtcSeconds);

impl From<Moment> for String {
    fn from(moment: Moment) -> String {
        moment.0.to_string()
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Moment, String> {
        text.parse().map(Moment)
    }
}

/// All certificates that were issued, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Them.
    #[serde(default)]
    pub issued: Vec<Entry>,
}

/// What the ledger knows of a request's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is new.
    New,
    /// It was certified, and no other key since.
    Newest(Entry),
    /// It was certified, and then a newer key was: the OCE has left it.
    Superseded {
        /// Its own last entry.
        own: Entry,
        /// The first of the newer key.
        by: Entry,
    },
}

impl Ledger {
    /// The ledger of a lab; empty where nothing was issued yet.
    ///
    /// # Errors
    /// The file cannot be read, or is no ledger.
    pub fn read(folder: &Path) -> Result<Ledger, PkiError> {
        let path = folder.join(LEDGER_FILE);
        let bytes = match files::read(&path) {
            Err(PkiError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Ledger::default());
            }
            read => read?,
        };
        let content = |why: String| PkiError::Content { path: path.clone(), why };
        let text = String::from_utf8(bytes).map_err(|_| content("it is no UTF-8 text".into()))?;
        toml::from_str(&text).map_err(|error| content(error.to_string()))
    }

    /// Adds an entry to the ledger of a lab, at its end: what is there is never written again.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(folder: &Path, entry: &Entry) -> Result<(), PkiError> {
        let path = folder.join(LEDGER_FILE);
        let one = Ledger { issued: vec![entry.clone()] };
        let text = toml::to_string(&one)
            .map_err(|error| PkiError::Content { path: path.clone(), why: error.to_string() })?;
        files::append(&path, format!("{text}\n").as_bytes())
    }

    /// What is known of the key of a request.
    pub fn knows(&self, request: &Request) -> Known {
        let is_it = |entry: &&Entry| entry.key_sha256 == request.key_sha256();
        let Some(first) = self.issued.iter().position(|entry| is_it(&entry)) else { return Known::New };
        let Some(own) = self.issued.iter().rfind(is_it).cloned() else { return Known::New };
        // A newer key is one that appears for the first time after this one did.
        let (before, after) = self.issued.split_at(first);
        let newer =
            |entry: &&Entry| !is_it(entry) && before.iter().all(|old| old.key_sha256 != entry.key_sha256);
        match after.iter().find(newer).cloned() {
            Some(by) => Known::Superseded { own, by },
            None => Known::Newest(own),
        }
    }
}
