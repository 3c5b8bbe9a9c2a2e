//! The command line of `oxocert pki`.

use clap::{Args, Subcommand, ValueEnum};
use oxocert_pki::UtcSeconds;
use std::path::PathBuf;

/// `oxocert pki`
#[derive(Debug, Args)]
pub struct Pki {
    /// What to do.
    #[command(subcommand)]
    pub command: PkiCommand,
}

/// What `oxocert pki` does.
#[derive(Debug, Subcommand)]
pub enum PkiCommand {
    /// Make the certificates of a bench over internet: a CA, and the a-SBCs' certificates, good and bad.
    Init(Init),
    /// Issue a certificate for the request (CSR) that the OCE made, if it is as Orange §5.2.3 wants it.
    Issue(Issue),
    /// Print what stands in certificates, chains and requests, PEM or DER, and what is wrong with them.
    Inspect(Inspect),
}

/// `oxocert pki init`
#[derive(Debug, Args)]
pub struct Init {
    /// The folder to make; it must not be there yet.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// The public name of the OCE: CN and SAN of its certificate.
    #[arg(long, value_name = "FQDN")]
    pub dut: String,
    /// An a-SBC of the profile and its name, such as sbc.nominal=sbc1.example.org; may be given several times. Without it, the
    /// two of Orange §5.2.5.
    #[arg(long = "sbc", value_name = "ROLE=FQDN", value_parser = role_and_name)]
    pub sbcs: Vec<(String, String)>,
}

/// `oxocert pki issue`
#[derive(Debug, Args)]
pub struct Issue {
    /// The folder that `oxocert pki init` made.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// The request, PEM or DER.
    #[arg(value_name = "CSR")]
    pub request: PathBuf,
    /// Where the certificate and its intermediate go; without it, beside the request, as NAME.crt.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// For how many days.
    #[arg(long, value_name = "NUMBER", default_value_t = 397, value_parser = clap::value_parser!(u32).range(1..=i64::from(oxocert_pki::LONGEST_DAYS)))]
    pub days: u32,
    /// Leave clientAuth out of extendedKeyUsage, as public CAs do since 2026 (C20).
    #[arg(long)]
    pub server_only: bool,
    /// Issue it although the request is not as it should be.
    #[arg(long)]
    pub anyway: bool,
}

/// `oxocert pki inspect`
#[derive(Debug, Args)]
pub struct Inspect {
    /// Files; each is one chain, the end entity first, or one request.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// A file of certificates that are trusted, roots and imported intermediates; may be given several times. Without it,
    /// who issued a chain is not judged.
    #[arg(long, value_name = "FILE")]
    pub trusted: Vec<PathBuf>,
    /// The name that the certificate or request should have.
    #[arg(long, value_name = "FQDN")]
    pub name: Option<String>,
    /// What the certificate is presented for; without it, both, as mutual TLS uses it.
    #[arg(long = "as", value_enum, value_name = "ROLE")]
    pub presented_as: Option<PresentedAs>,
    /// When: 2026-11-22 or 2026-11-22T15:04:05Z; without it, now.
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<UtcSeconds>,
}

/// What a certificate is presented for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PresentedAs {
    /// By the side that the connection is opened to.
    Server,
    /// By the side that opens it.
    Client,
}

fn role_and_name(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((role, name)) if role.starts_with("sbc.") => Ok((role.to_owned(), name.to_owned())),
        _ => Err("write the role of the profile and its name, such as sbc.nominal=sbc1.example.org".into()),
    }
}
