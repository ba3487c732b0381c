//! Raw events and prose to facts, seen on 21 November 2026.

use chrono::{TimeZone, Utc};
use chrono_tz::Europe::London;
use proptest::prelude::*;

use super::{facts_of_text, normalise};
use crate::domain::{Fact, Facts, Method, Mode, Origin, RawEvent, RawOffer, Reading, Region, Status, When};

fn seen() -> Reading {
    Reading::british(Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).single().unwrap())
}

fn raw(text: &str) -> RawEvent {
    RawEvent { text: text.into(), ..RawEvent::new(Method::JsonLd, "Pest day") }
}

fn structured(when: &str) -> Fact<When> {
    Fact::new(When::parse(when, London).unwrap(), Origin::Structured, when, 1.0)
}

fn facts(raw: RawEvent) -> Facts {
    normalise(raw, &seen(), None).unwrap().facts
}

fn start(facts: &Facts) -> String {
    facts.start.as_ref().map(|f| f.value.to_string()).unwrap_or_default()
}

#[test]
fn prose_alone_gives_every_fact_with_its_words() {
    let text = "Tuesday 9 February, 10.30am to 4pm, Weir Mill, Stockport SK1 1AA. £35 (members £25). Apply by 29 January.\nNorthern Museums Network";
    let f = facts_of_text("Pest day", text, &seen());
    assert_eq!(start(&f), "2027-02-09T10:30:00+00:00");
    assert_eq!(f.end.unwrap().value.to_string(), "2027-02-09T16:00:00+00:00");
    assert_eq!(f.deadline.unwrap().value.to_string(), "2027-01-29");
    assert_eq!(f.venue.unwrap().value, "Weir Mill");
    assert_eq!(f.town.unwrap().value, "Stockport");
    assert_eq!(f.postcode.unwrap().value, "SK1 1AA");
    assert_eq!(f.region.unwrap().value, Region::NorthWest);
    assert_eq!(f.provider.unwrap().value, "Northern Museums Network");
    assert_eq!(f.mode.unwrap().value, Mode::InPerson);
    let price = f.price.unwrap();
    assert_eq!((price.value.min.unwrap().minor, price.value.max.unwrap().minor), (2500, 3500));
    assert!(price.evidence.words.contains("£35") && text.contains(&price.evidence.words));
}

#[test]
fn nothing_stated_is_nothing_known() {
    assert_eq!(facts_of_text("Pest day", "A practical day about insects.", &seen()), Facts::default());
}

#[test]
fn structured_times_win_and_prose_is_kept_as_a_conflict() {
    let event = RawEvent { start: Some(structured("2027-02-09T10:00")), ..raw("Tuesday 16 February, 11am") };
    let candidate = normalise(event, &seen(), None).unwrap();
    assert_eq!(start(&candidate.facts), "2027-02-09T10:00:00+00:00");
    assert_eq!(candidate.conflicts, [("start".to_owned(), "2027-02-16T11:00:00+00:00".to_owned())]);
}

#[test]
fn a_text_that_names_the_structured_day_among_others_agrees() {
    let event =
        RawEvent { start: Some(structured("2027-02-09")), ..raw("Our launch is on 2 February 2027. The workshop follows on 9 February 2027, 2pm.") };
    let candidate = normalise(event, &seen(), None).unwrap();
    assert_eq!((start(&candidate.facts).as_str(), candidate.conflicts.len()), ("2027-02-09T14:00:00+00:00", 0));
}

#[test]
fn a_bare_day_takes_the_time_of_the_same_day() {
    let event = RawEvent { start: Some(structured("2027-02-09")), end: Some(structured("2027-02-09")), ..raw("Tuesday 9 February, 10am-1pm") };
    let f = facts(event);
    assert_eq!((start(&f).as_str(), f.end.unwrap().value.to_string().as_str()), ("2027-02-09T10:00:00+00:00", "2027-02-09T13:00:00+00:00"));
    let event = RawEvent { start: Some(structured("2027-02-09")), ..raw("Posted at 10am on 16 February") };
    assert_eq!(start(&facts(event)), "2027-02-09");
}

#[test]
fn midnight_to_midnight_is_a_day_without_a_time() {
    let event = RawEvent { start: Some(structured("2027-02-09T00:00")), end: Some(structured("2027-02-11T00:00")), ..raw("") };
    let f = facts(event);
    assert_eq!((start(&f).as_str(), f.end.unwrap().value.to_string().as_str()), ("2027-02-09", "2027-02-10"));
    let event = RawEvent { start: Some(structured("2027-02-09T00:00")), ..raw("9 February 2027, 2pm") };
    assert_eq!(start(&facts(event)), "2027-02-09T14:00:00+00:00");
}

#[test]
fn a_marked_field_wins_over_running_text() {
    let event = RawEvent { date_words: Some("9 February 2027".into()), ..raw("Last year we met on 3 March. See you there") };
    assert_eq!(start(&facts(event)), "2027-02-09");
    let event = RawEvent { price_words: Some("Free".into()), ..raw("A book of £20 is on sale.") };
    assert!(facts(event).price.unwrap().value.is_free());
    let bare = |field: &str| facts(RawEvent { price_words: Some(field.into()), ..raw("") }).price.and_then(|p| p.value.max).map(|m| m.minor);
    assert_eq!((bare("25.5"), bare("0"), bare("tbc")), (Some(2550), None, None));
}

