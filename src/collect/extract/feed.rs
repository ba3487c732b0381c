//! RSS 0.9 to 2.0, RDF, Atom and JSON Feed: one event per item that names a date.
//!
//! An item's own date is when it was posted, never the event's; the one exception is The Events Calendar, which puts the event's
//! start there. Items without any date in their words are posts, not events.

mod loose;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use feed_rs::model::{Entry, Feed};
use url::Url;

use super::ExtractError;
use crate::collect::html;
use crate::collect::normalise::date;
use crate::domain::{Fact, Method, Origin, RawEvent, Reading, When};

/// Most items of a feed that are looked at.
const MOST_ITEMS: usize = 5_000;

/// An item of a feed, whatever its format.
struct Post {
    title: Option<String>,
    text: String,
    link: Option<String>,
    id: Option<String>,
    /// The start, where the feed puts it in the place of the posting date.
    start: Option<DateTime<Utc>>,
}

/// Reads a feed already decoded from its character set. One that is not well formed is read by its tags alone, and the notes say so.
pub fn read(source: &str, url: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Result<Vec<RawEvent>, ExtractError> {
    let posts = posts(source, url, notes)?;
    let mut undated = 0_usize;
    let mut out = Vec::new();
    for post in posts.iter().take(MOST_ITEMS) {
        match event(post, url, reading) {
            Some(event) => out.push(event),
            None => undated += 1,
        }
    }
    if posts.len() > MOST_ITEMS {
        notes.push(format!("only the first {MOST_ITEMS} of {} items were looked at", posts.len()));
    }
    if undated > 0 {
        notes.push(format!("{undated} of {} items name no date or have no title and were skipped", posts.len()));
    }
    Ok(out)
}

fn posts(source: &str, url: Option<&Url>, notes: &mut Vec<String>) -> Result<Vec<Post>, ExtractError> {
    let source = without_declaration(source);
    let versioned = with_known_version(source);
    let parser = feed_rs::parser::Builder::new().base_uri(url).sanitize_content(false).build();
    match parser.parse(versioned.as_bytes()) {
        Ok(feed) => {
            let calendar = is_events_calendar(&feed);
            Ok(feed.entries.iter().map(|e| Post::of(e, calendar)).collect())
        }
        Err(error) => {
            let why = why(&error, source);
            let items = loose::read(source).ok_or_else(|| ExtractError::Feed(why.clone()))?;
            notes.push(format!("the feed is not well formed and was read by its tags alone: {why}"));
            Ok(items.into_iter().map(Post::from).collect())
        }
    }
}

impl Post {
    fn of(entry: &Entry, calendar: bool) -> Self {
        Self {
            title: entry.title.as_ref().map(|t| t.content.clone()),
            text: words(entry),
            link: link(entry).map(str::to_owned),
            id: Some(entry.id.clone()),
            start: entry.published.filter(|_| calendar),
        }
    }
}

impl From<loose::Item> for Post {
    fn from(item: loose::Item) -> Self {
        let texts: Vec<String> = item.texts.iter().map(|t| html::plain(t)).collect();
        let longest = texts.iter().max_by_key(|t| t.len()).cloned().unwrap_or_default();
        Self { title: item.title, text: longest, link: item.link, id: item.id, start: None }
    }
}

/// The declared encoding is no longer true of decoded text.
fn without_declaration(source: &str) -> &str {
    let trimmed = source.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t', '\0']);
    if trimmed.starts_with("<?xml") { trimmed.split_once("?>").map_or(trimmed, |(_, rest)| rest) } else { trimmed }
}

/// An RSS feed of no version, or of one that the parser does not know, is read as 2.0, which all of them resemble.
fn with_known_version(source: &str) -> Cow<'_, str> {
    let Some(at) = source.find("<rss").filter(|at| *at < 4_096) else { return Cow::Borrowed(source) };
    let end = source[at..].find('>').map_or(source.len(), |n| at + n);
    let tag = &source[at..end];
    let known = ["\"2.0\"", "'2.0'", "\"0.91\"", "'0.91'", "\"0.92\"", "'0.92'"].iter().any(|v| tag.contains(&format!("version={v}")));
    if known {
        return Cow::Borrowed(source);
    }
    let rest = tag[4..].replace("version=", "was-version=");
    Cow::Owned(format!("{}<rss version=\"2.0\"{rest}{}", &source[..at], &source[end..]))
}

fn why(error: &feed_rs::parser::ParseFeedError, source: &str) -> String {
    let words = crate::domain::text::single_line(&error.to_string(), 200);
    let end = source.trim_end();
    if end.ends_with('>') || end.ends_with('}') { words } else { format!("{words}; it seems to be cut off") }
}

