//! Names of IMAP folders between the wire and people (modified UTF-7, RFC 3501 s5.1.3).

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

/// A folder's name as IMAP writes it.
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut other = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut out, &mut other);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0; 2];
            other.extend(c.encode_utf16(&mut units).iter().flat_map(|u| u.to_be_bytes()));
        }
    }
    flush(&mut out, &mut other);
    out
}

fn flush(out: &mut String, other: &mut Vec<u8>) {
    if !other.is_empty() {
        out.push('&');
        out.push_str(&STANDARD_NO_PAD.encode(&other).replace('/', ","));
        out.push('-');
        other.clear();
    }
}

/// A folder's name as people read it. What is not well-formed stays as it is.
pub fn decode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((coded, next)) = after.split_once('-') else {
            rest = &rest[before.len()..];
            break;
        };
        match shifted(coded) {
            Some(text) => out.push_str(&text),
            None => out.extend(["&", coded, "-"]),
        }
        rest = next;
    }
    out + rest
}

fn shifted(coded: &str) -> Option<String> {
    if coded.is_empty() {
        return Some("&".to_owned());
    }
    let bytes = STANDARD_NO_PAD.decode(coded.replace(',', "/")).ok()?;
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    String::from_utf16(&pairs.iter().map(|p| u16::from_be_bytes(*p)).collect::<Vec<_>>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for (name, wire) in
            [("INBOX", "INBOX"), ("A & B", "A &- B"), ("Förderung", "F&APY-rderung"), ("台北/日本語", "&U,BTFw-/&ZeVnLIqe-"), ("🎨", "&2DzfqA-")]
        {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire), name);
        }
    }

    #[test]
    fn what_is_not_well_formed_stays() {
        for name in ["&", "a&b", "&!!-x", "&AA-"] {
            assert_eq!(decode(name), name);
        }
    }
}
