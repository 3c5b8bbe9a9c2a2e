//! Whether a request is what an OCE makes: Orange §5.2.3.

use super::Request;
use crate::SHORTEST_RSA;
use crate::certificate::{AltName, KeyKind};

/// What L must be.
const LOCALITY: &str = "Generic";

/// What O and OU must be.
const ORGANISATION: &str = "OmniPCX Office";

/// Where CN and SAN come from on an OCE (§5.2.1-2).
const WHERE_THE_NAME_IS: &str =
    "OMC > Hardware and limits > LAN/IP Configuration > eth0 > Router IP address/Domain name";

/// One thing about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Whether no certificate should be issued for it.
    pub refuses: bool,
    /// In words.
    pub text: String,
}

/// All that is to be said about a request of the DUT whose name is `fqdn`; empty where it is just what the document shows.
pub fn judge(request: &Request, fqdn: &str) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if !request.signed {
        refuse(
            &mut remarks,
            "its signature does not verify: the sender may not have the key, or the file was damaged",
        );
    }
    key(request, &mut remarks);
    fixed(request, "L", LOCALITY, &mut remarks);
    fixed(request, "O", ORGANISATION, &mut remarks);
    let units = request.values("OU");
    if units.is_empty() {
        // C21: public CAs have not put OU into certificates since September 2022.
        remark(&mut remarks, format!("OU is missing; an OCE writes OU={ORGANISATION}, public CAs drop it"));
    } else {
        fixed(request, "OU", ORGANISATION, &mut remarks);
    }
    common_name(request, fqdn, &mut remarks);
    alternative_name(request, fqdn, &mut remarks);
    remarks
}

fn key(request: &Request, remarks: &mut Vec<Remark>) {
    match KeyKind::of(&request.key) {
        KeyKind::Rsa { bits } if bits < SHORTEST_RSA => {
            refuse(remarks, format!("its key is RSA {bits}; §5.2.3 wants RSA {SHORTEST_RSA}"));
        }
        KeyKind::Rsa { bits } if bits > SHORTEST_RSA => {
            remark(
                remarks,
                format!("its key is RSA {bits}; §5.2.3 shows RSA {SHORTEST_RSA}, longer is as good"),
            );
        }
        KeyKind::Rsa { .. } => {}
        KeyKind::Other => refuse(remarks, format!("its key is no RSA key; §5.2.3 wants RSA {SHORTEST_RSA}")),
    }
}

fn fixed(request: &Request, name: &str, wanted: &str, remarks: &mut Vec<Remark>) {
    match request.values(name).as_slice() {
        [value] if *value == wanted => {}
        [] => refuse(remarks, format!("{name} is missing; §5.2.3 fixes {name}={wanted}")),
        values => refuse(remarks, format!("{name} is {}; §5.2.3 fixes {name}={wanted}", quoted(values))),
    }
}

fn common_name(request: &Request, fqdn: &str, remarks: &mut Vec<Remark>) {
    match request.values("CN").as_slice() {
        [value] if value.eq_ignore_ascii_case(fqdn) => {}
        [] => refuse(remarks, format!("CN is missing; it must be {fqdn}, from {WHERE_THE_NAME_IS}")),
        values => {
            refuse(remarks, format!("CN is {}; it must be {fqdn}, from {WHERE_THE_NAME_IS}", quoted(values)));
        }
    }
}

fn alternative_name(request: &Request, fqdn: &str, remarks: &mut Vec<Remark>) {
    let is_it = |name: &AltName| matches!(name, AltName::Dns(name) if name.eq_ignore_ascii_case(fqdn));
    let names = request.names().join(", ");
    if request.names.is_empty() && !request.other_names {
        refuse(
            remarks,
            format!("it asks for no subjectAltName; it must be DNS:{fqdn}, the same as CN (§5.2.3)"),
        );
    } else if !request.names.iter().any(is_it) {
        refuse(remarks, format!("subjectAltName is {names}; it must be DNS:{fqdn}, the same as CN (§5.2.3)"));
    } else if request.other_names || !request.names.iter().all(is_it) {
        refuse(
            remarks,
            format!("subjectAltName holds more than DNS:{fqdn}: {names}; §5.2.3 wants the value of CN only"),
        );
    }
}

fn quoted(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    quoted.join(" and ")
}

fn refuse(remarks: &mut Vec<Remark>, text: impl Into<String>) {
    remarks.push(Remark { refuses: true, text: text.into() });
}

fn remark(remarks: &mut Vec<Remark>, text: String) {
    remarks.push(Remark { refuses: false, text });
}
