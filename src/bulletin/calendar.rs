//! An event as an iCalendar file (RFC 5545), for the reader's own diary.
//!
//! Says what is stated and no more: a day without a time is a whole day, and an event without an end has none.

use calcard::{
    common::PartialDateTime,
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarParameter, ICalendarProperty, ICalendarStatus,
        ICalendarValue, ICalendarValueType, Uri,
    },
};
use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike, Utc};

use super::{view::EventView, wording};
use crate::domain::{Session, Status, When, text};

/// The file, or `None` for an event whose day nobody stated. `host` makes the ids unique in the world; `now` is the file's time stamp.
#[must_use]
pub fn file(event: &EventView, host: &str, now: DateTime<Utc>) -> Option<String> {
    let sittings = sittings(event);
    let mut calendar = ICalendarComponent::new(ICalendarComponentType::VCalendar);
    calendar.add_property(ICalendarProperty::Version, ICalendarValue::Text("2.0".into()));
    calendar.add_property(ICalendarProperty::Prodid, ICalendarValue::Text("-//Gleaner//EN".into()));
    let mut components = vec![calendar];
    for (n, sitting) in (1_u32..).zip(&sittings) {
        let Some(start) = moment(ICalendarProperty::Dtstart, &sitting.start) else { continue };
        let mut entry = described(event, now);
        let nth = if sittings.len() > 1 { format!("-{n}") } else { String::new() };
        entry.add_uid(&format!("{}{nth}@{host}", event.id));
        entry.entries.push(start);
        entry.entries.extend(sitting.end.as_ref().and_then(|end| last(&sitting.start, end)));
        components[0].component_ids.push(n);
        components.push(entry);
    }
    (components.len() > 1).then(|| ICalendar { components }.to_string())
}

fn sittings(event: &EventView) -> Vec<Session> {
    if !event.facts.sessions.is_empty() {
        return event.facts.sessions.clone();
    }
    let whole = event.facts.start.as_ref().map(|start| Session { start: start.value, end: event.facts.end.as_ref().map(|end| end.value) });
    whole.into_iter().collect()
}

/// What is the same for every sitting.
fn described(event: &EventView, now: DateTime<Utc>) -> ICalendarComponent {
    let mut entry = ICalendarComponent::new(ICalendarComponentType::VEvent);
    entry.add_dtstamp(instant(now));
    // A diary that has the event takes a later revision of it.
    entry.add_sequence(i64::try_from(event.changes.len()).unwrap_or(i64::MAX));
    entry.add_property(ICalendarProperty::Summary, ICalendarValue::Text(text::single_line(&event.title, 200)));
    entry.add_property(ICalendarProperty::Location, ICalendarValue::Text(wording::where_line(&event.facts)));
    let who = wording::who_line(&event.facts, event.provider_known);
    let mut said = vec![format!("Who: {who}"), format!("Cost: {}", wording::cost_line(&event.facts))];
    said.extend(wording::deadline_line(&event.facts));
    let link = event.booking_url.as_ref().or(event.url.as_ref());
    said.extend(link.cloned());
    entry.add_property(ICalendarProperty::Description, ICalendarValue::Text(said.join("\n")));
    if let Some(url) = link {
        entry.add_property(ICalendarProperty::Url, ICalendarValue::Uri(Uri::Location(url.clone())));
    }
    let status = match event.status() {
        Status::Cancelled => ICalendarStatus::Cancelled,
        Status::Postponed => ICalendarStatus::Tentative,
        _ => ICalendarStatus::Confirmed,
    };
    entry.add_property(ICalendarProperty::Status, ICalendarValue::Status(status));
    entry
}

/// The start, or the end of a timed sitting. A month is no place in a diary.
fn moment(name: ICalendarProperty, when: &When) -> Option<ICalendarEntry> {
    match when {
        When::Month { .. } => None,
        When::Day(day) => Some(whole_day(name, *day)),
        When::Minute(at) => Some(ICalendarEntry::new(name).with_value(instant(at.with_timezone(&Utc)))),
    }
}

