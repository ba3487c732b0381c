//! The mail that tells an organisation's editors how the sources are doing: what is new, what is over, what still stands.
//!
//! Pure: alarms as values in, subject, text and HTML out. Who gets it, and that it is never lost, is `app::alarms`.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;
use minijinja::{Value, value::Serde};
use serde::Serialize;

use super::{
    content,
    render::colour,
    render::wrap,
    templates::{TemplateError, Templates},
    wording,
};
use crate::domain::{AlarmEnd, AlarmKind, Severity};

/// While alarms stand and nothing changes, a reminder so often.
const REMINDER: Days = Days::new(7);
/// Alarms of each part that are printed; more are counted.
const MOST: usize = 50;
/// Columns of the plain text (RFC 3676 s4.2).
const COLUMNS: usize = 76;
/// The head's colour when no bulletin lends its own.
const COLOUR: &str = "#0b3d5c";

/// One alarm of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmView {
    /// Who delivers what is listed there; for a re-poster its host.
    pub source: String,
    pub url: String,
    /// As `gleaner source show` takes it.
    pub id: String,
    pub kind: AlarmKind,
    pub words: String,
    pub since: DateTime<Utc>,
    /// When and how it ended.
    pub over: Option<(DateTime<Utc>, AlarmEnd)>,
}

/// What a digest is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// Open, and nobody was told yet.
    pub fresh: Vec<AlarmView>,
    /// Told as open, and over.
    pub over: Vec<AlarmView>,
    /// Told, and still open.
    pub standing: Vec<AlarmView>,
}

/// How many of each there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub fresh: usize,
    pub over: usize,
    pub standing: usize,
}

/// Whom it is from and when it is made.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    pub organisation: &'a str,
    pub postal_address: &'a str,
    pub contact: &'a str,
    /// CSS colour of the organisation's bulletin.
    pub colour: Option<&'a str>,
    pub day: NaiveDate,
    pub zone: Tz,
}

/// A digest, ready to be addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Whether a digest is due at this civil time: once a day at most, from the configured hour on, when something is new or over since the
/// last one, or weekly while anything stands.
#[must_use]
pub fn is_due(news: Tally, last: Option<NaiveDate>, local: NaiveDateTime, hour: u32) -> bool {
    let today = local.date();
    if local.hour() < hour || last.is_some_and(|last| last >= today) {
        return false;
    }
    let reminder = last.and_then(|last| last.checked_add_days(REMINDER)).is_none_or(|next| next <= today);
    news.fresh > 0 || news.over > 0 || (news.standing > 0 && reminder)
}

#[derive(Serialize)]
struct Page<'a> {
    subject: &'a str,
    organisation: &'a str,
    postal_address: &'a str,
    contact: &'a str,
    colour: String,
    on_colour: &'static str,
    date: String,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    heading: &'static str,
    alarms: Vec<Line>,
    /// Further ones that are not printed.
    more: usize,
}

#[derive(Serialize)]
struct Line {
    what: &'static str,
    /// stop, soon or change: as the badges of a bulletin.
    tone: &'static str,
    source: String,
    url: String,
    /// The address again, when it may be a link.
    link: Option<String>,
    id: String,
    words: String,
    when: String,
}

/// Writes the digest. An error is a template that was changed after it was loaded; loaded templates do not fail.
pub fn render(news: &News, head: &Head<'_>, templates: &Templates) -> Result<Letter, TemplateError> {
    let subject = subject(news);
    let (html, text) = templates.alarms(page(news, head, &subject))?;
    Ok(Letter { subject, text: wrap::wrap(&text, COLUMNS), html })
}

fn page(news: &News, head: &Head<'_>, subject: &str) -> Value {
    let (colour, on_colour) = colour::pair(head.colour.unwrap_or(COLOUR));
    let parts = [("New", &news.fresh), ("Over", &news.over), ("Still open", &news.standing)];
    let part = |(heading, alarms): (&'static str, &Vec<AlarmView>)| Part {
        heading,
        alarms: alarms.iter().take(MOST).map(|a| line(a, head.zone)).collect(),
        more: alarms.len().saturating_sub(MOST),
    };
    Value::from(Serde(Page {
        subject,
        organisation: head.organisation,
        postal_address: head.postal_address,
        contact: head.contact,
        colour,
        on_colour,
        date: wording::long_date(head.day),
        parts: parts.into_iter().filter(|(_, alarms)| !alarms.is_empty()).map(part).collect(),
    }))
}