fn event(post: &Post, base: Option<&Url>, reading: &Reading) -> Option<RawEvent> {
    let title = post.title.as_deref().map(html::plain_line).filter(|t| !t.is_empty()).or_else(|| first_line(&post.text))?;
    let start = post.start.map(|at| Fact::new(When::Minute(at.with_timezone(&reading.zone)), Origin::Structured, at.to_rfc2822(), 0.9));
    if start.is_none() && date::spans(&title).is_empty() && date::spans(&post.text).is_empty() {
        return None;
    }
    let mut event = RawEvent::new(Method::Feed, title);
    event.confidence = if start.is_some() { 0.95 } else { 0.6 };
    event.start = start;
    event.url = post.link.as_deref().and_then(|href| html::absolute(base, href)).map(String::from);
    event.native_id = post.id.as_deref().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).or_else(|| event.url.clone());
    event.text.clone_from(&post.text);
    Some(event)
}

/// The summary and the content, once.
fn words(entry: &Entry) -> String {
    let summary = entry.summary.as_ref().map(|s| html::plain(&s.content)).unwrap_or_default();
    let content = entry.content.as_ref().and_then(|c| c.body.as_deref()).map(html::plain).unwrap_or_default();
    let opening: String = summary.trim_end_matches(['…', '.', ']', '[', ' ']).chars().take(80).collect();
    if content.is_empty() || (!opening.is_empty() && summary.contains(&content)) {
        summary
    } else if summary.is_empty() || content.contains(&opening) {
        content
    } else {
        format!("{summary}\n\n{content}")
    }
}

fn first_line(text: &str) -> Option<String> {
    text.lines().next().map(|l| crate::domain::text::single_line(l, 120)).filter(|l| !l.is_empty())
}

fn link(entry: &Entry) -> Option<&str> {
    let page = |l: &&feed_rs::model::Link| l.rel.as_deref().is_none_or(|r| r == "alternate");
    entry.links.iter().find(page).or_else(|| entry.links.first()).map(|l| l.href.as_str())
}

/// The Events Calendar's RSS: guids of its post type, or its archive's feed with links to single events.
fn is_events_calendar(feed: &Feed) -> bool {
    if feed.entries.is_empty() {
        return false;
    }
    let guids = feed.entries.iter().all(|e| e.id.contains("post_type=tribe_events"));
    let archive = feed.links.iter().any(|l| l.href.contains("/events/feed") || l.href.contains("post_type=tribe_events"));
    let wordpress = feed
        .generator
        .as_ref()
        .is_some_and(|g| g.content.to_lowercase().contains("wordpress") || g.uri.as_deref().is_some_and(|u| u.contains("wordpress")));
    guids || (archive && wordpress && feed.entries.iter().all(|e| link(e).is_some_and(|l| l.contains("/event/"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(items: &str, channel: &str) -> Vec<String> {
        let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
        let source =
            format!("<?xml version='1.0' encoding='iso-8859-1'?><rss version='2.0'><channel><title>x</title>{channel}{items}</channel></rss>");
        let events = read(&source, None, &reading, &mut Vec::new()).unwrap();
        events
            .iter()
            .map(|e| {
                format!(
                    "{}|{}|{}|{}",
                    e.title,
                    e.text,
                    e.url.as_deref().unwrap_or(""),
                    e.start.as_ref().map(|s| s.value.to_string()).unwrap_or_default()
                )
            })
            .collect()
    }

    const POST: &str = "<item><title>Pests &amp;amp; moulds</title><link>https://museum.example/event/a</link>\
        <guid>https://museum.example/?p=1</guid><pubDate>Tue, 04 May 2027 09:00:00 +0000</pubDate><description>&lt;p&gt;Join us on 5 June 2027&lt;/p&gt;</description></item>";

    #[test]
    fn the_posts_date_is_not_the_events() {
        assert_eq!(show(POST, ""), ["Pests & moulds|Join us on 5 June 2027|https://museum.example/event/a|"]);
    }

    #[test]
    fn the_events_calendar_puts_the_start_there() {
        let post = POST.replace("?p=1", "?post_type=tribe_events&amp;p=1");
        assert_eq!(show(&post, ""), ["Pests & moulds|Join us on 5 June 2027|https://museum.example/event/a|2027-05-04T10:00:00+01:00"]);
    }

    #[test]
    fn posts_that_name_no_date_are_no_events() {
        assert!(show("<item><title>Job opening: Marketing officer</title><pubDate>Tue, 04 May 2027 09:00:00 +0000</pubDate></item>", "").is_empty());
    }

    #[test]
    fn a_feed_of_no_known_version_is_read() {
        let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
        for root in ["<rss>", "<rss version='3.0'>", "<rss xmlns:x='y'>"] {
            let source = format!("{root}<channel>{POST}</channel></rss>");
            assert_eq!(read(&source, None, &reading, &mut Vec::new()).unwrap().len(), 1, "{root}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_feed_is_said() {
        let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
        let error = read("<rss version='2.0'><channel><item><title>x", None, &reading, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("cut off"), "{error}");
    }
}
