//! The load string of an OXO: `OXO063/011.001`, as boxes spell it in User-Agent and Server.

use std::fmt;

/// A load, taken out of `OXO063/011.001`, `ONEFR063/011.001`, `GW_063/011.001` or `OxO_GW_063/011.001`.
/// Ordered by release, load and patch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OxoLoad {
    /// Three digits: `063` is R6.3.
    pub release: String,
    /// Three digits.
    pub load: String,
    /// Three digits.
    pub patch: String,
}

impl OxoLoad {
    /// The call server's load in a text; the gateway's (`GW_..`) is found where no other stands there.
    pub fn find(text: &str) -> Option<OxoLoad> {
        let words = || text.split(|c: char| c.is_ascii_whitespace() || c == ',' || c == '"');
        words().find_map(call_server).or_else(|| words().find_map(gateway))
    }

    /// The gateway's load in a text.
    pub fn find_gateway(text: &str) -> Option<OxoLoad> {
        text.split(|c: char| c.is_ascii_whitespace()).find_map(gateway)
    }
}

impl fmt::Display for OxoLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OXO{}/{}.{}", self.release, self.load, self.patch)
    }
}

fn call_server(word: &str) -> Option<OxoLoad> {
    let upper = word.to_ascii_uppercase();
    let rest = upper.strip_prefix("OXO").or_else(|| upper.strip_prefix("ONE"))?;
    let country = rest.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_uppercase()));
    numbers(&rest[country.map_or(0, str::len)..])
}

fn gateway(word: &str) -> Option<OxoLoad> {
    let upper = word.to_ascii_uppercase();
    numbers(upper.strip_prefix("OXO_GW_").or_else(|| upper.strip_prefix("GW_"))?)
}

/// `063/011.001`, whole.
fn numbers(text: &str) -> Option<OxoLoad> {
    let (release, rest) = text.split_once('/')?;
    let (load, patch) = rest.split_once('.')?;
    let three =
        |part: &str| (part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.to_owned());
    Some(OxoLoad { release: three(release)?, load: three(load)?, patch: three(patch)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_spelling() {
        for text in [
            "OXO063/011.001 GW_063/011.001",
            "oxo063/011.001",
            "ONEFR063/011.001",
            "GW_063/011.001",
            "OxO_GW_063/011.001",
        ] {
            assert_eq!(OxoLoad::find(text).unwrap().to_string(), "OXO063/011.001", "{text}");
        }
        assert_eq!(OxoLoad::find_gateway("OXO063/011.001 GW_063/011.002").unwrap().patch, "002");
    }

    #[test]
    fn refuses_the_rest() {
        for text in
            ["", "Asterisk PBX 22.5", "OXO63/011.001", "OXO063/011", "OXOé63/011.001", "OXO063/011.001x"]
        {
            assert_eq!(OxoLoad::find(text), None, "{text}");
        }
    }

    #[test]
    fn orders_by_number() {
        assert!(OxoLoad::find("OXO063/012.001") > OxoLoad::find("OXO063/011.999"));
    }
}
