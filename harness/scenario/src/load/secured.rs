//! Values of the secured trunk that scenarios and profiles write alike: versions, suites, words of a list.

use super::reader::Node;
use super::suggest::did_you_mean;
use crate::lab;

/// One of the words; others are told with the nearest one.
pub(super) fn word_in(node: &Node<'_>, text: &str, words: &[&str]) -> Option<String> {
    if words.contains(&text) {
        return Some(text.to_owned());
    }
    node.problem_with(
        format!("unknown word \"{text}\": known are {}", words.join(", ")),
        did_you_mean(text, words.iter().copied()),
    );
    None
}

/// `["1.2", "1.3"]`: lowest and highest version, both included.
pub(super) fn version_range(node: &Node<'_>) -> Option<(String, String)> {
    let written = node.list()?;
    let words: Vec<(&'static str, usize)> =
        lab::TLS_VERSIONS.iter().enumerate().map(|(order, word)| (*word, order)).collect();
    let orders: Vec<usize> = written.iter().filter_map(|node| node.word(&words)).collect();
    if orders.len() < written.len() {
        return None;
    }
    let [low, high] = orders.as_slice() else {
        node.problem("expected the lowest and the highest version such as [\"1.2\", \"1.3\"]");
        return None;
    };
    if low > high {
        node.problem("the lowest version stands first");
        return None;
    }
    Some((lab::TLS_VERSIONS[*low].to_owned(), lab::TLS_VERSIONS[*high].to_owned()))
}

/// `0xc02f`: the IANA number of a suite, with `text` as it stands once names are put in.
pub(super) fn suite(node: &Node<'_>, text: &str) -> Option<u16> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 4);
    let read = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
    if read.is_none() {
        node.problem(format!("expected the number of a suite such as \"0xc030\", found \"{text}\""));
    }
    read
}
