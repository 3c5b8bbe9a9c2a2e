//! A lab as a folder of PEM files.
//!
//! ```text
//! FOLDER/                            0700
//!   lab.toml                         names and date
//!   ca/g1-root.pem  .key             the first CA: root,
//!      g1-intermediate.pem  .key       and the intermediate that issues
//!      g2-root.pem  .key             its successor (C19)
//!      g2-intermediate.pem  .key
//!      unknown-root.pem  .key        nobody trusts it
//!   identities/<owner>/<name>.pem    a chain, the end entity first
//!                     /<name>.key    its key
//! ```
//! `<owner>` is a role of an a-SBC or `dut`, `<name>` one of [`CERTIFICATES`]; keys are PKCS#8 with mode 0600.

use super::{Authority, CERTIFICATES, Lab, Names};
use crate::{Identity, PkiError, UtcSeconds, files};
use std::collections::BTreeMap;
use std::path::Path;

/// Names and date of a lab, in its folder.
pub const NAMES_FILE: &str = "lab.toml";

/// The folder of its CAs, in its folder.
pub const AUTHORITY_FOLDER: &str = "ca";

/// The folder of its identities, in its folder.
pub const IDENTITY_FOLDER: &str = "identities";

/// What `lab.toml` holds.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// The moment its dates are relative to, seconds since 1970.
    made: UtcSeconds,
    dut: String,
    sbc: BTreeMap<String, String>,
}

impl Lab {
    /// Writes everything into a folder, which is made where it is not there.
    ///
    /// # Errors
    /// A file of it is there already (nothing is ever overwritten) or cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), PkiError> {
        files::folder(folder)?;
        let head = Head {
            made: self.made,
            dut: self.names.dut_fqdn.clone(),
            sbc: self.names.sbcs.iter().cloned().collect(),
        };
        let path = folder.join(NAMES_FILE);
        let text = toml::to_string(&head)
            .map_err(|error| PkiError::Content { path: path.clone(), why: error.to_string() })?;
        files::create(&path, text.as_bytes(), 0o644)?;
        let ca = folder.join(AUTHORITY_FOLDER);
        files::folder(&ca)?;
        for (name, authority) in self.authorities() {
            files::write_chain(
                &ca.join(format!("{name}.pem")),
                std::slice::from_ref(&authority.certificate),
            )?;
            files::write_key(&ca.join(format!("{name}.key")), &authority.key)?;
        }
        let identities = folder.join(IDENTITY_FOLDER);
        files::folder(&identities)?;
        for (owner, named) in &self.identities {
            let of_owner = identities.join(owner);
            files::folder(&of_owner)?;
            for (name, identity) in named {
                files::write_chain(&of_owner.join(format!("{name}.pem")), &identity.chain)?;
                files::write_key(&of_owner.join(format!("{name}.key")), &identity.key)?;
            }
        }
        Ok(())
    }

    /// Reads what [`Lab::write`] wrote.
    ///
    /// # Errors
    /// A file is missing, holds something else, or a key can be read by others than its owner.
    pub fn read(folder: &Path) -> Result<Lab, PkiError> {
        let path = folder.join(NAMES_FILE);
        let content = |why: String| PkiError::Content { path: path.clone(), why };
        let text =
            String::from_utf8(files::read(&path)?).map_err(|_| content("it is no UTF-8 text".into()))?;
        let head: Head = toml::from_str(&text).map_err(|error| content(error.to_string()))?;
        let authority = |name: &str| read_authority(folder, name);
        Ok(Lab {
            names: Names { sbcs: head.sbc.into_iter().collect(), dut_fqdn: head.dut },
            made: head.made,
            g1_root: authority("g1-root")?,
            g1_intermediate: authority("g1-intermediate")?,
            g2_root: authority("g2-root")?,
            g2_intermediate: authority("g2-intermediate")?,
            unknown_root: authority("unknown-root")?,
            identities: read_identities(&folder.join(IDENTITY_FOLDER))?,
        })
    }

    fn authorities(&self) -> [(&'static str, &Authority); 5] {
        [
            ("g1-root", &self.g1_root),
            ("g1-intermediate", &self.g1_intermediate),
            ("g2-root", &self.g2_root),
            ("g2-intermediate", &self.g2_intermediate),
            ("unknown-root", &self.unknown_root),
        ]
    }
}

/// The one certificate that every owner needs.
const GOOD: &str = "good";

fn read_authority(folder: &Path, name: &str) -> Result<Authority, PkiError> {
    let ca = folder.join(AUTHORITY_FOLDER);
    let path = ca.join(format!("{name}.pem"));
    let Identity { mut chain, key } = crate::read_identity(&path, &ca.join(format!("{name}.key")))?;
    if chain.len() != 1 {
        return Err(PkiError::Content { path, why: "it should hold one certificate".into() });
    }
    Ok(Authority { certificate: chain.remove(0), key })
}

fn read_identities(folder: &Path) -> Result<BTreeMap<String, BTreeMap<String, Identity>>, PkiError> {
    let mut identities = BTreeMap::new();
    for owner in files::names(folder)? {
        let of_owner = folder.join(&owner);
        if !of_owner.is_dir() {
            continue;
        }
        let mut named = BTreeMap::new();
        for name in CERTIFICATES {
            let pem = of_owner.join(format!("{name}.pem"));
            // A folder of an earlier version lacks what came later: a scenario that wants it says so.
            if name != GOOD && !pem.exists() {
                continue;
            }
            let identity = crate::read_identity(&pem, &of_owner.join(format!("{name}.key")))?;
            named.insert(name.to_owned(), identity);
        }
        identities.insert(owner, named);
    }
    Ok(identities)
}
