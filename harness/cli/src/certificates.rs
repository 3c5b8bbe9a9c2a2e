//! The certificates of a bench over internet, and the folder in which a DUT that the harness starts finds its own.

use crate::failure::{Failure, harness};
use oxocert_pki::lab::{CERTIFICATES, DUT, Lab, Names};
use oxocert_pki::{PkiError, UtcSeconds};
use oxocert_scenario::model::bench::{Bench, Internet, PkiSource};
use oxocert_virtual_oxo::TlsMaterial;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The certificates of a bench: made for the run at `now`, or read from the folder that the profile names; `None` over BVPN.
///
/// # Errors
/// An a-SBC has no name, the folder cannot be read, or others can read a key in it.
pub fn lab(bench: &Bench, profile_folder: &Path, now: UtcSeconds) -> Result<Option<Lab>, Failure> {
    let Some(internet) = &bench.internet else { return Ok(None) };
    match &internet.pki {
        PkiSource::Generated => generate(bench, internet, now).map(Some),
        PkiSource::Folder(folder) => {
            let lab = Lab::read(&profile_folder.join(folder)).map_err(|error| {
                Failure::Usage(format!(
                    "certificates of {}: {error}; `oxocert pki init` makes them",
                    bench.name
                ))
            })?;
            covers(&lab, bench, internet)?;
            Ok(Some(lab))
        }
    }
}

fn generate(bench: &Bench, internet: &Internet, now: UtcSeconds) -> Result<Lab, Failure> {
    Lab::new(now, &names(bench, internet)?)
        .map_err(|error| Failure::Harness(format!("certificates of {}: {error}", bench.name)))
}

fn names(bench: &Bench, internet: &Internet) -> Result<Names, Failure> {
    let mut sbcs = Vec::new();
    for (role, sbc) in &bench.sbcs {
        let missing = || Failure::Usage(format!("{}: {role} has no fqdn, which internet needs", bench.name));
        sbcs.push((role.to_string(), sbc.fqdn.clone().ok_or_else(missing)?));
    }
    Ok(Names { sbcs, dut_fqdn: internet.dut_fqdn.clone() })
}

/// A folder that was made for other names gives certificates that no peer takes: that is the bench's fault, not the DUT's.
fn covers(lab: &Lab, bench: &Bench, internet: &Internet) -> Result<(), Failure> {
    let wanted = names(bench, internet)?;
    let made = lab.names();
    let missing = wanted.sbcs.iter().find(|sbc| !made.sbcs.contains(sbc));
    if let Some((role, fqdn)) = missing {
        return Err(Failure::Usage(format!(
            "the certificates of {} were not made for {role} = {fqdn}; make them anew with `oxocert pki init`",
            bench.name
        )));
    }
    Ok(())
}

/// What the virtual OXO has of a lab: each certificate by its name, and what it trusts before and after the migration of the
/// root (`good`, `with-g2`).
///
/// # Errors
/// The lab holds no certificate of a DUT.
pub fn material(lab: &Lab) -> Result<TlsMaterial, Failure> {
    let named = |name: &str| Some((name.to_owned(), lab.identity(DUT, name)?.clone()));
    let identities: std::collections::BTreeMap<_, _> = CERTIFICATES.into_iter().filter_map(named).collect();
    if identities.is_empty() {
        return Err(Failure::Usage("the folder of certificates holds none of the DUT".to_owned()));
    }
    let trusted = [("good", lab.trusted_of_dut()), ("with-g2", lab.trusted_of_dut_with_g2())];
    Ok(TlsMaterial { identities, trusted: trusted.map(|(name, all)| (name.to_owned(), all)).into() })
}

/// A folder with the certificates of a lab, for a DUT that the harness starts. It is removed with this, as keys lie in it.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Writes the lab into a folder that only this user can enter.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(lab: &Lab) -> Result<Scratch, Failure> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("oxocert-pki-{}-{number}", std::process::id()));
        let failed =
            |error: PkiError| Failure::Harness(format!("failed to hand the DUT its certificates: {error}"));
        // What a process of the same number left behind when it was killed.
        let _ = fs::remove_dir_all(&folder);
        // Made here and nowhere else: a folder that somebody put there is not written into.
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(harness(format_args!("make {}", folder.display())))?;
        let scratch = Scratch { folder };
        registry().push(scratch.folder.clone());
        lab.write(&scratch.folder).map_err(failed)?;
        oxocert_pki::write_chain(&scratch.trusted(), &lab.trusted_of_dut()).map_err(failed)?;
        Ok(scratch)
    }

    /// The folder, as `oxocert pki init` makes one.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The DUT's chain, PEM.
    pub fn certificate(&self) -> PathBuf {
        self.of_dut("good.pem")
    }

    /// Its key, PEM.
    pub fn key(&self) -> PathBuf {
        self.of_dut("good.key")
    }

    /// The CA certificates that the document has it import, PEM.
    pub fn trusted(&self) -> PathBuf {
        self.folder.join("trusted-by-dut.pem")
    }

    fn of_dut(&self, file: &str) -> PathBuf {
        self.folder.join(oxocert_pki::lab::IDENTITY_FOLDER).join(DUT).join(file)
    }

    /// Removes every folder of this process, before it ends at once.
    pub fn remove_all() {
        for folder in registry().drain(..) {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        registry().retain(|folder| *folder != self.folder);
    }
}

/// Folders of this process, for an end that runs no destructors.
static WRITTEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn registry() -> MutexGuard<'static, Vec<PathBuf>> {
    WRITTEN.lock().unwrap_or_else(PoisonError::into_inner)
}