/// "3 sources need a look, 1 is well again".
fn subject(news: &News) -> String {
    let new: BTreeSet<&str> = news.fresh.iter().map(|a| a.id.as_str()).collect();
    let open: BTreeSet<&str> = news.fresh.iter().chain(&news.standing).map(|a| a.id.as_str()).collect();
    let over: BTreeSet<&str> = news.over.iter().map(|a| a.id.as_str()).collect();
    let well = over.difference(&open).count();
    let mut said = Vec::new();
    if !open.is_empty() {
        let of_these = if new.is_empty() || new.len() == open.len() { String::new() } else { format!(" ({} new)", new.len()) };
        said.push(format!("{}{of_these}", wording::count(open.len(), "source needs a look", "sources need a look")));
    }
    if well > 0 || said.is_empty() {
        said.push(wording::count(well, "source is well again", "sources are well again"));
    }
    said.join(", ")
}

fn line(alarm: &AlarmView, zone: Tz) -> Line {
    let day = |at: DateTime<Utc>| wording::date(at.with_timezone(&zone).date_naive());
    let when = match alarm.over {
        None => format!("since {}", day(alarm.since)),
        Some((at, AlarmEnd::Mended)) => format!("well again since {}; it began on {}", day(at), day(alarm.since)),
        Some((at, AlarmEnd::Usual)) => format!("counts as usual since {}; it began on {}", day(at), day(alarm.since)),
        Some((at, AlarmEnd::Disabled)) => format!("not looked at any more since {}; it began on {}", day(at), day(alarm.since)),
    };
    let tone = match (alarm.over, alarm.kind.severity()) {
        (Some(_), _) | (None, Severity::Note) => "change",
        (None, Severity::Warning) => "soon",
        (None, Severity::Failure) => "stop",
    };
    Line {
        what: headline(alarm.kind),
        tone,
        source: alarm.source.clone(),
        url: alarm.url.clone(),
        link: content::link(&alarm.url),
        id: alarm.id.clone(),
        words: if alarm.over.is_some() { String::new() } else { alarm.words.clone() },
        when,
    }
}

/// An alarm in two or three words.
#[must_use]
pub const fn headline(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::Empty => "No events",
        AlarmKind::Shorter => "Far fewer events",
        AlarmKind::FieldLost => "Facts have vanished",
        AlarmKind::Login => "Asks for a password",
        AlarmKind::Unreadable => "Cannot be read",
        AlarmKind::Certificate => "Certificate trouble",
        AlarmKind::Blocked => "Lets no programs in",
        AlarmKind::Robots => "robots.txt says no",
        AlarmKind::Gone => "Address is gone",
        AlarmKind::Refused => "Refused",
        AlarmKind::Failing => "Fails again and again",
        AlarmKind::Moved => "Has moved",
        AlarmKind::Fallback => "Second-best way in use",
        AlarmKind::Stale => "Nothing new",
        AlarmKind::PastOnly => "Nothing ahead",
    }
}

