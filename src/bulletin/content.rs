//! What a rendering says: every string ready to be read, the same for the mail's HTML, its plain text and the web page.
//!
//! Strings are text, never markup; escaping is the templates'. Links are http(s) or absent. No fact is left out: what was not
//! stated says so.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{
    labels,
    view::{Change, EventView, ItemView, Place, SectionView},
    wording,
};
use crate::domain::{Mode, Status, When, text};

/// Marks stand between these two; text from outside never holds them because [`one_line`] takes them out.
pub(super) const MARK_OPEN: char = '\u{E000}';
pub(super) const MARK_CLOSE: char = '\u{E001}';

/// Characters in an item's tags, blurb and heading at most.
const MOST_TAGS: usize = 4;
const MOST_BLURB: usize = 240;
const MOST_HEADING: usize = 160;
const MOST_FACT: usize = 200;

/// Who sends, as printed in the head and the foot.
#[derive(Debug, Clone, Serialize)]
pub struct BulletinView {
    pub name: String,
    pub strapline: String,
    /// `#rrggbb`; anything else gives the default colour and a warning.
    pub colour: String,
    pub organisation: String,
    pub postal_address: String,
    /// Shown as text: an address or a telephone number.
    pub contact: String,
}

/// A labelled fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactLine {
    pub label: &'static str,
    pub text: String,
}

/// Something a reader must not miss: "Cancelled", "New date".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Badge {
    pub text: &'static str,
    /// `stop` (it will not take place), `change` or `soon`.
    pub tone: &'static str,
}

/// One event as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemContent {
    pub heading: String,
    /// http(s), `None` when no source gave a usable one.
    pub url: Option<String>,
    /// "Details and booking", or "Details" when no place can be had.
    pub link_text: &'static str,
    pub badges: Vec<Badge>,
    /// What was said before: "Was Tuesday 4 May 2027, 10am".
    pub was: Vec<String>,
    /// When, Where, Who, Cost: always all of them, in this order.
    pub facts: Vec<FactLine>,
    pub deadline: Option<String>,
    pub blurb: String,
    pub tags: Vec<&'static str>,
    /// One line for the short version: date, place and cost.
    pub brief: String,
}

/// A run of items under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionContent {
    pub heading: String,
    pub items: Vec<ItemContent>,
}

/// All that one rendering of an edition says.
#[derive(Debug, Clone, Serialize)]
pub struct ContentView {
    pub bulletin: BulletinView,
    pub subject: String,
    pub intro: String,
    /// The civil date of the edition, in words.
    pub date: String,
    pub sections: Vec<SectionContent>,
    /// Whether the short version, titles with dates, stands before the items.
    pub in_brief: bool,
    /// The edition's page for everyone; `None` leaves the link out.
    pub web_url: Option<String>,
}

impl ContentView {
    /// The content of `items` (as [`super::select::select`] chose them) under the headings of `sections`.
    /// `now` is the edition's own "now"; days are counted in `zone`.
    #[must_use]
    pub fn new(
        bulletin: BulletinView,
        subject: &str,
        intro: &str,
        items: &[&ItemView],
        sections: &[SectionView],
        now: DateTime<Utc>,
        zone: Tz,
    ) -> Self {
        Self {
            bulletin: bulletin.cleaned(),
            subject: one_line(subject, 200),
            intro: one_line(intro, 600),
            date: wording::long_date(now.with_timezone(&zone).date_naive()),
            sections: group(items, sections, now, zone),
            in_brief: true,
            web_url: None,
        }
    }

    pub fn items(&self) -> impl Iterator<Item = &ItemContent> {
        self.sections.iter().flat_map(|s| &s.items)
    }
}

impl BulletinView {
    fn cleaned(self) -> Self {
        let address = text::multi_line(&unmarked(&self.postal_address), 300);
        Self {
            name: one_line(&self.name, 80),
            strapline: one_line(&self.strapline, 160),
            organisation: one_line(&self.organisation, 120),
            postal_address: address.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(", "),
            contact: one_line(&self.contact, 160),
            colour: self.colour,
        }
    }
}