#[test]
fn words_decide_the_mode_where_structured_data_has_a_default() {
    let offline = Some(Fact::new(Mode::InPerson, Origin::Structured, "OfflineEventAttendanceMode", 1.0));
    let event = RawEvent { mode: offline, ..raw("Webinar, via Zoom. 9 February 2027") };
    let f = facts(event);
    assert_eq!((f.mode.unwrap().value, f.region.unwrap().value), (Mode::Online, Region::Uk));
}

#[test]
fn a_meeting_link_is_never_published() {
    let mut event = RawEvent { url: Some("https://zoom.us/j/123".into()), booking_url: Some("https://a.example/e?utm_source=x".into()), ..raw("") };
    event.place.words = Some("Kirkby Gallery & Library / https://teams.example/l/xyz".into());
    let candidate = normalise(event, &seen(), None).unwrap();
    assert_eq!((candidate.url, candidate.booking_url.as_deref()), (None, Some("https://a.example/e")));
    assert_eq!(candidate.facts.venue.unwrap().value, "Kirkby Gallery & Library");
}

#[test]
fn offers_are_the_price_and_words_may_name_a_free_tier() {
    let offer = |low: &str| RawOffer { name: None, low: Some(low.into()), high: None, currency: Some("GBP".into()) };
    let f = facts(RawEvent { offers: vec![offer("25.00"), offer("12.50")], ..raw("") });
    let price = f.price.unwrap().value;
    assert_eq!((price.min.unwrap().minor, price.max.unwrap().minor), (1250, 2500));
    let f = facts(RawEvent { offers: vec![offer("25")], ..raw("£25, free for members") });
    assert_eq!(f.price.unwrap().value.min.unwrap().minor, 0);
}

#[test]
fn a_title_says_the_status_and_an_empty_one_is_no_event() {
    let event = RawEvent::new(Method::Feed, "CANCELLED:\r\n Pest day\u{202E}");
    let candidate = normalise(event, &seen(), None).unwrap();
    assert_eq!(candidate.title, "CANCELLED: Pest day");
    assert_eq!(candidate.status(), Status::Cancelled);
    assert_eq!(normalise(RawEvent::new(Method::Feed, " \u{200B}\n"), &seen(), None), None);
}

#[test]
fn the_title_dates_an_event_whose_text_has_no_date() {
    let f = facts_of_text("Pest day, 9 February 2027", "Bring traps.", &seen());
    assert_eq!(start(&f), "2027-02-09");
}

#[test]
fn long_hostile_text_is_read_in_linear_steps() {
    // Each of these would take minutes if any reader were quadratic; the sizes are those of the cap.
    for piece in [
        "5, ",
        "1-2-3-",
        "Leeds ",
        "£5 ",
        "free ",
        "10.30-",
        "Mon 1 May ",
        "and the ",
        "online ",
        "May ",
        "((((",
        "'27 ",
        "St ",
        "A.B.",
        ". A Trust",
        "£1,000,",
        "cancelled ",
        "members £ ",
    ] {
        let text = piece.repeat(40_000 / piece.len());
        let _ = facts_of_text("Pest day", &text, &seen());
    }
}

proptest! {
    #[test]
    fn any_event_is_read_without_panic_and_the_same_twice(title in "\\PC{0,60}", text in "\\PC{0,300}", field in "\\PC{0,60}") {
        let event = || {
            let mut e = RawEvent { text: text.clone(), date_words: Some(field.clone()), price_words: Some(field.clone()), url: Some(field.clone()), ..RawEvent::new(Method::Feed, title.clone()) };
            e.place.words = Some(field.clone());
            e
        };
        prop_assert_eq!(normalise(event(), &seen(), None), normalise(event(), &seen(), None));
    }

    #[test]
    fn any_mixture_of_telling_words_is_read_without_panic(words in proptest::collection::vec(prop_oneof![
        Just("£5"), Just("free"), Just("Leeds"), Just("LS1"), Just("4AB"), Just("online"), Just("—"), Just("."), Just(","), Just("é"), Just("with"), Just("Museum"), Just("presents"), Just("\n"),
        Just("’"), Just("10–4"), Just("5 May"), Just("members"), Just("£1,000,000,000"), Just("…"), Just("St"), Just("("), Just("postponed"), Just("to"), Just("Teams"), Just("w/c"),
    ], 0..40), glue in any::<bool>()) {
        let _ = facts_of_text("é — Trust", &words.join(if glue { "" } else { " " }), &seen());
    }
}

#[test]
fn an_offline_default_is_weaker_than_words_that_say_where_it_is_held() {
    let mode = |text: &str| {
        let mut raw = RawEvent { text: text.into(), ..RawEvent::new(Method::JsonLd, "Pest day") };
        raw.place = crate::domain::RawPlace { name: Some("Guild Office".into()), town: Some("Hull".into()), ..Default::default() };
        raw.mode = Some(Fact::new(Mode::InPerson, Origin::Structured, "https://schema.org/OfflineEventAttendanceMode", 0.8));
        let read = normalise(raw, &seen(), None).unwrap();
        (read.facts.mode.unwrap().value, read.conflicts.iter().any(|(field, _)| field == "mode"))
    };
    assert_eq!(mode("This is held online via Zoom."), (Mode::Online, true));
    assert_eq!(mode("The recording will be online afterwards."), (Mode::InPerson, false));
}
