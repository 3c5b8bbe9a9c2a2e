//! `oxocert pki inspect`: what stands in certificates and requests, and what is wrong with them.

use super::args::{Inspect, PresentedAs};
use super::{fact, failure, now};
use crate::failure::Failure;
use crate::output;
use oxocert_pki::inspect::{Facts, Object, facts, read_objects, warnings};
use oxocert_pki::request::judge;
use oxocert_pki::{Flaw, Request, Usage, UtcSeconds, examine};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// Prints every file. Exit code 1 where anything is wrong with one.
///
/// # Errors
/// A file cannot be read, or holds neither certificate nor request.
pub fn run(args: &Inspect) -> Result<u8, Failure> {
    let mut trusted = Vec::new();
    for path in &args.trusted {
        let before = trusted.len();
        trusted.extend(certificates(&read_objects(path).map_err(failure)?));
        if trusted.len() == before {
            return Err(Failure::Usage(format!("{} holds no certificate to trust", path.display())));
        }
    }
    let question = Question {
        trusted: (!args.trusted.is_empty()).then_some(trusted),
        name: args.name.clone(),
        usages: match args.presented_as {
            None => vec![Usage::Server, Usage::Client],
            Some(PresentedAs::Server) => vec![Usage::Server],
            Some(PresentedAs::Client) => vec![Usage::Client],
        },
        at: args.at.unwrap_or_else(now),
    };
    let mut sound = true;
    for path in &args.files {
        let objects = read_objects(path).map_err(failure)?;
        let (text, fine) = question.told(path, &objects);
        output::text(text);
        sound &= fine;
    }
    Ok(u8::from(!sound))
}

/// What a chain is judged against.
struct Question {
    /// `None`: who issued it is not judged.
    trusted: Option<Vec<Vec<u8>>>,
    name: Option<String>,
    usages: Vec<Usage>,
    at: UtcSeconds,
}

impl Question {
    /// What stands in a file, and whether nothing is wrong with it.
    fn told(&self, path: &Path, objects: &[Object]) -> (String, bool) {
        let mut text = format!("{}\n", path.display());
        let mut fine = true;
        let chain = certificates(objects);
        let mut number = 0;
        for object in objects {
            match object {
                Object::Certificate(der) => {
                    number += 1;
                    // Writing to a String does not fail.
                    let _ = writeln!(text, " certificate {number} of {}", chain.len());
                    text.push_str(&match facts(der) {
                        Some(facts) => certificate(&facts, self.at),
                        None => fact("unreadable", "it is no certificate, or one with a malformed extension"),
                    });
                }
                Object::Request(request) => {
                    let (told, legal) = self.request(request);
                    text.push_str(&told);
                    fine &= legal;
                }
                Object::PrivateKey => text.push_str(" a private key, which is not looked at\n"),
                Object::Unknown(what) => {
                    let _ = writeln!(text, " {what}");
                    fine = false;
                }
            }
        }
        if !chain.is_empty() {
            let (told, sound) = self.chain(&chain);
            text.push_str(&told);
            fine &= sound;
        }
        text.push('\n');
        (text, fine)
    }

    fn chain(&self, chain: &[Vec<u8>]) -> (String, bool) {
        // A CA has no name that a peer could be asked for, and is presented by nobody.
        let is_authority = chain.first().and_then(|der| facts(der)).is_some_and(|facts| facts.is_authority);
        let name = self.name.as_deref().filter(|_| !is_authority);
        let trusted = self.trusted.as_deref().unwrap_or_default();
        let mut flaws = BTreeSet::new();
        for usage in &self.usages {
            flaws.extend(examine(chain, trusted, name, *usage, self.at));
        }
        if self.trusted.is_none() {
            flaws.retain(|flaw| !matches!(flaw, Flaw::UnknownCa | Flaw::MissingIntermediate));
        }
        let mut text = format!(" judged at {}\n", self.at);
        for flaw in &flaws {
            text.push_str(&fact("flaw", format_args!("{flaw}: {}", flaw.words())));
        }
        if flaws.is_empty() {
            text.push_str(&fact("flaws", "none"));
        }
        for warning in warnings(chain) {
            text.push_str(&fact("warning", warning));
        }
        if self.trusted.is_none() {
            text.push_str(&fact("not judged", "who issued it: name what is trusted with --trusted FILE"));
        }
        if self.name.is_none() && !is_authority {
            text.push_str(&fact("not judged", "its name: give the peer's with --name FQDN"));
        }
        (text, flaws.is_empty())
    }

    fn request(&self, request: &Request) -> (String, bool) {
        let mut text = String::from(" certificate signing request\n");
        text.push_str(&fact("subject", request.subject()));
        text.push_str(&fact("names", list(&request.names())));
        text.push_str(&fact("key", format_args!("{}, SHA-256 {}", request.key_kind(), request.key_sha256())));
        text.push_str(&fact("signature", if request.is_signed() { "verifies" } else { "does not verify" }));
        let Some(name) = &self.name else {
            text.push_str(&fact(
                "not judged",
                "against Orange §5.2.3: give the name of the OCE with --name FQDN",
            ));
            return (text, request.is_signed());
        };
        let remarks = judge(request, name);
        if remarks.is_empty() {
            text.push_str(&fact("fields", "as Orange §5.2.3 has them"));
        }
        for remark in &remarks {
            text.push_str(&fact(if remark.refuses { "wrong" } else { "note" }, &remark.text));
        }
        (text, remarks.iter().all(|remark| !remark.refuses))
    }
}

fn certificates(objects: &[Object]) -> Vec<Vec<u8>> {
    let certificate = |object: &Object| match object {
        Object::Certificate(der) => Some(der.clone()),
        _ => None,
    };
    objects.iter().filter_map(certificate).collect()
}

fn certificate(facts: &Facts, at: UtcSeconds) -> String {
    const DAY: i64 = 86_400;
    let days = facts.not_after.0.saturating_sub(at.0).div_euclid(DAY);
    let left = if days < 0 { "over".to_owned() } else { format!("{days} days left") };
    let usage = match (facts.is_authority, facts.purposes) {
        (true, None) => "a CA",
        (true, Some((true, true))) => "a CA for servers and clients",
        (true, Some((true, false))) => "a CA for servers only",
        (true, Some((false, true))) => "a CA for clients only",
        (true, Some((false, false))) => "a CA for neither servers nor clients",
        (false, None) => "not restricted: no extendedKeyUsage",
        (false, Some((true, true))) => "serverAuth and clientAuth",
        (false, Some((true, false))) => "serverAuth only",
        (false, Some((false, true))) => "clientAuth only",
        (false, Some((false, false))) => "neither serverAuth nor clientAuth",
    };
    let issuer = if facts.is_self_signed { "itself" } else { &facts.issuer };
    let mut text = fact("subject", &facts.subject);
    text.push_str(&fact("issuer", issuer));
    text.push_str(&fact("serial", &facts.serial));
    text.push_str(&fact("names", list(&facts.names)));
    text.push_str(&fact("valid", format_args!("{} to {} ({left})", facts.not_before, facts.not_after)));
    text.push_str(&fact("key", &facts.key));
    text.push_str(&fact("usage", usage));
    text.push_str(&fact("SHA-256", &facts.sha256));
    text
}

/// Names in a line.
pub fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
