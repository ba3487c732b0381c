//! The samples agree with themselves and can be read by the parsers they are meant for.

use std::collections::BTreeSet;

use calcard::icalendar::{ICalendar, ICalendarComponentType};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use regex::Regex;
use scraper::{Html, Selector};
use serde_json::Value;

use super::*;
use crate::domain::{EmailAddress, Slug};

const BASE: &str = "http://127.0.0.1:8081";

fn anchors() -> Vec<DateTime<Utc>> {
    let first: DateTime<Utc> = "2026-11-21T20:15:00Z".parse().unwrap();
    [0, 1, 2, 3, 25, 30, 36, 41, 128, 200, 330, 463].map(|d| first + TimeDelta::days(d)).to_vec()
}

fn body(samples: &[Sample], path: &str) -> String {
    samples.iter().find(|s| s.path == path).unwrap_or_else(|| panic!("no {path}")).body.clone()
}

#[test]
fn weekday_words_agree_with_the_dates_and_dates_lie_ahead() {
    let written = Regex::new(r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day (\d{1,2}) ([A-Z][a-z]+)(?: (\d{4}))?").unwrap();
    for anchor in anchors() {
        for sample in second_visit(anchor, BASE) {
            for found in written.captures_iter(&sample.body) {
                let next = |year: i32| NaiveDate::parse_from_str(&format!("{} {} {year}", &found[2], &found[3]), "%d %B %Y").ok();
                // Without a year the next such date is meant.
                let date = match found.get(4) {
                    Some(year) => next(year.as_str().parse().unwrap()),
                    None => (0..2).filter_map(|n| next(anchor.year() + n)).find(|d| *d >= anchor.date_naive()),
                };
                let date = date.unwrap();
                assert_eq!(date.format("%A").to_string(), format!("{}day", &found[1]), "{}: {}", sample.path, &found[0]);
                let ahead = (date - anchor.date_naive()).num_days();
                assert!((1..75).contains(&ahead), "{}: {} is {ahead} days ahead", sample.path, &found[0]);
            }
        }
    }
}

#[test]
fn the_same_anchor_gives_the_same_bytes() {
    let anchor = anchors()[0];
    assert_eq!(documents(anchor, BASE), documents(anchor, BASE));
}

#[test]
fn every_link_to_the_sample_server_is_served() {
    let link = Regex::new(&format!(r"{}(/[a-z0-9/.\-]+)", regex::escape(BASE))).unwrap();
    let samples = second_visit(anchors()[0], BASE);
    let served: BTreeSet<&str> = samples.iter().map(|s| s.path.as_str()).collect();
    assert_eq!(served.len(), samples.len(), "one document a path");
    for sample in &samples {
        for found in link.captures_iter(&sample.body) {
            let home = ["/museums", "/guild", "/makers", "/museums/salvage-guide"].contains(&&found[1]);
            assert!(home || served.contains(&found[1]), "{} links to {}", sample.path, &found[1]);
        }
    }
    for source in sources() {
        assert!(served.contains(source.path));
    }
}

#[test]
fn the_counts_are_what_is_there() {
    let anchor = anchors()[0];
    let samples = documents(anchor, BASE);
    let feed = feed_rs::parser::parse(body(&samples, museums::PATH).as_bytes()).unwrap();
    let calendar = ICalendar::parse(body(&samples, faculty::PATH)).unwrap();
    let sittings = calendar.components.iter().filter(|c| c.component_type == ICalendarComponentType::VEvent).count();
    let graph = json_ld(&samples)["@graph"].as_array().unwrap().len();
    let blocks = selected(&samples, "div.course").len();
    let mail = mail_parser::MessageParser::default().parse(body(&samples, e_bulletin::PATH).as_bytes()).unwrap().body_html(0).unwrap().into_owned();
    let rows = mail.matches("<tr>").count();
    assert_eq!((feed.entries.len() - 1) + sittings + graph + blocks + rows, CPD_LISTINGS);
    let all: String = samples.iter().map(|s| s.body.as_str()).collect();
    for title in NOT_CPD {
        assert!(all.contains(title), "{title}");
    }
    let pages = samples.iter().filter(|s| s.body.contains("<p>With ")).count();
    assert_eq!(pages, CPD_EVENTS + 1, "one page an event, and the guild's own page for the course that it lists for another");
}

#[test]
fn posts_are_dated_before_the_anchor_and_events_after() {
    for anchor in anchors() {
        let samples = second_visit(anchor, BASE);
        let feed = feed_rs::parser::parse(body(&samples, museums::PATH).as_bytes()).unwrap();
        assert!(feed.entries.iter().all(|e| e.published.unwrap().date_naive() <= anchor.date_naive()));
    }
}

#[test]
fn the_calendar_has_a_series_a_cancellation_and_a_whole_day() {
    let text = body(&documents(anchors()[0], BASE), faculty::PATH);
    for line in ["RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Europe/London:", "STATUS:CANCELLED", "DTSTART;VALUE=DATE:"] {
        assert_eq!(text.matches(line).count(), 1, "{line}");
    }
    assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')));
}

#[test]
fn the_guild_states_offers_modes_and_a_new_date() {
    let anchor = anchors()[0];
    let data = json_ld(&documents(anchor, BASE));
    let events = data["@graph"].as_array().unwrap();
    let moved: Vec<_> = events.iter().filter(|e| e["eventStatus"] == "https://schema.org/EventRescheduled").collect();
    assert_eq!(moved.len(), 1);
    assert!(moved[0]["previousStartDate"].as_str() < moved[0]["startDate"].as_str());
    let modes: BTreeSet<_> = events.iter().map(|e| e["eventAttendanceMode"].as_str().unwrap()).collect();
    assert_eq!(modes.len(), 3, "{modes:?}");
    for event in events {
        let start: DateTime<chrono::FixedOffset> = event["startDate"].as_str().unwrap().parse().unwrap();
        assert!(start > anchor && event["offers"][0]["priceCurrency"] == "GBP");
    }
}

#[test]
fn the_operators_selectors_find_every_fact_of_the_plain_page() {
    let samples = documents(anchors()[0], BASE);
    let page = Html::parse_document(&body(&samples, makers::PATH));
    let rules = makers::selectors();
    let items: Vec<_> = page.select(&Selector::parse(&rules.item).unwrap()).collect();
    assert_eq!(items.len(), makers::COURSES.len());
    for rule in [Some(rules.title), rules.date, rules.place, rules.text, rules.link].into_iter().flatten() {
        let rule = Selector::parse(&rule).unwrap();
        assert!(items.iter().all(|i| i.select(&rule).count() == 1));
    }
}

#[test]
fn the_forwarded_bulletin_has_both_parts_and_no_long_line() {
    let text = body(&documents(anchors()[0], BASE), e_bulletin::PATH);
    let mail = mail_parser::MessageParser::default().parse(text.as_bytes()).unwrap();
    for part in [mail.body_text(0).unwrap(), mail.body_html(0).unwrap()] {
        assert!(part.contains("Forwarded message") && part.contains("Looms and Light") && part.contains("£35"), "{part}");
    }
    assert!(text.split("\r\n").all(|line| line.len() < 998), "RFC 5322 2.1.1");
}

#[test]
fn a_later_visit_differs_by_one_cancellation_and_one_new_event() {
    let anchor = anchors()[0];
    let (first, later) = (documents(anchor, BASE), second_visit(anchor, BASE));
    let changed: Vec<&str> = later.iter().filter(|s| !first.contains(s)).map(|s| s.path.as_str()).collect();
    assert_eq!(changed, [museums::PATH, "/museums/writing-labels", "/museums/pest-management"]);
    let feed = body(&later, museums::PATH);
    assert!(feed.contains(&format!("CANCELLED: {CANCELLED_LATER}")) && feed.contains(ADDED_LATER));
}

#[test]
fn readers_are_twelve_at_reserved_hosts_in_known_words() {
    let mut reader = csv::Reader::from_reader(SUBSCRIBERS_CSV.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.iter().collect::<Vec<_>>(), ["email", "name", "region", "sub", "aud", "stage", "need", "cost_max", "format", "frequency"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let addresses: BTreeSet<String> = rows.iter().map(|r| EmailAddress::parse(&r[0]).unwrap().key()).collect();
    assert_eq!(addresses.len(), 12);
    assert!(addresses.iter().all(|a| a.ends_with(".example")));
    for row in &rows {
        assert!(row[2].split(';').all(|r| r.is_empty() || r.parse::<crate::domain::Region>().is_ok()));
        assert!(row[9].parse::<crate::domain::Frequency>().is_ok());
    }
}

#[test]
fn each_segment_has_readers_and_the_bulletin_is_well_formed() {
    use crate::domain::{PersonTraits, Preferences};
    let mut reader = csv::Reader::from_reader(SUBSCRIBERS_CSV.as_bytes());
    let list = |s: &str| s.split(';').filter(|t| !t.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let people: Vec<Preferences> = reader
        .records()
        .map(|r| r.unwrap())
        .map(|r| Preferences { subsector: list(&r[3]), audience: list(&r[4]), ..Preferences::default() })
        .collect();
    for segment in segments() {
        let members = people.iter().filter(|p| segment.people.holds(&|c| c.holds(&PersonTraits::new(p)))).count();
        assert!((4..=6).contains(&members), "{}: {members}", segment.name);
    }
    assert!(people.iter().all(|p| segments().iter().any(|s| s.people.holds(&|c| c.holds(&PersonTraits::new(p))))));
    assert_eq!(sections().last().unwrap().rule, crate::domain::Rule::always(), "no item is left without a heading");
    assert!(Slug::parse(BULLETIN.slug).is_ok() && Slug::parse(ORGANISATION.slug).is_ok());
    assert!(crate::schedule::Cron::parse(BULLETIN.schedule).is_ok() && BULLETIN.zone.parse::<chrono_tz::Tz>().is_ok());
}

fn json_ld(samples: &[Sample]) -> Value {
    let page = Html::parse_document(&body(samples, guild::PATH));
    let script = Selector::parse("script[type='application/ld+json']").unwrap();
    let text: String = page.select(&script).next().unwrap().text().collect();
    serde_json::from_str(&text).unwrap()
}

fn selected(samples: &[Sample], rule: &str) -> Vec<String> {
    let page = Html::parse_document(&body(samples, makers::PATH));
    page.select(&Selector::parse(rule).unwrap()).map(|e| e.html()).collect()
}
