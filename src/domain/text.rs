//! Text from outside, made safe on the way in (invariant 7): no control characters, no bidirectional overrides, no markup left to run.
//! Escaping on the way out is the renderer's.

/// One line: controls and line breaks become spaces, runs of white space one space, overrides and invisible joiners of direction
/// vanish; at most `most` characters.
#[must_use]
pub fn single_line(s: &str, most: usize) -> String {
    let mut out = String::with_capacity(s.len().min(most * 4));
    let mut count = 0;
    let mut gap = false;
    for c in s.chars() {
        if is_unwanted(c) {
            continue;
        }
        if c.is_whitespace() || c.is_control() {
            gap = !out.is_empty();
            continue;
        }
        if count + usize::from(gap) >= most {
            break;
        }
        if gap {
            out.push(' ');
            count += 1;
            gap = false;
        }
        out.push(c);
        count += 1;
    }
    out
}

/// Paragraphs: as [`single_line`], but line breaks stay, at most one empty line between two lines.
#[must_use]
pub fn multi_line(s: &str, most: usize) -> String {
    let mut out = String::new();
    let mut left = most;
    let mut empty = 0;
    for line in s.lines() {
        let line = single_line(line, left);
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        left -= line.chars().count();
        out.push_str(&line);
        if left == 0 {
            break;
        }
    }
    out
}

/// Characters that change how others are shown, or hide.
fn is_unwanted(c: char) -> bool {
    matches!(c,
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// An address as logs may show it: `j…@example.org`.
#[must_use]
pub fn masked(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}…@{domain}", local.chars().next().unwrap_or('?')),
        None => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_break_a_header_or_a_page_is_gone() {
        assert_eq!(single_line("  A\r\nBcc: x@y\t\u{202E}evil\0 ", 100), "A Bcc: x@y evil");
        assert_eq!(single_line("abcdef", 3), "abc");
        assert_eq!(single_line("ab cd", 3), "ab");
        assert_eq!(multi_line("a\n\n\n\nb\r\nc", 100), "a\n\nb\nc");
        assert_eq!(multi_line("aaaa\nbbbb", 6), "aaaa\nbb");
        assert_eq!(masked("jo@example.org"), "j…@example.org");
    }
}
