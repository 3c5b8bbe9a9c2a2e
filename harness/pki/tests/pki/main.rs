//! Certificates of a lab, their flaws, requests and folders; OpenSSL's programs as a second opinion.
#![allow(clippy::unwrap_used, missing_docs)]

mod flaws;
mod folder;
mod hostile;
mod inspection;
mod lab;
mod requests;
mod second_opinion;

use oxocert_pki::UtcSeconds;
use oxocert_pki::lab::{Lab, Names};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

const NOW: UtcSeconds = UtcSeconds(1_800_000_000);
const SBC: &str = "sbc1.business-talk-ip.orange-business.com";
const DUT_FQDN: &str = "oce.customer.example";

/// One lab for all tests: its keys take a second.
static LAB: LazyLock<Lab> = LazyLock::new(|| {
    let sbcs = vec![("sbc.nominal".into(), SBC.into()), ("sbc.backup".into(), SBC.replace("sbc1", "sbc2"))];
    Lab::new(NOW, &Names { sbcs, dut_fqdn: DUT_FQDN.into() }).unwrap()
});

/// A folder that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("pki-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir(&path).unwrap();
        Scratch(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs OpenSSL's program: whether it was content, and all that it said.
fn openssl(folder: &Scratch, arguments: &[&str]) -> (bool, String) {
    let told = Command::new("openssl").args(arguments).current_dir(&folder.0).output().unwrap();
    let text = [told.stdout, told.stderr].concat();
    (told.status.success(), String::from_utf8_lossy(&text).into_owned())
}
