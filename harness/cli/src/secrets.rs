//! Passwords of sets and of the DUT's console: generated, or from where the profile says; never shown.

use crate::failure::Failure;
use oxocert_machine::Seed;
use oxocert_record::RoleName;
use oxocert_scenario::model::bench::{Bench, DutDriver, PasswordSource};
use std::collections::BTreeMap;
use std::path::Path;

/// The password of each set, and of the role `dut` where the harness starts a DUT whose console asks for one.
///
/// # Errors
/// A variable is not set, or a file cannot be read; the message names it, not its content.
pub fn passwords(
    bench: &Bench,
    profile_folder: &Path,
    seed: Seed,
) -> Result<BTreeMap<RoleName, String>, Failure> {
    let mut passwords = BTreeMap::new();
    for (role, set) in &bench.sets {
        passwords.insert(role.clone(), password(role, &set.password, profile_folder, seed)?);
    }
    if matches!(bench.dut.driver, DutDriver::Asterisk { .. }) {
        passwords.insert(RoleName::from("dut"), generated("dut", seed));
    }
    Ok(passwords)
}

fn password(role: &RoleName, source: &PasswordSource, folder: &Path, seed: Seed) -> Result<String, Failure> {
    match source {
        PasswordSource::Generated => Ok(generated(role.as_str(), seed)),
        PasswordSource::Env(name) => std::env::var(name).map_err(|_| {
            Failure::Usage(format!("the password of {role} comes from the variable {name}, which is not set"))
        }),
        PasswordSource::File(path) => {
            let path = folder.join(path);
            let text = std::fs::read_to_string(&path).map_err(|error| {
                Failure::Usage(format!(
                    "failed to read the password of {role} from {}: {error}",
                    path.display()
                ))
            })?;
            Ok(text.lines().next().unwrap_or_default().trim().to_owned())
        }
    }
}

fn generated(role: &str, seed: Seed) -> String {
    format!("{:016x}", seed.child("password").child(role).0)
}
