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
    serde_json::from_str(source).or_else(|first| {
        let decoded = entities(source);
        let repaired = repaired(decoded.as_deref().unwrap_or(source));
        serde_json::from_str(&repaired).ok().or_else(|| several(&repaired)).ok_or_else(|| first.to_string())
    })
}

/// JSON whose own quotes were written as entities.
fn entities(source: &str) -> Option<String> {
    let opening: String = source.chars().filter(|c| !c.is_whitespace()).take(16).collect();
    ["&quot;", "&#34;", "&#034;", "&#x22;"].iter().any(|q| opening.contains(q)).then(|| html_escape::decode_html_entities(source).into_owned())
}

/// Several values one after the other, with or without a comma between.
fn several(source: &str) -> Option<Value> {
    let listed = format!("[{}]", source.trim().trim_end_matches(','));
    if let Ok(list) = serde_json::from_str(&listed) {
        return Some(list);
    }
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(source).into_iter().take(MOST_BLOCKS).collect();
    values.ok().filter(|v| !v.is_empty()).map(Value::Array)
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

/// Escapes control characters inside strings and drops escapes that JSON does not know; drops comments, trailing commas and control
/// characters outside.
fn repaired(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                out.push('"');
                string(&mut chars, &mut out);
            }
            '/' if matches!(chars.peek(), Some('/' | '*')) => comment(&mut chars),
            '}' | ']' => {
                out.truncate(out.trim_end().trim_end_matches(',').len());
                out.push(c);
            }
            c if c.is_control() && !c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Copies the rest of a string, its closing quote included.
fn string(chars: &mut Chars<'_>, out: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                out.push('"');
                return;
            }
            '\\' => match chars.next() {
                Some(e @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u')) => out.extend(['\\', e]),
                Some(e) if !e.is_control() => out.push(e),
                _ => out.push(' '),
            },
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
}

/// Passes over a comment of JavaScript, whose first stroke was read.
fn comment(chars: &mut Chars<'_>) {
    if chars.next() == Some('/') {
        while chars.peek().is_some_and(|c| *c != '\n') {
            chars.next();
        }
        return;
    }
    let mut star = false;
    for c in chars.by_ref() {
        if star && c == '/' {
            return;
        }
        star = c == '*';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_sins_are_forgiven() {
        for source in [
            "{\"a\": [1, 2,], }",
            "<!--\n{\"a\":[1,2]}\n-->",
            "//<![CDATA[\n{\"a\":[1,2]}\n//]]>",
            "{\"a\":[1,2]};",
            "{\"a\":[1,2],\n}\u{1}",
            "{/* all */\"a\":[1,// one\n2]}",
            "{&quot;a&quot;:[1,2]}",
        ] {
            assert_eq!(parse(source), Ok(serde_json::json!({"a": [1, 2]})), "{source}");
        }
        assert_eq!(parse("{\"a\":\"one\ntwo\tthree, ]\"}"), Ok(serde_json::json!({"a": "one two three, ]"})));
        assert_eq!(parse(r#"{"a":"it\'s // https://museum.example/*x*/"}"#), Ok(serde_json::json!({"a": "it's // https://museum.example/*x*/"})));
        for source in ["{\"a\":1}{\"a\":2}", "{\"a\":1},\n{\"a\":2},"] {
            assert_eq!(parse(source), Ok(serde_json::json!([{"a": 1}, {"a": 2}])), "{source}");
        }
    }

    #[test]
    fn deep_or_broken_json_is_an_error() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))).is_err());
        assert!(parse("{a:1}").is_err());
    }
}
