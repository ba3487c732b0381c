//! Content lines of RFC 5545 section 3.1 as components: unfolded, bounded in depth and number, never recursive.
//!
//! The icalendar crate overflows the stack on 8,000 nested components (the process aborts); here depth is counted before anything
//! is built.

/// Deepest nesting of components; VALARM in VEVENT in VCALENDAR is three.
const MOST_DEPTH: usize = 8;
/// Most content lines of a calendar.
const MOST_LINES: usize = 500_000;
/// Most bytes of one unfolded value.
const MOST_VALUE: usize = 64 * 1024;

/// A calendar that cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCalendar {
    #[error("components nested deeper than {MOST_DEPTH}, at line {0}")]
    TooDeep(usize),
    #[error("no BEGIN:VCALENDAR and no BEGIN:VEVENT")]
    NoCalendar,
}

/// `BEGIN:NAME` to `END:NAME`.
#[derive(Debug, Default)]
pub struct Component {
    pub name: String,
    pub properties: Vec<Property>,
    pub children: Vec<Component>,
}

/// `NAME;PARAM=VALUE:value`
#[derive(Debug, Default)]
pub struct Property {
    pub name: String,
    /// Names in upper case, values without quotes.
    pub params: Vec<(String, String)>,
    /// As written, still escaped.
    pub value: String,
}

impl Property {
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A TEXT value without its escapes (RFC 5545 section 3.3.11).
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(self.value.len());
        let mut chars = self.value.chars();
        while let Some(c) = chars.next() {
            match (c, c == '\\') {
                (_, false) => out.push(c),
                _ => match chars.next() {
                    Some('n' | 'N') => out.push('\n'),
                    Some(other) => out.push(other),
                    None => out.push('\\'),
                },
            }
        }
        out.trim().to_owned()
    }
}

impl Component {
    pub fn get(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|p| p.name == name)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Property> {
        self.properties.iter().filter(move |p| p.name == name)
    }

    /// The unescaped text of a property, when it is there and not empty.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(Property::text).filter(|t| !t.is_empty())
    }
}

/// Everything in the calendar as children of one nameless component; notes say what was tolerated.
pub fn read(source: &str, notes: &mut Vec<String>) -> Result<Component, BadCalendar> {
    let mut open = vec![Component::default()];
    let mut ended_early = false;
    for (number, line) in unfold(source, notes).into_iter().enumerate() {
        let Some(mut property) = parse_line(&line) else { continue };
        match property.name.as_str() {
            "BEGIN" => {
                if open.len() > MOST_DEPTH {
                    return Err(BadCalendar::TooDeep(number + 1));
                }
                open.push(Component { name: property.value.trim().to_ascii_uppercase(), ..Component::default() });
            }
            "END" => close(&mut open, &property.value.trim().to_ascii_uppercase()),
            _ => open.last_mut().into_iter().for_each(|c| c.properties.push(std::mem::take(&mut property))),
        }
    }
    while open.len() > 1 {
        ended_early = true;
        close_last(&mut open);
    }
    if ended_early {
        notes.push("the calendar ends in the middle of a component".into());
    }
    let root = open.pop().unwrap_or_default();
    if root.children.is_empty() { Err(BadCalendar::NoCalendar) } else { Ok(root) }
}

/// Closes the innermost open component of that name; an END without its BEGIN is ignored.
fn close(open: &mut Vec<Component>, name: &str) {
    if !open.iter().skip(1).any(|c| c.name == name) {
        return;
    }
    while open.len() > 1 {
        let found = open.last().is_some_and(|c| c.name == name);
        close_last(open);
        if found {
            return;
        }
    }
}

fn close_last(open: &mut Vec<Component>) {
    if let Some(done) = open.pop()
        && let Some(parent) = open.last_mut()
    {
        parent.children.push(done);
    }
}

