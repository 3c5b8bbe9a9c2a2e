//! `oxocert pki issue`: a certificate for the request of an OCE.

use super::args::Issue;
use super::{fact, failure, now};
use crate::failure::Failure;
use crate::output;
use oxocert_pki::inspect::{Object, facts, read_objects};
use oxocert_pki::lab::Lab;
use oxocert_pki::ledger::{Entry, Known, Ledger, Moment};
use oxocert_pki::request::{Remark, judge};
use oxocert_pki::{Request, Terms, UtcSeconds, issue, write_chain};
use std::path::{Path, PathBuf};

/// Judges the request and issues the certificate. Exit code 1 where the request is refused.
///
/// # Errors
/// A file cannot be read, is there already, or is something else.
pub fn run(args: &Issue) -> Result<u8, Failure> {
    let lab = Lab::read(&args.folder).map_err(failure)?;
    let ledger = Ledger::read(&args.folder).map_err(failure)?;
    let request = read(&args.request)?;
    let (whole, alone) = targets(args)?;
    output::text(format_args!(
        "{}\n{}{}{}",
        args.request.display(),
        fact("subject", request.subject()),
        fact("names", super::inspect::list(&request.names())),
        fact("key", format_args!("{}, SHA-256 {}", request.key_kind(), request.key_sha256())),
    ));
    let mut remarks = judge(&request, &lab.names().dut_fqdn);
    remarks.extend(of_renewal(&ledger.knows(&request)));
    for remark in &remarks {
        output::line(remark_line(remark));
    }
    let refused = remarks.iter().filter(|remark| remark.refuses).count();
    if refused > 0 && !args.anyway {
        output::line(format_args!(
            "\nNothing was issued: {refused} {} against it (--anyway issues it all the same).",
            if refused == 1 { "reason" } else { "reasons" }
        ));
        return Ok(1);
    }
    let terms = Terms { now: now(), days: args.days, client: !args.server_only };
    let chain = issue(&lab, &request, &terms).map_err(failure)?;
    write_chain(&whole, &chain).map_err(failure)?;
    write_chain(&alone, chain.get(..1).unwrap_or_default()).map_err(failure)?;
    let entry = entry(&chain, terms.now)?;
    Ledger::append(&args.folder, &entry).map_err(failure)?;
    output::text(told(&whole, &alone, &entry, args.server_only));
    Ok(0)
}

/// The one request of a file.
fn read(path: &Path) -> Result<Request, Failure> {
    let mut requests = read_objects(path).map_err(failure)?.into_iter().filter_map(|object| match object {
        Object::Request(request) => Some(*request),
        _ => None,
    });
    match (requests.next(), requests.next()) {
        (Some(request), None) => Ok(request),
        (None, _) => Err(Failure::Usage(format!("{} holds no certificate signing request", path.display()))),
        (Some(_), Some(_)) => Err(Failure::Usage(format!("{} holds more than one request", path.display()))),
    }
}

/// Where the chain and the certificate alone go. Nothing that is there is overwritten.
fn targets(args: &Issue) -> Result<(PathBuf, PathBuf), Failure> {
    let whole = args.out.clone().unwrap_or_else(|| args.request.with_extension("crt"));
    let extension = whole.extension().unwrap_or_default().to_string_lossy().into_owned();
    let alone = whole.with_extension(if extension.is_empty() {
        "alone".into()
    } else {
        format!("alone.{extension}")
    });
    for path in [&whole, &alone] {
        if path.symlink_metadata().is_ok() {
            let text = format!("{} is there already: name another file with --out", path.display());
            return Err(Failure::Usage(text));
        }
    }
    Ok((whole, alone))
}

/// What §5.2.4 says about the key of the request.
fn of_renewal(known: &Known) -> Option<Remark> {
    match known {
        Known::New => None,
        Known::Newest(own) => Some(Remark {
            refuses: false,
            text: format!(
                "its key was certified already, at {} (serial {}): to renew a certificate the OCE wants a new request with a new key, and \
                 rejects one of the old request (§5.2.4)",
                own.at.0, own.serial
            ),
        }),
        Known::Superseded { own, by } => Some(Remark {
            refuses: true,
            text: format!(
                "it is an old request: its key was certified at {} (serial {}), a newer one at {} (serial {}); the OCE will reject a \
                 certificate of the old request (§5.2.4)",
                own.at.0, own.serial, by.at.0, by.serial
            ),
        }),
    }
}

fn remark_line(remark: &Remark) -> String {
    format!("  {:<10} {}", if remark.refuses { "refused" } else { "note" }, remark.text)
}

fn entry(chain: &[Vec<u8>], at: UtcSeconds) -> Result<Entry, Failure> {
    let Some(facts) = chain.first().and_then(|der| facts(der)) else {
        return Err(Failure::Harness("the certificate that was issued cannot be read again".into()));
    };
    Ok(Entry {
        serial: facts.serial,
        key_sha256: facts.key_sha256,
        subject: facts.subject,
        at: Moment(at),
        not_after: Moment(facts.not_after),
    })
}

fn told(whole: &Path, alone: &Path, entry: &Entry, server_only: bool) -> String {
    let usage = if server_only { "serverAuth only (C20)" } else { "serverAuth and clientAuth" };
    format!(
        "\nIssued serial {}, valid until {}, {usage}.\n\
         \x20 {}  the certificate and its intermediate\n\
         \x20 {}  the certificate alone\n\n\
         Install the first one on the OCE: Web Monitor > Certificates > Public Server Certificates > Certificate Container/File; the OCE\n\
         then wants to restart. If it does not take two certificates in one file, install the second one: its intermediate is in the\n\
         trust store already, and the bench will tell whether the OCE sends it (missing-intermediate where it does not).\n",
        entry.serial,
        entry.not_after.0,
        whole.display(),
        alone.display()
    )
}