/// Items in the order of places and positions; a section without items does not appear.
fn group(items: &[&ItemView], sections: &[SectionView], now: DateTime<Utc>, zone: Tz) -> Vec<SectionContent> {
    let mut ordered: Vec<&&ItemView> = items.iter().collect();
    ordered.sort_by_key(|i| (i.place, i.position));
    ordered
        .chunk_by(|a, b| a.place == b.place)
        .map(|run| SectionContent {
            heading: heading_of(run[0].place, sections, ordered.len() == run.len()),
            items: run.iter().map(|i| ItemContent::of(&i.event, i.heading.as_deref(), i.blurb.as_deref(), now, zone)).collect(),
        })
        .collect()
}

fn heading_of(place: Place, sections: &[SectionView], alone: bool) -> String {
    match place {
        Place::Picks => "Editor’s picks".into(),
        Place::Soon => "Closing soon and last places".into(),
        Place::Also => "Also this week".into(),
        Place::Section(i) => sections.get(i).map_or_else(|| "More training".into(), |s| one_line(&s.heading, 80)),
        Place::More if alone => "Training and events".into(),
        Place::More => "More training".into(),
        Place::Changes => "Changes to what we told you before".into(),
    }
}

impl ItemContent {
    /// An event in words, with the editor's heading and blurb when there are any.
    #[must_use]
    pub fn of(event: &EventView, heading: Option<&str>, blurb: Option<&str>, now: DateTime<Utc>, zone: Tz) -> Self {
        let facts = &event.facts;
        let heading = one_line(heading.unwrap_or_else(|| wording::without_status(&event.title)), MOST_HEADING);
        let url = [&event.booking_url, &event.url].into_iter().find_map(|u| u.as_deref().and_then(link));
        let line = |label, text: String| FactLine { label, text: one_line(&text, MOST_FACT) };
        Self {
            badges: badges(event, now),
            was: event.untold_changes().filter_map(|c| was(c, event.zone)).collect(),
            facts: vec![
                line("When", wording::when_line(facts)),
                line("Where", wording::where_line(facts)),
                line("Who", wording::who_line(facts, event.provider_known)),
                line("Cost", wording::cost_line(facts)),
            ],
            deadline: wording::deadline_line(facts),
            blurb: blurb.map_or_else(|| opening(&event.body, &heading), |b| one_line(b, 600)),
            tags: labels::words(&event.tags, MOST_TAGS),
            brief: brief(event, now, zone),
            link_text: if is_open(event) { "Details and booking" } else { "Details" },
            heading,
            url,
        }
    }
}

fn brief(event: &EventView, now: DateTime<Utc>, zone: Tz) -> String {
    let facts = &event.facts;
    let state = match event.status() {
        Status::Cancelled => "Cancelled · ",
        Status::Postponed => "Postponed · ",
        Status::SoldOut => "Sold out · ",
        _ => "",
    };
    let parts = [wording::when_short(facts, now, zone), wording::where_short(facts), wording::cost_short(facts)];
    format!("{state}{}", one_line(&parts.join(" · "), MOST_FACT))
}

/// The five badges of a listing, weightiest first.
fn badges(event: &EventView, now: DateTime<Utc>) -> Vec<Badge> {
    let moved_online = event.untold_changes().any(|c| c.what == "mode" && c.becomes.as_deref() == Some(Mode::Online.as_str()));
    let new_date = event.status() == Status::Rescheduled || event.untold_changes().any(|c| c.what == "start" && c.becomes.is_some());
    let all = [
        (event.status() == Status::Cancelled, Badge { text: "Cancelled", tone: "stop" }),
        (event.status() == Status::Postponed, Badge { text: "Postponed", tone: "stop" }),
        (event.status() == Status::SoldOut, Badge { text: "Sold out", tone: "stop" }),
        (new_date && !over(event), Badge { text: "New date", tone: "change" }),
        (moved_online && !over(event), Badge { text: "Moved online", tone: "change" }),
        (is_last_places(event), Badge { text: "Last places", tone: "soon" }),
        (is_closing_soon(event, now), Badge { text: "Closing soon", tone: "soon" }),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, badge)| badge).collect()
}