/// Logical lines. A line that begins with white space continues the one before (section 3.1); so does one that cannot be a
/// content line, because some programs break long values without folding them.
fn unfold(source: &str, notes: &mut Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut wrong_folds = 0_usize;
    for raw in source.trim_start_matches('\u{feff}').split(['\n', '\r']).filter(|l| !l.is_empty()) {
        if lines.len() >= MOST_LINES {
            notes.push(format!("the calendar was cut at {MOST_LINES} lines"));
            break;
        }
        let folded = raw.strip_prefix([' ', '\t']);
        let wrong = folded.is_none() && !begins_content_line(raw);
        match lines.last_mut() {
            Some(last) if folded.is_some() || wrong => {
                wrong_folds += usize::from(wrong);
                if last.len() < MOST_VALUE {
                    if wrong {
                        last.push_str("\\n");
                    }
                    last.push_str(folded.unwrap_or(raw));
                }
            }
            _ => lines.push(raw.to_owned()),
        }
    }
    if wrong_folds > 0 {
        notes.push(format!("{wrong_folds} lines were broken without folding and were joined"));
    }
    lines
}

fn begins_content_line(line: &str) -> bool {
    let name = line.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
    let upper = line.as_bytes()[..name].iter().filter(|b| b.is_ascii_lowercase()).count() == 0;
    name > 0
        && (upper || line.is_char_boundary(name) && name < 20)
        && matches!(line.as_bytes().get(name), Some(b':' | b';'))
        && !line[name..].starts_with("://")
}

fn parse_line(line: &str) -> Option<Property> {
    let end = line.find([':', ';'])?;
    let mut property = Property { name: line[..end].trim().to_ascii_uppercase(), ..Property::default() };
    let mut rest = &line[end..];
    while let Some(params) = rest.strip_prefix(';') {
        let stop = param_end(params);
        let (name, value) = params[..stop].split_once('=').unwrap_or((&params[..stop], ""));
        property.params.push((name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()));
        rest = &params[stop..];
        if property.params.len() > 50 {
            return None;
        }
    }
    // A recurrence id is sometimes written `RECURRENCE-ID;RANGE=THISANDFUTURE:...`; a value without `:` is empty.
    rest.strip_prefix(':').unwrap_or("").clone_into(&mut property.value);
    Some(property)
}

/// Where a parameter ends: at `;` or `:` outside quotes.
fn param_end(s: &str) -> usize {
    let mut quoted = false;
    for (i, b) in s.bytes().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b';' | b':' if !quoted => return i,
            _ => {}
        }
    }
    // An unclosed quote would swallow the value: read it as if it were not there.
    s.find([';', ':']).unwrap_or(s.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(source: &str) -> Component {
        read(&format!("BEGIN:VEVENT\r\n{source}\r\nEND:VEVENT\r\n"), &mut Vec::new()).unwrap().children.remove(0)
    }

    #[test]
    fn lines_are_unfolded_and_unescaped() {
        let e = event("SUMMARY:Pests\\, moulds\r\n  and\\nmore\r\nLOCATION;X=\"a:b;c\":Hull");
        assert_eq!(e.text("SUMMARY").unwrap(), "Pests, moulds and\nmore");
        assert_eq!(e.get("LOCATION").unwrap().param("X"), Some("a:b;c"));
        assert_eq!(e.text("LOCATION").unwrap(), "Hull");
    }

    #[test]
    fn a_value_broken_without_folding_is_joined() {
        let mut notes = Vec::new();
        let root = read("BEGIN:VEVENT\nDESCRIPTION:first\nsecond line, no colon\nhttps://museum.example/x\nUID:1\nEND:VEVENT", &mut notes).unwrap();
        assert_eq!(root.children[0].text("DESCRIPTION").unwrap(), "first\nsecond line, no colon\nhttps://museum.example/x");
        assert_eq!(root.children[0].text("UID").unwrap(), "1");
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn depth_is_refused_not_overflowed() {
        let bomb = "BEGIN:VEVENT\n".repeat(8_000);
        assert_eq!(read(&bomb, &mut Vec::new()).unwrap_err(), BadCalendar::TooDeep(9));
        assert_eq!(read("hello", &mut Vec::new()).unwrap_err(), BadCalendar::NoCalendar);
    }
}
