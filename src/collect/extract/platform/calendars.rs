//! Published calendars of Google, Outlook, Teamup and the WordPress plugins: the address of the calendar behind what a page embeds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use url::Url;

use super::WayIn;
use super::traces::{Traces, on_same_host, path, way};
use crate::domain::SourceKind::Ical;

/// Most calendars that one page embeds.
const MOST: usize = 8;

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let found = google(traces).into_iter().chain(outlook(traces)).chain(teamup(traces)).chain(plugins(traces)).chain(subscribed(traces));
    found.take(MOST).collect()
}

/// `embed?src=ID` (several), `?cid=` in base64, and `ical/ID/public/basic.ics` itself.
fn google(traces: &Traces) -> Vec<WayIn> {
    let mut ids: Vec<String> = Vec::new();
    for url in traces.on("calendar.google.com").chain(traces.with("google.com/calendar/")) {
        for (key, value) in url.query_pairs() {
            match key.as_ref() {
                "src" => ids.push(value.into_owned()),
                "cid" => ids.push(decoded(&value).unwrap_or_else(|| value.into_owned())),
                _ => {}
            }
        }
        if let ["calendar", "ical", id, "public", ..] = path(url)[..] {
            ids.push(percent_decoded(id));
        }
    }
    ids.retain(|id| id.contains('@') && id.len() < 300);
    ids.dedup();
    let address = |id: &String| {
        let mut url = Url::parse("https://calendar.google.com/calendar/ical/").ok()?;
        url.path_segments_mut().ok()?.pop_if_empty().push(id).push("public").push("basic.ics");
        way("google_calendar", &url.as_str().replace('@', "%40"), Ical, "the page embeds a Google calendar")
    };
    ids.iter().filter_map(address).collect()
}

fn decoded(cid: &str) -> Option<String> {
    let bytes = STANDARD_NO_PAD.decode(cid.trim_end_matches('=')).ok()?;
    String::from_utf8(bytes).ok().filter(|id| id.contains('@'))
}

fn percent_decoded(part: &str) -> String {
    part.replace("%40", "@").replace("%23", "#")
}

/// `calendar.html` and `reachcalendar.html` beside their `.ics`. `/bookings/` under the same path is no calendar.
fn outlook(traces: &Traces) -> Vec<WayIn> {
    let hosts = ["outlook.office365.com", "outlook.office.com", "outlook.live.com"];
    let address = |u: &Url| {
        let parts = path(u);
        let at = parts.iter().position(|p| *p == "calendar")?;
        let file = parts.last()?.strip_suffix(".html").or_else(|| parts.last()?.strip_suffix(".ics"))?;
        if parts.contains(&"bookings") || !matches!(file, "calendar" | "reachcalendar") || parts.len() < at + 3 {
            return None;
        }
        let folder = parts[..parts.len() - 1].join("/");
        way("outlook", &format!("https://{}/{folder}/{file}.ics", u.host_str()?), Ical, "the page shows a published Outlook calendar")
    };
    hosts.into_iter().flat_map(|h| traces.on(h)).filter_map(address).collect()
}

/// `teamup.com/ksKEY` and its feed.
fn teamup(traces: &Traces) -> Vec<WayIn> {
    let feed = |u: &Url| match path(u)[..] {
        ["feed", ..] => way("teamup", u.as_str(), Ical, "the page names a Teamup feed"),
        [key, ..] if key.starts_with("ks") && key.len() > 8 => {
            way("teamup", &format!("https://ics.teamup.com/feed/{key}/0.ics"), Ical, "the page embeds a Teamup calendar")
        }
        _ => None,
    };
    traces.on("teamup.com").filter_map(feed).collect()
}

/// Calendars of WordPress plugins at their usual places.
fn plugins(traces: &Traces) -> Vec<WayIn> {
    const PLUGINS: [(&str, &str, &str); 3] = [
        ("/plugins/events-manager/", "events_manager", "/events.ics"),
        ("/plugins/modern-events-calendar", "modern_events_calendar", "/?mec-ical-feed=1"),
        (
            "/plugins/all-in-one-event-calendar/",
            "all_in_one_event_calendar",
            "/?plugin=all-in-one-event-calendar&controller=ai1ec_exporter_controller&action=export_events&no_html=true",
        ),
    ];
    let named = PLUGINS.iter().filter(|(folder, ..)| traces.with(folder).is_some());
    named.filter_map(|(_, name, path)| way(name, &on_same_host(traces.url, path), Ical, format!("the page is made by the plugin {name}"))).collect()
}

/// Any other calendar that the page offers for subscription.
fn subscribed(traces: &Traces) -> Vec<WayIn> {
    let is_calendar = |u: &&Url| u.path().to_ascii_lowercase().ends_with(".ics") && !u.path().contains("/bookings/");
    traces.addresses().filter(is_calendar).filter_map(|u| way("calendar", u.as_str(), Ical, "the page links a calendar")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::ways_of;

    #[test]
    fn the_calendar_behind_what_is_embedded() {
        for (link, expected) in [
            (
                "<iframe src='https://calendar.google.com/calendar/embed?src=abc%40group.calendar.google.com&ctz=Europe%2FLondon'></iframe>",
                "google_calendar ical https://calendar.google.com/calendar/ical/abc%40group.calendar.google.com/public/basic.ics",
            ),
            (
                "<a href='https://calendar.google.com/calendar/u/0?cid=YWJjQGdyb3VwLmNhbGVuZGFyLmdvb2dsZS5jb20'>add</a>",
                "google_calendar ical https://calendar.google.com/calendar/ical/abc%40group.calendar.google.com/public/basic.ics",
            ),
            (
                "<a href='https://outlook.office365.com/owa/calendar/a1@guild.example/b2/calendar.html'>our calendar</a>",
                "outlook ical https://outlook.office365.com/owa/calendar/a1@guild.example/b2/calendar.ics",
            ),
            ("<iframe src='https://teamup.com/ks8example77?view=a'></iframe>", "teamup ical https://ics.teamup.com/feed/ks8example77/0.ics"),
            ("<link rel=stylesheet href='/wp-content/plugins/events-manager/x.css'>", "events_manager ical https://guild.example/events.ics"),
            ("<a href='webcal://guild.example/cal/all.ics'>subscribe</a>", "calendar ical https://guild.example/cal/all.ics"),
        ] {
            assert_eq!(ways_of(link, "https://guild.example/events"), [expected]);
        }
    }

    #[test]
    fn bookings_are_no_calendar() {
        assert!(
            ways_of("<a href='https://outlook.office365.com/owa/calendar/x@guild.example/bookings/'>book</a>", "https://guild.example/").is_empty()
        );
    }
}
