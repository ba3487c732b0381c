//! Text without the marks of quoting and without the header lines of a message forwarded inline.

/// Takes off `>` where most of the text is quoted, however deep, and the lines that a mail program puts before a forwarded message.
pub fn unquoted(text: &str) -> String {
    let text = text.replace('\r', "");
    let written: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let after_mark = written.iter().position(|l| is_forward_mark(&l.trim().to_lowercase())).unwrap_or(0);
    let quoted = written[after_mark.min(written.len())..].iter().filter(|l| l.starts_with('>')).count();
    let strip = quoted * 2 > written.len().saturating_sub(after_mark);
    let mut header = false;
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = if strip { without_marks(line) } else { line };
        let lower = line.trim().to_lowercase();
        if is_forward_mark(&lower) {
            header = true;
            continue;
        }
        header &= lower.is_empty() || is_header_line(&lower);
        if !header {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn without_marks(line: &str) -> &str {
    let mut rest = line;
    // Text quoted deeper than that is nobody's bulletin.
    for _ in 0..8 {
        match rest.strip_prefix("> ").or_else(|| rest.strip_prefix('>')) {
            Some(inner) => rest = inner,
            None => break,
        }
    }
    rest
}

/// "---------- Forwarded message ---------" and its kin; `line` in lower case.
pub fn is_forward_mark(line: &str) -> bool {
    let words = line.trim_matches(['-', ' ', ':', '_', '>']);
    matches!(
        words,
        "forwarded message" | "begin forwarded message" | "original message" | "forwarded by" | "forwarded email" | "start of forwarded message"
    )
}

/// "From: ..." and its kin; `line` in lower case.
pub fn is_header_line(line: &str) -> bool {
    let line = line.trim_start_matches(['*', '>', ' ']);
    ["from:", "to:", "date:", "sent:", "subject:", "cc:", "reply-to:"].iter().any(|h| line.starts_with(h))
}
