//! The command line.

pub use crate::commands::pki::args::Pki;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Certifies OXO Connect loads against Orange Business Talk IP and Business Talk.
#[derive(Debug, Parser)]
#[command(name = "oxocert", version, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 pass, 1 fail, 2 inconclusive, 3 harness error, 4 usage.")]
pub struct Cli {
    /// The project's folder; without it, the nearest folder upward that holds scenarios/ and hw-profiles/.
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play the scenarios on one or more benches, judge them and write the report.
    Certify(Certify),
    /// Check scenarios, profiles, register and defects; every problem with file, line and column.
    Check(Check),
    /// Print the ladder that a scenario expects, before any call.
    Ladder(Ladder),
    /// Print which clause is proven by what, and what is uncovered or not provable, by name.
    Coverage(Coverage),
    /// Judge the record of a run again, from its own folder only.
    Judge(RunFolders),
    /// Draw the report of runs again from their verdicts.
    Report(Report),
    /// Run the simulated OXO Connect.
    VirtualOxo(VirtualOxo),
    /// Make, issue and inspect the certificates of a bench over internet.
    Pki(Pki),
    /// Play every defect against every scenario in virtual time and print what each turns to FAIL.
    Matrix(Matrix),
}

/// `oxocert certify`
#[derive(Debug, Args)]
pub struct Certify {
    /// A bench: the name of a file in hw-profiles/, or a path. May be given several times: the benches run side by side.
    #[arg(long = "profile", value_name = "PROFILE")]
    pub profiles: Vec<String>,
    /// The load under test, such as OXO063/011.001; without it, the one the profile expects.
    #[arg(long, value_name = "LOAD")]
    pub load: Option<String>,
    /// Only these scenarios or cases: HR-01,BC-03.
    #[arg(long, value_name = "ID", value_delimiter = ',', conflicts_with = "set")]
    pub only: Vec<String>,
    /// Which scenarios.
    #[arg(long, value_enum, default_value_t = Set::Full)]
    pub set: Set,
    /// Where run folders go; without it, reports/ of the project.
    #[arg(long, visible_alias = "out", value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// The seed of all randomness; without it, drawn and recorded.
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Exit 0 where every verdict is as <profile>.expected.toml says, PASS where it says nothing; 1 where one differs.
    #[arg(long)]
    pub as_expected: bool,
    /// Give the virtual OXO a defect; may be given several times.
    #[arg(long = "defect", value_name = "DEFECT")]
    pub defects: Vec<String>,
}

/// A named choice of scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Set {
    /// A few scenarios that touch everything.
    Smoke,
    /// All of them.
    Full,
}

/// `oxocert check`
#[derive(Debug, Args)]
pub struct Check {
    /// Files to check; without any, the whole project.
    #[arg(value_name = "FILE")]
    pub files: Vec<String>,
}

/// `oxocert ladder`
#[derive(Debug, Args)]
pub struct Ladder {
    /// The scenario file.
    #[arg(value_name = "FILE")]
    pub file: String,
    /// The bench it is planned on.
    #[arg(long, value_name = "PROFILE", default_value = DEFAULT_PROFILES[0])]
    pub profile: String,
}

/// `oxocert coverage`
#[derive(Debug, Args)]
pub struct Coverage {
    /// Benches; without any, the two virtual ones.
    #[arg(long = "profile", value_name = "PROFILE")]
    pub profiles: Vec<String>,
}

/// `oxocert judge`
#[derive(Debug, Args)]
pub struct RunFolders {
    /// Run folders.
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
}

/// `oxocert report`
#[derive(Debug, Args)]
pub struct Report {
    /// Run folders; all of them go into one report.
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// Where index.html and junit.xml go; without it, into the first run folder.
    #[arg(long, visible_alias = "out", value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// `oxocert virtual-oxo`
#[derive(Debug, Args)]
pub struct VirtualOxo {
    /// Its settings file.
    #[arg(long, value_name = "FILE", required_unless_present = "list_defects")]
    pub settings: Option<PathBuf>,
    /// A defect to have; may be given several times.
    #[arg(long = "defect", value_name = "DEFECT")]
    pub defects: Vec<String>,
    /// Print every defect and what the box then does.
    #[arg(long)]
    pub list_defects: bool,
    /// The seed of its tags, branches and ports.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// The folder of its certificates, as `oxocert pki init` makes one; without it, the files that [tls] of the settings names.
    #[arg(long, value_name = "DIR")]
    pub certificates: Option<PathBuf>,
    /// Read a JSON object of passwords by directory number from the first line of stdin, and end when stdin closes.
    #[arg(long)]
    pub passwords_from_stdin: bool,
}

/// `oxocert matrix`
#[derive(Debug, Args)]
pub struct Matrix {
    /// The bench; its DUT must be the virtual OXO. May be given several times.
    #[arg(long = "profile", value_name = "PROFILE")]
    pub profiles: Vec<String>,
    /// Only these defects; without any, all of them.
    #[arg(long = "defect", value_name = "DEFECT")]
    pub defects: Vec<String>,
    /// Only these scenarios or cases.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Print what was observed too, for each check that failed.
    #[arg(long)]
    pub why: bool,
    /// Write `scenarios/defects.toml` anew from what is observed on all virtual benches, or bring it up to date for the chosen
    /// defects and scenarios alone: read the difference before you commit it.
    #[arg(long, conflicts_with = "profiles")]
    pub accept: bool,
}

/// The benches of the defect matrix. The third one relays media and speaks TCP, so that checks on relayed media have a subject;
/// the last two have an encrypted trunk, without and with a firewall that translates addresses.
pub const MATRIX_PROFILES: [&str; 5] = [
    "virtual-powercpu-bvpn",
    "virtual-oce-bvpn",
    "virtual-oce-anchored",
    "virtual-oce-internet-a",
    "virtual-oce-internet-b",
];

/// The benches of a run that names none.
pub const DEFAULT_PROFILES: [&str; 2] = ["virtual-powercpu-bvpn", "virtual-oce-bvpn"];

/// The scenarios that `--set smoke` has over internet beside the others: handshakes both ways, SRTP, names.
pub const SMOKE_INTERNET: [&str; 4] = ["SEC-01", "SEC-02", "SEC-20", "DN-01"];

/// The scenarios of `--set smoke`.
pub const SMOKE: [&str; 7] = ["KA-01", "BC-01", "BC-03", "HR-01", "XF-02", "MD-11", "FV-01"];
