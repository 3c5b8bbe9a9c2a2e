//! Asterisk as the DUT, through scripts/asterisk.

use super::Order;
use crate::certificates::Scratch;
use crate::failure::{Failure, harness};
use oxocert_record::RoleName;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A running Asterisk with its folder, which is short: its control socket lies in it.
pub struct Instance {
    stop: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    parts: Vec<String>,
    /// Its certificates.
    _scratch: Option<Scratch>,
}

impl Instance {
    /// Renders the templates and starts it.
    ///
    /// # Errors
    /// It is not installed, or does not boot; the message holds the script's own words.
    pub(super) fn start(order: &Order<'_>) -> Result<Instance, Failure> {
        let scratch = order.lab.map(Scratch::write).transpose()?;
        let values_text = values_text(order, scratch.as_ref())?;
        let folder =
            std::env::temp_dir().join(format!("oxocert-{}-{}", std::process::id(), order.plan.bench.name));
        fs::DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(&folder)
            .map_err(harness(format_args!("make {}", folder.display())))?;
        let scripts = order.root.join("scripts/asterisk");
        // From here on dropping it stops whatever runs in the folder.
        let mut instance = Instance {
            stop: scripts.join("stop"),
            folder,
            log: order.folder.dut_log(),
            parts: Vec::new(),
            _scratch: scratch,
        };
        registry().push((instance.stop.clone(), instance.folder.clone()));
        let values = instance.folder.join("values");
        write_secret(&values, &values_text)?;
        let script = scripts.join("start");
        let output =
            super::in_namespace(&order.plan.bench, &script).arg(&instance.folder).arg(&values).output();
        let output = output.map_err(harness(format_args!("run {}", script.display())))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Failure::Harness(format!("Asterisk did not start: {text}")));
        }
        instance.parts = parts(&String::from_utf8_lossy(&output.stdout));
        Ok(instance)
    }

    /// Its version, and each package with its checksum.
    pub(super) fn parts(&self) -> &[String] {
        &self.parts
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        stop(&self.stop, &self.folder);
        let _ = fs::copy(self.folder.join("log/messages.log"), &self.log);
        // It holds passwords.
        let _ = fs::remove_dir_all(&self.folder);
        // Last: who ends the program meanwhile finishes what is not done yet.
        registry().retain(|(_, folder)| *folder != self.folder);
    }
}

/// Stop script and folder of every instance of this process, for an end that runs no destructors.
static RUNNING: Mutex<Vec<(PathBuf, PathBuf)>> = Mutex::new(Vec::new());

fn registry() -> MutexGuard<'static, Vec<(PathBuf, PathBuf)>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends every instance of this process, before it ends at once itself.
pub(super) fn stop_all() {
    for (script, folder) in registry().drain(..) {
        stop(&script, &folder);
        let _ = fs::remove_dir_all(&folder);
    }
}

/// The script ends the instance by the process id it wrote down; where it does not, it says so itself.
fn stop(script: &Path, folder: &Path) {
    if folder.is_dir() {
        let _ = Command::new(script).arg(folder).status();
    }
}

/// `version=` and the lines of the file that `versions=` names.
fn parts(stdout: &str) -> Vec<String> {
    let value = |key: &str| stdout.lines().find_map(|line| line.strip_prefix(key));
    let packages = value("versions=").and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let version = value("version=").map(str::to_owned);
    version.into_iter().chain(packages.lines().map(str::to_owned)).collect()
}

fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(harness(format_args!("write {}", path.display())))
}

/// The values file of `scripts/asterisk/start`, from the bench.
fn values_text(order: &Order<'_>, certificates: Option<&Scratch>) -> Result<String, Failure> {
    let bench = &order.plan.bench;
    let sbc = |name: &str| {
        let role = RoleName::from(name);
        let missing = || Failure::Usage(format!("the profile {} has no {name}", bench.name));
        bench.sbcs.get(&role).ok_or_else(missing)
    };
    let mut text = String::new();
    let mut put = |key: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{key}={value}");
    };
    let address = |at: SocketAddr| at.ip();
    if let Some(realm) = &bench.dut.realm {
        put("NAME", realm);
    }
    put("ADDRESS", &address(bench.dut.trunk));
    put("TRUNK_PORT", &bench.dut.trunk.port());
    put("TRANSPORT", &bench.dut.transport.via().to_ascii_lowercase());
    put("SETS_ADDRESS", &address(bench.dut.registrar));
    put("SETS_PORT", &bench.dut.registrar.port());
    if let Some(console) = bench.dut.console {
        put("AMI_ADDRESS", &address(console));
        put("AMI_PORT", &console.port());
    }
    for (key, role) in [("NOMINAL", "sbc.nominal"), ("BACKUP", "sbc.backup")] {
        let sbc = sbc(role)?;
        put(key, &sbc.address);
        if let (Some(_), Some(fqdn)) = (&bench.internet, &sbc.fqdn) {
            put(&format!("{key}_HOST"), &format_args!("{fqdn}:{}", sbc.address.port()));
        }
    }
    if let Some(scratch) = certificates {
        put("CERTIFICATE", &scratch.certificate().display());
        put("KEY", &scratch.key().display());
        put("TRUSTED", &scratch.trusted().display());
    }
    if let Some(internet) = &bench.internet {
        if let Some(server) = internet.dns.values().next() {
            put("NAMESERVER", server);
        }
        if internet.dut_private.is_some() {
            put("EXTERNAL", &bench.dut.trunk.ip());
        }
    }
    let password = |role: &RoleName| order.passwords.get(role).map(String::as_str).unwrap_or_default();
    let sets: Vec<String> = bench
        .sets
        .iter()
        .map(|(role, set)| format!("{}:{}:{}", set.number, set.ddi, password(role)))
        .collect();
    put("SETS", &sets.join(" "));
    put("AMI_SECRET", &password(&RoleName::from("dut")));
    put("T1_MS", &bench.timers.t1_ms);
    put("RTP_FIRST", &bench.dut.rtp_range.0);
    put("RTP_LAST", &bench.dut.rtp_range.1);
    for (key, name) in TEXTS {
        if let Some(value) = bench.texts.get(name) {
            put(key, value);
        }
    }
    for (key, name) in SECONDS {
        if let Some(value) = bench.duration(name) {
            put(key, &value.as_secs().max(1));
        }
    }
    // Silence means "down" when the transaction of an OPTIONS ends (Timer F, RFC 3261 §17.1.2.2).
    put("KEEPALIVE_TIMEOUT_S", &(64.0 * bench.timers.t1_ms as f64 / 1000.0));
    Ok(text)
}

/// Keys of the script and the texts of the profile that they take.
const TEXTS: [(&str, &str); 6] = [
    ("ATTENDANT_DDI", "voicemail"),
    ("ATTENDANT_NUMBER", "voicemail.number"),
    ("OUTSIDE", "dut.outside"),
    ("CLIR_PREFIX", "dut.codes.secret"),
    ("FORWARD_ON", "dut.codes.forward"),
    ("FORWARD_OFF", "dut.codes.forward-cancel"),
];

/// Keys of the script in whole seconds, and the parameters that they take.
const SECONDS: [(&str, &str); 3] =
    [("KEEPALIVE_S", "ka.period"), ("MIN_SE_S", "se.minse"), ("SESSION_EXPIRES_S", "se.expires")];
