//! `oxocert pki init`: makes the certificates of a bench, and says what to do with them.

use super::args::Init;
use super::{failure, now};
use crate::failure::Failure;
use crate::output;
use oxocert_pki::inspect::facts;
use oxocert_pki::lab::{AUTHORITY_FOLDER, Lab, Names};
use std::fmt::Write as _;
use std::path::Path;

/// The a-SBCs of Orange §5.2.5 by the roles of a profile.
const ORANGE: [(&str, &str); 2] = [
    ("sbc.nominal", "sbc1.business-talk-ip.orange-business.com"),
    ("sbc.backup", "sbc2.business-talk-ip.orange-business.com"),
];

/// Which imports wait.
const LATER: &str = "  (only to try the migration to the second root, C19)";

/// Makes the folder.
///
/// # Errors
/// It is there already, cannot be written, or a name is no FQDN.
pub fn run(args: &Init) -> Result<u8, Failure> {
    let folder = &args.folder;
    if folder.symlink_metadata().is_ok() {
        let text = format!(
            "{} is there already, and a CA is never overwritten: name a new folder",
            folder.display()
        );
        return Err(Failure::Usage(text));
    }
    let sbcs = match args.sbcs.as_slice() {
        [] => ORANGE.map(|(role, name)| (role.to_owned(), name.to_owned())).to_vec(),
        given => given.to_vec(),
    };
    let names = Names { sbcs, dut_fqdn: args.dut.to_ascii_lowercase() };
    let lab = Lab::new(now(), &names).map_err(failure)?.without_dut();
    lab.write(folder).map_err(failure)?;
    output::text(told(folder, &lab));
    Ok(0)
}

/// What was made, and what to do with it.
fn told(folder: &Path, lab: &Lab) -> String {
    let at = folder.display();
    let names = lab.names();
    let mut text = format!(
        "{at} holds a CA that stands for the public one, and the certificates of {} a-SBCs, good and bad.\n\
         Only you can enter it. Whoever has its keys can pass for Orange before an OCE that imported them.\n\n\
         1. Import into the OCE, file by file: Web Monitor > Certificates > Root Certificates Trust Store > Certificate File\n\
         \x20  (it restarts after each import; Orange §5.2.3)\n",
        names.sbcs.len()
    );
    let imports = ["g1-root", "g1-intermediate", "g2-root", "g2-intermediate"];
    for ((name, der), why) in imports.iter().zip(lab.trusted()).zip(["", "", LATER, LATER]) {
        let subject = facts(&der).map(|facts| format!("{}, until {}", facts.subject, facts.not_after));
        let file = folder.join(AUTHORITY_FOLDER).join(format!("{name}.pem"));
        // Writing to a String does not fail.
        let _ = writeln!(text, "     {}{why}\n       {}", file.display(), subject.unwrap_or_default());
    }
    let _ = write!(
        text,
        "\n2. Make the OCE's request: Web Monitor > Certificates > Public Server Certificates > Generate CSR and Key.\n\
         \x20  Its CN and SAN must be {dut}. Download it, then\n\
         \x20    oxocert pki issue {at} REQUEST\n\
         \x20  and install what that writes, in the same menu.\n\n\
         3. Write into the profile of the bench (a relative folder counts from the profile):\n\
         \x20    [internet]\n\
         \x20    pki      = \"{whole}\"\n\
         \x20    dut_fqdn = \"{dut}\"\n",
        dut = names.dut_fqdn,
        whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).display(),
    );
    for (role, name) in &names.sbcs {
        let _ = write!(text, "     [{role}]\n     fqdn     = \"{name}\"\n");
    }
    text.push_str("\nRemove the imported certificates from the OCE when the campaign is over. More: docs/connecting-a-real-oce.md\n");
    text
}
