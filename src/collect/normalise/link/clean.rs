//! Words as they may be published: links in running text lose what links lose, and what lets one into a meeting is left out.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};
use url::Url;

use super::{canonical, is_tracker, meeting, plain};
use crate::domain::RawEvent;

/// Addresses in running text, with or without their scheme where they lead into a meeting.
static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\bhttps?://[^\s<>"'\[\]]+|\b(?:[\w-]+\.)*(?:zoom\.us/(?:j|w|my|s|wc)/|meet\.google\.com/|teams\.microsoft\.com/l/|teams\.live\.com/meet/|whereby\.com/|meet\.jit\.si/|webex\.com/(?:meet|join)/|gotomeet\.me/|meet\.goto\.com/)[^\s<>"'\[\]]+"#).ok()
});

/// Numbers and words that open a meeting by hand or by telephone.
static NUMBERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:meeting|webinar|conference|room) (?:id|number)\s*(?::|#|is)?\s*\d[\d \u{a0}-]{6,18}\d\b[.,;]?|\b(?:meeting |webinar |room )?pass ?(?:code|word)\s*(?::|is)\s*[^\s,;<]+|\+?\d[\d ]{6,14},,\d{9,11}#[,*\d#]*").ok()
});

/// What pages print where an address is hidden from harvesters: nobody can write to it.
static HIDDEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)this e-?mail address is being protected from spam ?bots\.?(?: you need javascript enabled to view it\.?)?|\[email\s*protected\]|\{email\s*protected\}").ok()
});

/// A raw event without anything that must not be published, in whatever field it stood. Links are read by [`canonical`] later.
#[must_use]
pub fn cleaned(mut raw: RawEvent) -> RawEvent {
    let place = &mut raw.place;
    let fields = [&mut raw.date_words, &mut raw.price_words, &mut raw.provider, &mut place.name, &mut place.address, &mut place.words];
    for field in fields.into_iter().flatten().chain([&mut raw.title, &mut raw.text]) {
        if let Cow::Owned(clean) = without_secrets(field) {
            *field = clean;
        }
    }
    raw
}

/// Running text in which links have their public form, links into meetings have become the name of the service, and codes of meetings, links
/// that count clicks and hidden addresses are gone.
#[must_use]
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    let mut meeting = false;
    if let Some(links) = LINK.as_ref() {
        out = applied(out, links, |c| {
            let whole = c.get(0).map_or("", |m| m.as_str());
            let (link, after) = without_stop(whole);
            let (words, into_meeting) = public(link);
            meeting |= into_meeting;
            format!("{words}{after}")
        });
    }
    let lower = || text.to_ascii_lowercase();
    if (meeting || text.contains(",,") || lower().contains("meeting id") || lower().contains("webinar id"))
        && let Some(numbers) = NUMBERS.as_ref()
    {
        out = applied(out, numbers, |_| String::new());
    }
    if text.contains("rotected")
        && let Some(hidden) = HIDDEN.as_ref()
    {
        out = applied(out, hidden, |_| String::new());
    }
    out
}

fn applied<'t>(text: Cow<'t, str>, pattern: &Regex, with: impl FnMut(&Captures<'_>) -> String) -> Cow<'t, str> {
    match pattern.replace_all(&text, with) {
        Cow::Owned(changed) => Cow::Owned(changed),
        Cow::Borrowed(_) => text,
    }
}

/// A link without the full stop or bracket of the sentence it stands in.
fn without_stop(link: &str) -> (&str, &str) {
    let end = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '*', '_']).len();
    // A bracket that was opened inside belongs to the link.
    let end = if link[end..].starts_with(')') && link[..end].contains('(') { end + 1 } else { end };
    link.split_at(end)
}

/// What to print for a link, and whether it led into a meeting.
fn public(link: &str) -> (String, bool) {
    let with_scheme = if link.contains("://") { Cow::Borrowed(link) } else { Cow::Owned(format!("https://{link}")) };
    let Some(url) = plain(&with_scheme, None) else { return (String::new(), false) };
    if let Some(service) = meeting::service(&url) {
        return (service.to_owned(), true);
    }
    if is_tracker(&url) {
        return (String::new(), false);
    }
    let unchanged = Url::parse(link).is_ok_and(|as_it_was| as_it_was == url);
    let shown = if unchanged { link.to_owned() } else { canonical(&with_scheme, None).map_or(String::new(), String::from) };
    (shown, false)
}
