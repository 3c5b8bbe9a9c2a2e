//! What must be there before a call is made over internet (Orange §2.4.1): where it is not, the bench is not ready, which says
//! nothing about the DUT.

use crate::failure::Failure;
use oxocert_pki::lab::Lab;
use oxocert_pki::{Flaw, Usage, UtcSeconds, examine};
use oxocert_scenario::model::bench::{Bench, DutDriver};

/// Checks names, addresses and certificates of a bench; that its addresses are on this machine shows when they are bound.
///
/// # Errors
/// All that is missing, in one text; the exit code is that of a bench that is not ready.
pub fn check(bench: &Bench, lab: Option<&Lab>, now: UtcSeconds) -> Result<(), Failure> {
    let missing = missing(bench, lab, now);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Harness(format!("the bench is not ready (Orange §2.4.1): {}", missing.join("; "))))
}

fn missing(bench: &Bench, lab: Option<&Lab>, now: UtcSeconds) -> Vec<String> {
    let (Some(internet), Some(lab)) = (&bench.internet, lab) else { return Vec::new() };
    let mut missing = Vec::new();
    if !internet.dut_fqdn.contains('.') {
        missing.push(format!("the DUT has no name: dut_fqdn is {:?}", internet.dut_fqdn));
    }
    let trunk = bench.dut.trunk;
    if trunk.ip().is_unspecified() || internet.dut_private == Some(trunk.ip()) {
        missing.push(format!("the public address of the DUT is not known: trunk is {trunk}"));
    }
    if internet.dns.is_empty() {
        missing.push("there is no name server that the DUT could ask".to_owned());
    }
    let by_person = bench.dut.driver == DutDriver::Operator;
    if by_person && lab.names().dut_fqdn != internet.dut_fqdn {
        missing.push(format!(
            "the certificates were made for a DUT called {}, the profile calls it {}",
            lab.names().dut_fqdn,
            internet.dut_fqdn
        ));
    }
    for (role, sbc) in &bench.sbcs {
        missing.extend(certificate(lab, role.as_str(), sbc.fqdn.as_deref(), now));
    }
    missing
}

/// What is wrong with the good certificate of an a-SBC.
fn certificate(lab: &Lab, role: &str, fqdn: Option<&str>, now: UtcSeconds) -> Option<String> {
    let Some(identity) = lab.identity(role, "good") else {
        return Some(format!("{role} has no certificate"));
    };
    let flaws = examine(&identity.chain, &lab.trusted_of_dut(), fqdn, Usage::Server, now);
    if flaws.is_empty() {
        return None;
    }
    let dated = flaws.iter().any(|flaw| matches!(flaw, Flaw::Expired | Flaw::NotYetValid));
    let clock = if dated { format!(" (the clock of this machine says {now})") } else { String::new() };
    Some(format!("the certificate of {role} is {}{clock}", names(&flaws)))
}

fn names(flaws: &[Flaw]) -> String {
    flaws.iter().map(|flaw| flaw.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxocert_pki::lab::Names;

    const NOW: UtcSeconds = UtcSeconds(1_780_272_000);

    fn lab() -> Lab {
        let sbcs = vec![("sbc.nominal".to_owned(), "sbc1.example.com".to_owned())];
        Lab::new(NOW, &Names { sbcs, dut_fqdn: "oce.example.com".to_owned() }).unwrap()
    }

    #[test]
    fn a_certificate_out_of_its_time_is_told_with_the_clock() {
        let lab = lab();
        assert_eq!(certificate(&lab, "sbc.nominal", Some("sbc1.example.com"), NOW), None);
        let late = UtcSeconds(NOW.0 + 500 * 86_400);
        let told = certificate(&lab, "sbc.nominal", Some("sbc1.example.com"), late).unwrap();
        assert!(told.contains("sbc.nominal is expired") && told.contains(&late.to_string()), "{told}");
        let told = certificate(&lab, "sbc.nominal", Some("sbc9.example.com"), NOW).unwrap();
        assert!(told.ends_with("sbc.nominal is name-mismatch"), "{told}");
        let told = certificate(&lab, "sbc.backup", Some("sbc2.example.com"), NOW).unwrap();
        assert_eq!(told, "sbc.backup has no certificate");
    }
}
