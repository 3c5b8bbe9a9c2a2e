//! The head of a SIP message as text, for a box that spells it in its own way.

/// Head (with its empty line) and body.
pub(crate) fn split(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    Some((head.to_owned(), &bytes[end..]))
}

/// Replaces the value of the first header of this name.
pub(crate) fn replace_value(head: &mut String, name: &str, value: &str) {
    if let Some((start, end)) = line(head, name) {
        head.replace_range(start..end, &format!("{name}: {value}\r\n"));
    }
}

/// Adds a header at the end.
pub(crate) fn add(head: &mut String, header: &str) {
    head.truncate(head.len().saturating_sub(2));
    head.push_str(header);
    head.push_str("\r\n\r\n");
}

/// Removes every header of this name.
pub(crate) fn remove(head: &mut String, name: &str) {
    while let Some((start, end)) = line(head, name) {
        head.replace_range(start..end, "");
    }
}

/// Takes the closing bracket off Contact.
pub(crate) fn cut_bracket(head: &mut String) {
    if let Some((start, end)) = line(head, "Contact") {
        let cut = head[start..end].replacen('>', "", 1);
        head.replace_range(start..end, &cut);
    }
}

/// Where the first header of this name stands, line end included.
pub(crate) fn line(head: &str, name: &str) -> Option<(usize, usize)> {
    let mut start = 0;
    for piece in head.split_inclusive("\r\n") {
        let is_it = piece.split_once(':').is_some_and(|(found, _)| found.trim().eq_ignore_ascii_case(name));
        if is_it && start > 0 {
            return Some((start, start + piece.len()));
        }
        start += piece.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_replaced_and_removed_by_name() {
        let mut head = "OPTIONS sip:a SIP/2.0\r\nMax-Forwards: 70\r\nAllow: X\r\n\r\n".to_owned();
        replace_value(&mut head, "Max-Forwards", "255");
        remove(&mut head, "allow");
        assert_eq!(head, "OPTIONS sip:a SIP/2.0\r\nMax-Forwards: 255\r\n\r\n");
    }
}