/// The end, in the start's own precision (RFC 5545 s3.8.2.2). The end of whole days is the day after.
fn last(start: &When, end: &When) -> Option<ICalendarEntry> {
    match (start, end) {
        (When::Minute(_), When::Minute(_)) => moment(ICalendarProperty::Dtend, end),
        (When::Day(_), _) => end.day().and_then(|day| day.checked_add_days(Days::new(1))).map(|day| whole_day(ICalendarProperty::Dtend, day)),
        _ => None,
    }
}

fn whole_day(name: ICalendarProperty, day: NaiveDate) -> ICalendarEntry {
    let date =
        PartialDateTime { year: u16::try_from(day.year()).ok(), month: small(day.month()), day: small(day.day()), ..PartialDateTime::default() };
    ICalendarEntry::new(name).with_param(ICalendarParameter::value(ICalendarValueType::Date)).with_value(date)
}

fn instant(at: DateTime<Utc>) -> PartialDateTime {
    PartialDateTime {
        year: u16::try_from(at.year()).ok(),
        month: small(at.month()),
        day: small(at.day()),
        hour: small(at.hour()),
        minute: small(at.minute()),
        second: small(at.second()),
        tz_hour: Some(0),
        tz_minute: Some(0),
        tz_minus: false,
    }
}

fn small(n: u32) -> Option<u8> {
    u8::try_from(n).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulletin::compose::testing::{NOW, event, fact, when};

    fn made(change: impl FnOnce(&mut EventView)) -> String {
        let mut event = event(7);
        change(&mut event);
        file(&event, "bulletin.example", NOW.parse().unwrap()).unwrap_or_default()
    }

    /// Lines as they were before folding.
    fn lines(file: &str) -> Vec<String> {
        file.replace("\r\n ", "").lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_time_is_an_instant_and_no_end_is_no_end() {
        let file = made(|_| ());
        let lines = lines(&file);
        assert!(lines.contains(&"DTSTART:20270504T090000Z".to_owned()), "{file}");
        assert!(!file.contains("DTEND") && file.contains("STATUS:CONFIRMED") && file.ends_with("END:VCALENDAR\r\n"), "{file}");
        assert!(file.lines().all(|l| l.len() <= 75), "{file}");
    }

    #[test]
    fn a_day_is_a_whole_day() {
        let file = made(|e| (e.facts.start, e.facts.end) = (fact(when("2027-05-04")), fact(when("2027-05-05"))));
        assert!(file.contains("DTSTART;VALUE=DATE:20270504") && file.contains("DTEND;VALUE=DATE:20270506"), "{file}");
    }

    #[test]
    fn each_sitting_is_an_entry() {
        let sitting = |day: &str| Session { start: when(&format!("2027-05-{day}T10:00")), end: Some(when(&format!("2027-05-{day}T12:00"))) };
        let file = made(|e| e.facts.sessions = vec![sitting("04"), sitting("11")]);
        assert_eq!((file.matches("BEGIN:VEVENT").count(), file.matches("DTEND:").count()), (2, 2), "{file}");
        let uids: std::collections::BTreeSet<String> = lines(&file).into_iter().filter(|l| l.starts_with("UID:")).collect();
        assert_eq!(uids.len(), 2);
    }

    #[test]
    fn a_month_is_no_place_in_a_diary() {
        assert_eq!(made(|e| e.facts.start = fact(when("2027-05"))), "");
        assert_eq!(made(|e| e.facts.start = None), "");
    }

    #[test]
    fn words_from_outside_stay_in_their_property() {
        let file = made(|e| e.title = "Tea, cake; talk\r\nATTACH:https://bad.example".into());
        assert!(!lines(&file).iter().any(|l| l.starts_with("ATTACH")), "{file}");
        assert!(file.contains("Tea\\, cake\\; talk"), "{file}");
        assert!(made(|e| e.facts.status = fact(Status::Cancelled)).contains("STATUS:CANCELLED"));
    }
}