/// No place can be had: cancelled, postponed or sold out.
fn over(event: &EventView) -> bool {
    matches!(event.status(), Status::Cancelled | Status::Postponed)
}

fn is_open(event: &EventView) -> bool {
    matches!(event.status(), Status::Scheduled | Status::Rescheduled)
}

/// Tagged as "last places or closing soon" by the tagger (taxonomy section 12) and still to be had.
#[must_use]
pub fn is_last_places(event: &EventView) -> bool {
    is_open(event) && event.tags.iter().any(|(f, t)| *f == crate::domain::Facet::Signals && t == "last")
}

/// Its deadline lies within the next seven days.
#[must_use]
pub fn is_closing_soon(event: &EventView, now: DateTime<Utc>) -> bool {
    let Some(deadline) = &event.facts.deadline else { return false };
    let latest = deadline.value.latest(event.zone);
    is_open(event) && now < latest && latest <= now + chrono::TimeDelta::days(8) && !matches!(deadline.value, When::Month { .. })
}

/// "Was Tuesday 4 May 2027, 10am"; `None` for a change whose former value says nothing to readers.
fn was(change: &Change, zone: Tz) -> Option<String> {
    let former = change.was.as_deref()?;
    let words = match change.what.as_str() {
        "start" => wording::moment(&When::parse(former, zone).ok()?),
        "venue" | "town" => one_line(former, 120),
        "mode" => match former.parse().ok()? {
            Mode::InPerson => "in person".into(),
            Mode::Online => "online".into(),
            Mode::Hybrid => "in person and online".into(),
            Mode::SelfPaced => "at your own pace".into(),
        },
        _ => return None,
    };
    Some(format!("Was {words}"))
}

/// The first one or two sentences that say what an event is, without a repetition of the heading, of facts or of titles.
fn opening(body: &str, heading: &str) -> String {
    let line = one_line(telling_line(body, heading), 2_000);
    let line = line.strip_prefix(heading).map_or(line.as_str(), |rest| rest.trim_start_matches([' ', '.', ':', '–', '-', '|']));
    let fits = |end: &usize| line[..*end].chars().count() <= MOST_BLURB;
    let ends: Vec<usize> = sentence_ends(line).take(2).filter(fits).collect();
    match ends.last() {
        Some(end) => line[..*end].to_owned(),
        None => cut(line, MOST_BLURB),
    }
}

/// The first line that reads like a sentence: long enough, and neither the heading nor a labelled fact ("Venue: The Mill").
fn telling_line<'a>(body: &'a str, heading: &str) -> &'a str {
    const SENTENCE: usize = 40;
    let is_labelled = |l: &str| l.split_once(':').is_some_and(|(label, _)| label.len() <= 16 && label.split(' ').count() <= 2);
    let tells = |l: &&str| l.chars().count() >= SENTENCE && *l != heading && !is_labelled(l) && !begins_with_a_day(l);
    let mut lines = body.lines().map(str::trim).filter(|l| !l.is_empty());
    lines.clone().find(tells).or_else(|| lines.find(|l| *l != heading && !is_labelled(l))).unwrap_or("")
}

/// "Tuesday 4 May, 10am to 4pm. The Mill, Leeds": the facts again, which stand above already.
fn begins_with_a_day(line: &str) -> bool {
    let mut words = line.split([' ', ',']).filter(|w| !w.is_empty());
    let first = words.next().unwrap_or("").to_lowercase();
    let is_weekday = first.parse::<chrono::Weekday>().is_ok();
    let number = if is_weekday { words.next().unwrap_or("").to_lowercase() } else { first };
    let day = number.trim_end_matches(|c: char| c.is_ascii_lowercase()).parse::<u8>().is_ok_and(|d| (1..=31).contains(&d));
    day && (is_weekday || words.next().is_some_and(|month| month.parse::<chrono::Month>().is_ok()))
}