/// Contents that take every branch of the templates.
pub(super) fn samples() -> [Value; 2] {
    let view = |over, kind| AlarmView {
        source: "Source".into(),
        url: "https://source.example/events".into(),
        id: "id".into(),
        kind,
        words: "Words.".into(),
        since: DateTime::UNIX_EPOCH,
        over,
    };
    let head = Head {
        organisation: "Organisation",
        postal_address: "1 Street, Town",
        contact: "contact@bulletin.example",
        colour: None,
        day: NaiveDate::default(),
        zone: Tz::UTC,
    };
    let full = News {
        fresh: [AlarmKind::Empty, AlarmKind::Shorter, AlarmKind::Moved].map(|k| view(None, k)).into(),
        over: vec![view(Some((DateTime::UNIX_EPOCH, AlarmEnd::Mended)), AlarmKind::Empty)],
        standing: vec![AlarmView { url: "/var/mail".into(), ..view(None, AlarmKind::Stale) }; MOST + 1],
    };
    [page(&full, &head, "Subject"), page(&News::default(), &head, "")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(id: &str, kind: AlarmKind, over: bool) -> AlarmView {
        let at = |s: &str| s.parse::<DateTime<Utc>>().unwrap();
        AlarmView {
            source: "Fens Museums".into(),
            url: "https://fens.example/events?a=1&b=2".into(),
            id: id.into(),
            kind,
            words: "no events where there were usually 20; nothing was withdrawn".into(),
            since: at("2027-02-26T06:00:00Z"),
            over: over.then(|| (at("2027-02-28T06:00:00Z"), AlarmEnd::Mended)),
        }
    }

    fn news(fresh: usize, over: usize, standing: usize) -> News {
        let some = |n: usize, from: usize, over| (from..from + n).map(|i| view(&format!("{i}"), AlarmKind::Empty, over)).collect();
        News { fresh: some(fresh, 0, false), over: some(over, 100, true), standing: some(standing, 200, false) }
    }

    #[test]
    fn a_digest_is_due_once_a_day_when_there_is_news_and_weekly_while_anything_stands() {
        let check = |n: (usize, usize, usize), last: Option<&str>, local: &str, expected: bool| {
            let local = local.parse().unwrap();
            let tally = Tally { fresh: n.0, over: n.1, standing: n.2 };
            assert_eq!(is_due(tally, last.map(|l| l.parse().unwrap()), local, 7), expected, "{n:?} {last:?} {local}");
        };
        check((1, 0, 0), None, "2027-03-08T06:59:59", false);
        check((1, 0, 0), None, "2027-03-08T07:00:00", true);
        check((1, 0, 0), Some("2027-03-08"), "2027-03-08T23:00:00", false);
        check((0, 1, 0), Some("2027-03-07"), "2027-03-08T07:00:00", true);
        check((0, 0, 3), Some("2027-03-07"), "2027-03-08T07:00:00", false);
        check((0, 0, 3), Some("2027-03-01"), "2027-03-08T07:00:00", true);
        check((0, 0, 0), Some("2027-01-01"), "2027-03-08T07:00:00", false);
        check((9, 9, 9), Some("2027-03-09"), "2027-03-08T07:00:00", false);
    }

    #[test]
    fn the_subject_counts_sources() {
        let check = |n: (usize, usize, usize), expected: &str| assert_eq!(subject(&news(n.0, n.1, n.2)), expected);
        check((1, 0, 0), "1 source needs a look");
        check((2, 1, 3), "5 sources need a look (2 new), 1 source is well again");
        check((0, 2, 0), "2 sources are well again");
        check((0, 0, 4), "4 sources need a look");
    }

    #[test]
    fn the_digest_in_plain_text_and_html() {
        let head = Head {
            organisation: "Culture Body",
            postal_address: "1 Sample Street, Leeds",
            contact: "hello@sender.example",
            colour: Some("#0b3d5c"),
            day: "2027-03-01".parse().unwrap(),
            zone: Tz::Europe__London,
        };
        let hostile = AlarmView { words: "the page <b>\"We have moved\"</b> & more".into(), ..view("3", AlarmKind::Unreadable, false) };
        let news =
            News { fresh: vec![view("1", AlarmKind::Empty, false), hostile], over: vec![view("2", AlarmKind::Failing, true)], standing: Vec::new() };
        let letter = render(&news, &head, &Templates::embedded().unwrap()).unwrap();
        insta::assert_snapshot!(letter.text);
        for words in
            ["Fens Museums", "No events", "gleaner source show 1", "well again since", "&lt;b&gt;", "a=1&amp;b=2", "Culture Body, 1 Sample Street"]
        {
            assert!(letter.html.contains(words), "{words} in {}", letter.html);
        }
        assert!(!letter.html.contains("<b>&quot;We") && !letter.html.contains("<b>\"We"));
    }
}
