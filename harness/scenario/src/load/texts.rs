//! The texts that scenarios may use by name, made from a bench: numbers and addresses in their spellings.

use crate::model::Limit;
use crate::model::bench::{Bench, MediaAnchor, NumberFormat};
use std::collections::BTreeMap;

/// Adds the texts of roles and DUT to those that the profile gives itself.
pub(super) fn from_roles(bench: &Bench) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut put = |name: String, value: String| {
        texts.insert(name, value);
    };
    for (role, party) in &bench.parties {
        put(role.to_string(), party.number.clone());
        put(format!("{role}.called"), as_sent(&party.number, bench.dut.numbers));
        spellings(&role.to_string(), &party.number, &mut put);
    }
    for (role, set) in &bench.sets {
        put(role.to_string(), set.number.clone());
        put(format!("{role}.number"), set.number.clone());
        put(format!("{role}.called"), as_sent(&set.ddi, bench.dut.numbers));
        put(format!("{role}.cli"), as_sent(&set.ddi, bench.dut.numbers));
        put(
            format!("{role}.media"),
            match bench.dut.media {
                MediaAnchor::Direct => set.address.ip().to_string(),
                MediaAnchor::Dut => bench.dut.trunk.ip().to_string(),
            },
        );
        put(format!("{role}.ddi"), set.ddi.clone());
        spellings(&format!("{role}.ddi"), &set.ddi, &mut put);
        put(format!("{role}.address"), set.address.to_string());
        put(format!("{role}.ip"), set.address.ip().to_string());
    }
    for (role, sbc) in &bench.sbcs {
        put(format!("{role}.address"), sbc.address.to_string());
        put(format!("{role}.ip"), sbc.address.ip().to_string());
        if let Some(name) = &sbc.fqdn {
            put(format!("{role}.fqdn"), name.clone());
        }
    }
    if let Some(internet) = &bench.internet {
        put("dut.fqdn".to_owned(), internet.dut_fqdn.clone());
        put("dut.public".to_owned(), bench.dut.trunk.ip().to_string());
        if let Some(private) = internet.dut_private {
            put("dut.private".to_owned(), private.to_string());
        }
        for (role, address) in &internet.dns {
            put(format!("{role}.address"), address.to_string());
            put(format!("{role}.ip"), address.ip().to_string());
        }
    }
    put("dut.trunk".to_owned(), bench.dut.trunk.to_string());
    put("dut.trunk.ip".to_owned(), bench.dut.trunk.ip().to_string());
    put("dut.transport".to_owned(), bench.dut.transport.via().to_owned());
    put("dut.registrar".to_owned(), bench.dut.registrar.to_string());
    put("rtp.range.low".to_owned(), bench.operator.rtp_range.0.to_string());
    put("rtp.range.high".to_owned(), bench.operator.rtp_range.1.to_string());
    put("operator.codec".to_owned(), bench.operator.codecs.first().cloned().unwrap_or_default());
    put("operator.dscp".to_owned(), bench.operator.dscp_media.to_string());
    put("operator.offer".to_owned(), bench.operator.offer.clone());
    texts
}

/// French spellings of an E.164 number: `0277123456`, `0033277123456`, `33277123456`.
fn spellings(name: &str, number: &str, put: &mut impl FnMut(String, String)) {
    let bare = number.trim_start_matches('+');
    put(format!("{name}.bare"), bare.to_owned());
    put(format!("{name}.international"), format!("00{bare}"));
    put(format!("{name}.national"), national(number));
}

/// `0277123456`; a foreign number with `00`.
fn national(number: &str) -> String {
    let bare = number.trim_start_matches('+');
    bare.strip_prefix("33").map_or_else(|| format!("00{bare}"), |rest| format!("0{rest}"))
}

/// As the DUT writes it toward the trunk.
fn as_sent(number: &str, format: NumberFormat) -> String {
    match format {
        NumberFormat::E164 => number.to_owned(),
        NumberFormat::National => national(number),
    }
}

/// The value of `${name}`: a text, or a limit as it is written.
pub(super) fn lookup(name: &str, bench: &Bench, axes: &BTreeMap<String, String>) -> Option<String> {
    axes.get(name)
        .or_else(|| bench.texts.get(name))
        .cloned()
        .or_else(|| bench.limits.get(name).map(|limit: &Limit| limit.value.to_string()))
}

/// All names that `lookup` knows.
pub(super) fn names<'a>(
    bench: &'a Bench,
    axes: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = &'a str> {
    axes.keys().chain(bench.texts.keys()).chain(bench.limits.keys()).map(String::as_str)
}