/// Byte positions after the full stops that end a sentence: followed by a space and no small letter.
fn sentence_ends(line: &str) -> impl Iterator<Item = usize> + '_ {
    line.match_indices(['.', '!', '?']).map(|(at, stop)| at + stop.len()).filter(|&end| {
        let mut rest = line[end..].chars();
        let word = line[..end].trim_end_matches(['.', '!', '?']).rsplit(' ').next().unwrap_or("");
        let ends = match (rest.next(), rest.next()) {
            (None, _) => true,
            (Some(' '), Some(next)) => !next.is_lowercase(),
            _ => false,
        };
        // "Dr. Smith", "e.g. this": short words before a stop are abbreviations more often than ends.
        ends && (word.chars().count() > 3 || end == line.len())
    })
}

/// At most `most` characters, cut between words, with an ellipsis when something was cut.
#[must_use]
pub fn cut(line: &str, most: usize) -> String {
    if line.chars().count() <= most {
        return line.to_owned();
    }
    let kept: String = line.chars().take(most.saturating_sub(1)).collect();
    let end = kept.rfind(' ').filter(|at| *at > kept.len() / 2).unwrap_or(kept.len());
    format!("{}…", kept[..end].trim_end_matches([' ', ',', ';', ':', '–', '-', '(']))
}

/// The link as it may be printed: http or https with a host, no user name or password, none of our marks; `None` otherwise.
#[must_use]
pub fn link(url: &str) -> Option<String> {
    let url = url::Url::parse(url.trim()).ok()?;
    let good = matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none();
    (good && url.as_str().len() <= 2_000).then(|| url.to_string())
}

/// One line of text without controls and without our marks, cut between words.
pub(super) fn one_line(s: &str, most: usize) -> String {
    cut(&text::single_line(&unmarked(s), most.saturating_mul(2).max(most)), most)
}

fn unmarked(s: &str) -> String {
    s.replace([MARK_OPEN, MARK_CLOSE], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blurb_is_one_or_two_sentences() {
        let check = |body: &str, expected: &str| assert_eq!(opening(body, "Evaluation day"), expected);
        check("Learn to measure. Bring a plan. Lunch is served.", "Learn to measure. Bring a plan.");
        check("Evaluation day – Learn to measure.", "Learn to measure.");
        check("With Dr. Ito at 9.30 sharp. Then more to do.", "With Dr. Ito at 9.30 sharp. Then more to do.");
        check("", "");
        check(
            "Evaluation day\nVenue: The Mill, in the middle of Leeds, near the station\nLearn to measure what matters to your visitors. Bring a plan.",
            "Learn to measure what matters to your visitors. Bring a plan.",
        );
        check("Evaluation day\nVenue: The Mill\nBring a plan", "Bring a plan");
        check(
            "Tuesday 4 May 2027, 10am to 4pm. The Mill, Leeds LS1 1AA.\nLearn to measure what matters to your visitors.",
            "Learn to measure what matters to your visitors.",
        );
        check(
            "4th May, 10am to 4pm, in the great hall of the Mill in Leeds\nLearn to measure what matters to your visitors.",
            "Learn to measure what matters to your visitors.",
        );
        check("Sunday schools are where this story of learning together began.", "Sunday schools are where this story of learning together began.");
        check("12 artists tell how they learned to measure what they do.", "12 artists tell how they learned to measure what they do.");
        let long = opening(&"word ".repeat(200), "x");
        assert!(long.chars().count() <= MOST_BLURB && long.ends_with('…'), "{long}");
    }

    #[test]
    fn links_are_web_links_or_none() {
        assert_eq!(link("https://a.example/x?y=1"), Some("https://a.example/x?y=1".into()));
        for bad in
            ["javascript:alert(1)", "data:text/html,x", "//a.example", "ftp://a.example/", "https://u:p@a.example/", "mailto:a@b.example?bcc=c", ""]
        {
            assert_eq!(link(bad), None, "{bad}");
        }
    }

    #[test]
    fn cuts_fall_between_words() {
        assert_eq!(cut("one two three", 20), "one two three");
        assert_eq!(cut("one two three", 9), "one two…");
        assert_eq!(cut("ééééééééé", 4), "ééé…");
    }

    #[test]
    fn marks_from_outside_are_taken_out() {
        assert_eq!(one_line("a\u{E000}unsubscribe\u{E001}b", 50), "aunsubscribeb");
    }
}
