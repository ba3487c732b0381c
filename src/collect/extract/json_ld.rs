//! JSON-LD blocks of a page as JSON values, tolerant of what real sites print: comments, CDATA, trailing commas, raw line breaks.

use scraper::Html;
use serde_json::Value;

use crate::collect::html;

/// Most bytes of one block.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Most blocks of a page.
const MOST_BLOCKS: usize = 2_000;

/// Every block that can be read; the notes say which could not.
pub fn blocks(page: &Html, notes: &mut Vec<String>) -> Vec<Value> {
    let scripts = html::all(page.root_element(), "script[type]");
    let is_ld = |t: &str| t.to_ascii_lowercase().trim_start().starts_with("application/ld+json");
    let mut out = Vec::new();
    let scripts: Vec<_> = scripts.into_iter().filter(|s| s.attr("type").is_some_and(is_ld)).collect();
    if scripts.len() > MOST_BLOCKS {
        notes.push(format!("only the first {MOST_BLOCKS} of {} JSON-LD blocks were read", scripts.len()));
    }
    for script in scripts.into_iter().take(MOST_BLOCKS) {
        let source: String = script.text().collect();
        match parse(&source) {
            Ok(value) => out.push(value),
            Err(_) if source.trim().is_empty() => {}
            Err(why) => notes.push(format!("a JSON-LD block cannot be read: {why}")),
        }
    }
    out
}

/// Reads JSON as it is, else after the usual repairs. Nesting beyond 128 is an error of the parser.
pub fn parse(source: &str) -> Result<Value, String> {
    if source.len() > MOST_BYTES {
        return Err("larger than 4 MiB".into());
    }
    let source = unwrapped(source);
    serde_json::from_str(source).or_else(|first| serde_json::from_str(&repaired(source)).map_err(|_| first.to_string()))
}

/// Without the comment or CDATA marks around it and a semicolon after it.
fn unwrapped(source: &str) -> &str {
    let mut s = source.trim();
    for mark in ["<!--", "//<![CDATA[", "// <![CDATA[", "/*<![CDATA[*/", "/* <![CDATA[ */", "<![CDATA["] {
        s = s.strip_prefix(mark).unwrap_or(s).trim_start();
    }
    for mark in ["-->", "/*]]>*/", "/* ]]> */", "]]>", "//", ";"] {
        s = s.strip_suffix(mark).unwrap_or(s).trim_end();
    }
    s
}

/// Escapes control characters inside strings; drops trailing commas and control characters outside.
fn repaired(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in source.chars() {
        if quoted {
            match c {
                '\n' | '\r' | '\t' if !escaped => out.push(' '),
                c if c.is_control() => {}
                c => out.push(c),
            }
            (quoted, escaped) = (c != '"' || escaped, c == '\\' && !escaped);
            continue;
        }
        match c {
            '"' => quoted = true,
            '}' | ']' => out.truncate(out.trim_end().trim_end_matches(',').len()),
            c if c.is_control() && !c.is_whitespace() => continue,
            _ => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_sins_are_forgiven() {
        for source in
            ["{\"a\": [1, 2,], }", "<!--\n{\"a\":[1,2]}\n-->", "//<![CDATA[\n{\"a\":[1,2]}\n//]]>", "{\"a\":[1,2]};", "{\"a\":[1,2],\n}\u{1}"]
        {
            assert_eq!(parse(source), Ok(serde_json::json!({"a": [1, 2]})), "{source}");
        }
        assert_eq!(parse("{\"a\":\"one\ntwo\tthree, ]\"}"), Ok(serde_json::json!({"a": "one two three, ]"})));
    }

    #[test]
    fn deep_or_broken_json_is_an_error() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))).is_err());
        assert!(parse("{a:1}").is_err());
    }
}
