//! Bare days under a month: "March: 4, 11, 18", a row of a table that begins with its month, a list under the heading "June 2027".
//!
//! Only where the month stands alone in an element of its own, and the day at the very beginning of another.

use std::collections::HashMap;

use scraper::{ElementRef, Html};

use super::groups::{Group, MOST_ELEMENTS, Member, signature};
use super::layout::Layout;

/// The groups of days that stand under months.
pub fn groups<'a>(page: &'a Html, layout: &Layout) -> Vec<Group<'a>> {
    let mut found: HashMap<String, Vec<Member<'a>>> = HashMap::new();
    // The month that holds from here on, and the row it stands in.
    let mut month: Option<(String, Option<ElementRef<'a>>)> = None;
    for element in page.root_element().descendent_elements().take(MOST_ELEMENTS) {
        let name = element.value().name();
        if name == "table" || matches!(name, "h1" | "h2") {
            month = None;
        }
        if !matches!(name, "td" | "th" | "li" | "p" | "h2" | "h3" | "h4" | "h5" | "h6" | "strong" | "b" | "dt" | "dd" | "caption" | "div") {
            continue;
        }
        let Some(range) = layout.range(element).filter(|r| !r.is_empty() && r.len() < 400) else { continue };
        let text = layout.slice(range.clone());
        if let Some(named) = month_of(text) {
            month = Some((named, row(element)));
        } else if let Some((named, at)) = &month
            && let Some(day) = day_of(text).filter(|_| matches!(name, "td" | "li" | "p" | "dd") && layout.dates(&range).is_empty())
            && at.is_none_or(|at| row(element) == Some(at))
        {
            let above = element.parent().and_then(ElementRef::wrap).map(signature).unwrap_or_default();
            let member = Member { elements: vec![element], anchor: element, range, when: Some(format!("{day} {named}")) };
            found.entry(format!("{above}>{}", signature(element))).or_default().push(member);
        }
    }
    found.into_values().filter(|members| members.len() >= 3).map(|members| Group { members, weight: 0.9 }).collect()
}

fn row(element: ElementRef<'_>) -> Option<ElementRef<'_>> {
    element.parent().and_then(ElementRef::wrap).filter(|p| p.value().name() == "tr")
}

/// "March", "JAN.", "June 2027:" and nothing else.
fn month_of(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
    if text.len() > 20 {
        return None;
    }
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let first = words.next()?.to_lowercase();
    let month = MONTHS.iter().find(|m| **m == first || first.len() >= 3 && m.starts_with(&first) || first == "sept" && m.starts_with("sept"))?;
    let year = words.next().map(|y| y.parse::<u16>().ok().filter(|y| (1990..2100).contains(y)));
    match (year, words.next()) {
        (None, None) => Some((*month).to_owned()),
        (Some(Some(year)), None) => Some(format!("{month} {year}")),
        _ => None,
    }
}

/// The day a text begins with: "07", "22 - Agenda", "3rd: Pests and moulds".
fn day_of(text: &str) -> Option<u8> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let day: u8 = text.get(..digits)?.parse().ok().filter(|d| (1..=31).contains(d))?;
    let rest = &text[digits..];
    let rest = ["st", "nd", "rd", "th"].iter().find_map(|o| rest.strip_prefix(o)).unwrap_or(rest);
    let ends = rest.is_empty() || rest.starts_with(['\n', ':', ',', '–', '-', '*', '(']) || rest.starts_with(' ');
    // "10 Downing Street" and "5 places left" are no days; what follows a day is set apart from it.
    let apart = rest.trim_start_matches(' ').is_empty() || rest.trim_start_matches(' ').starts_with(['\n', ':', ',', '–', '-', '*', '(', '|']);
    (digits <= 2 && ends && apart).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days_stand_alone() {
        assert_eq!(month_of("JAN.").as_deref(), Some("january"));
        assert_eq!(month_of("June 2027:").as_deref(), Some("june 2027"));
        assert_eq!(month_of("May we help?"), None);
        assert_eq!(day_of("22 - Agenda"), Some(22));
        assert_eq!(day_of("3rd: Pests"), Some(3));
        for words in ["10 Downing Street", "32", "2027", "Room 5", "100", "9:30am"] {
            assert!(day_of(words).is_none_or(|d| d == 9), "{words}");
        }
    }
}
