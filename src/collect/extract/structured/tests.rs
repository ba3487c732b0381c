//! JSON-LD and microdata as sites really write them, with invented values.

use super::*;

fn read_page(source: &str) -> Vec<RawEvent> {
    let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
    let base = Url::parse("https://museum.example/events/").unwrap();
    page(&html::parse(source).html, Some(&base), &reading, &mut Vec::new())
}

fn ld(json: &str) -> Vec<RawEvent> {
    read_page(&format!("<script type='application/ld+json'>{json}</script>"))
}

fn one(fields: &str) -> RawEvent {
    ld(&format!(r#"{{"@context":"http://schema.org","@type":"EducationEvent","name":"Pests &amp; moulds","startDate":"2027-05-04T10:00:00+01:00",{fields}"x":1}}"#)).remove(0)
}

#[test]
fn an_event_with_everything() {
    let e = one(
        r#""endDate":"2027-05-04T13:00:00+01:00","url":"/event/x","@id":"https://museum.example/event/x#event","description":"<p>All about it</p>",
        "location":{"@type":"Place","name":"Old Customs House","address":{"@type":"PostalAddress","streetAddress":"1 Quay","addressLocality":"Hull","postalCode":"HU1 1AA"}},
        "organizer":{"@type":"Organization","name":"Humber Museums"},"eventStatus":"https://schema.org/EventPostponed","eventAttendanceMode":"https://schema.org/MixedEventAttendanceMode",
        "offers":{"@type":"AggregateOffer","lowPrice":"25","highPrice":45,"priceCurrency":"£","url":"https://tickets.example/x"},"#,
    );
    assert_eq!(e.title, "Pests & moulds");
    assert_eq!(e.start.unwrap().value.to_string(), "2027-05-04T10:00:00+01:00");
    assert_eq!(e.place.town.as_deref(), Some("Hull"));
    assert_eq!(e.provider.as_deref(), Some("Humber Museums"));
    assert_eq!(e.status.unwrap().value, Status::Postponed);
    assert_eq!(e.mode.unwrap().value, Mode::Hybrid);
    assert_eq!((e.offers[0].low.as_deref(), e.offers[0].high.as_deref()), (Some("25"), Some("45")));
    assert_eq!(e.booking_url.as_deref(), Some("https://tickets.example/x"));
    assert_eq!((e.native_id.as_deref(), e.url.as_deref()), (Some("https://museum.example/event/x#event"), Some("https://museum.example/event/x")));
    assert_eq!(e.text, "All about it");
}

#[test]
fn a_default_zero_is_no_price() {
    assert!(one(r#""offers":{"@type":"Offer","price":"0"},"#).offers.is_empty());
    assert_eq!(one(r#""offers":{"@type":"Offer","price":"0.00"},"description":"A free talk","#).offers.len(), 1);
    assert_eq!(one(r#""isAccessibleForFree":true,"offers":{"price":0},"#).price_words.as_deref(), Some("Free"));
    assert_eq!(
        one(r#""offers":[{"@type":"AggregateOffer"},{"@type":"Offer","name":"Full","price":8},{"@type":"Offer","name":"Students","price":0}],"#)
            .offers
            .len(),
        2
    );
}

#[test]
fn places_of_every_shape() {
    assert_eq!(one(r#""location":"Town Hall, Hull","#).place.words.as_deref(), Some("Town Hall, Hull"));
    assert_eq!(one(r#""location":{"@type":"VirtualLocation","url":"https://zoom.us/j/1"},"#).mode.unwrap().value, Mode::Online);
    let both = one(r#""location":[{"@type":"VirtualLocation"},{"@type":"Place","name":"Hall","address":"1 Quay, Hull"}],"#);
    assert_eq!((both.mode.unwrap().value, both.place.address.as_deref()), (Mode::Hybrid, Some("1 Quay, Hull")));
}

#[test]
fn events_are_found_wherever_they_are_nested() {
    for json in [
        r#"{"@graph":[{"@type":"WebSite"},{"@type":"Event","name":"A","startDate":"2027-05-04"}]}"#,
        r#"{"@type":"ItemList","itemListElement":[{"@type":"ListItem","item":{"@type":"MusicEvent","name":"A","startDate":"2027-05-04"}}]}"#,
        r#"{"@type":"Place","event":[{"@type":["Event","Thing"],"name":"A","startDate":"2027-05-04"}]}"#,
        r#"{"@type":"Course","name":"A","provider":{"name":"P"},"hasCourseInstance":{"@type":"CourseInstance","startDate":"2027-05-04","courseMode":"Online"}}"#,
        r#"[{"@type":"https://schema.org/Event","name":"A","startDate":"2027-05-04"},]"#,
    ] {
        let events = ld(json);
        assert_eq!(events.iter().map(|e| e.title.as_str()).collect::<Vec<_>>(), ["A"], "{json}");
        assert_eq!(events[0].start.as_ref().unwrap().value.to_string(), "2027-05-04");
    }
}

#[test]
fn references_are_followed() {
    let events = ld(
        r##"{"@graph":[{"@type":"Event","name":"A","startDate":"2027-05-04","location":{"@id":"#hall"}},{"@id":"#hall","@type":"Place","name":"Hall"}]}"##,
    );
    assert_eq!(events[0].place.name.as_deref(), Some("Hall"));
}

#[test]
fn unnamed_sub_events_are_sittings_and_named_ones_are_events() {
    let series = ld(
        r#"{"@type":"Event","name":"A","startDate":"2027-05-04","subEvent":[{"@type":"Event","startDate":"2027-05-11"},{"@type":"Event","startDate":"2027-05-04"}]}"#,
    );
    assert_eq!(series.len(), 1);
    assert_eq!(series[0].sessions.iter().map(|s| s.start.to_string()).collect::<Vec<_>>(), ["2027-05-04", "2027-05-11"]);
    assert_eq!(
        ld(r#"{"@type":"Festival","name":"A","startDate":"2027-05-04","subEvent":[{"@type":"Event","name":"B","startDate":"2027-05-11"}]}"#).len(),
        2
    );
}

#[test]
fn microdata_rdfa_and_microformats_are_read_the_same_way_and_once() {
    let micro = "<div itemscope itemtype='https://schema.org/Event'><h2 itemprop=name>A</h2><time itemprop=startDate datetime='2027-05-04T10:00'>4 May</time>\
        <div itemprop=location itemscope itemtype='https://schema.org/Place'><span itemprop=name>Hall</span></div><a itemprop=url href='x'>more</a></div>";
    let rdfa = "<div vocab='https://schema.org/' typeof=Event><h2 property=name>A</h2><time property=startDate datetime='2027-05-04T10:00'>4 May</time>\
        <div property=location typeof=Place><span property=name>Hall</span></div></div>";
    let mf2 = "<div class=h-event><h2 class=p-name>A</h2><time class=dt-start datetime='2027-05-04 10:00'>4 May</time><span class=p-location>Hall</span></div>";
    let json =
        "<script type='application/ld+json'>{\"@type\":\"Event\",\"name\":\"A\",\"startDate\":\"2027-05-04T10:00\",\"location\":\"Hall\"}</script>";
    for source in [micro, rdfa, mf2] {
        let events = read_page(source);
        assert_eq!(events.len(), 1, "{source}");
        assert_eq!(events[0].start.as_ref().unwrap().value.to_string(), "2027-05-04T10:00:00+01:00");
        assert_eq!(events[0].place.name.as_deref().or(events[0].place.words.as_deref()), Some("Hall"));
        assert_eq!(read_page(&format!("{json}{source}")).len(), 1);
    }
}

#[test]
fn what_an_event_leaves_out_is_taken_from_around_it() {
    for (json, place) in [
        (r#"{"@type":"Place","name":"Hall","address":"1 Quay, Hull","event":[{"@type":"Event","name":"A","startDate":"2027-05-04"}]}"#, "Hall"),
        (
            r#"{"@type":"Festival","name":"F","startDate":"2027-05-04","location":{"@type":"Place","name":"Hall"},"subEvent":[{"@type":"Event","name":"A","startDate":"2027-05-04"}]}"#,
            "Hall",
        ),
        (
            r#"{"@type":"Event","name":"A","startDate":"2027-05-04","superEvent":{"@type":"Event","name":"F","location":{"@type":"Place","name":"Hall"}}}"#,
            "Hall",
        ),
    ] {
        let event = ld(json).into_iter().find(|e| e.title == "A").unwrap();
        assert_eq!(event.place.name.as_deref(), Some(place), "{json}");
    }
    let organised = ld(r#"{"@type":"MuseumOrganization","name":"Guild","event":{"@type":"Event","name":"A","startDate":"2027-05-04"}}"#);
    assert_eq!((organised[0].provider.as_deref(), organised[0].place.name.as_deref()), (Some("Guild"), None));
}

#[test]
fn a_course_sits_by_its_schedule() {
    let course = |schedule: &str| {
        ld(&format!(
            r#"{{"@type":"Course","name":"Lettering","provider":{{"name":"Guild"}},"hasCourseInstance":{{"@type":"CourseInstance","courseMode":"onsite","courseSchedule":{schedule}}}}}"#
        ))
        .remove(0)
    };
    let weekly = course(
        r#"{"@type":"Schedule","startDate":"2027-05-04","endDate":"2027-05-18","repeatFrequency":"P1W","startTime":"10:00","endTime":"12:00"}"#,
    );
    assert_eq!(weekly.sessions.len(), 3);
    assert_eq!(weekly.end.unwrap().value.to_string(), "2027-05-18T12:00:00+01:00");
    let workload = course(
        r#"{"@type":"Schedule","startDate":"2027-05-04","endDate":"2027-05-18","repeatFrequency":"Daily","repeatCount":15,"duration":"PT3H"}"#,
    );
    assert_eq!((workload.start.unwrap().value.to_string(), workload.sessions.len()), ("2027-05-04".to_owned(), 0));
}

#[test]
fn statuses_in_every_spelling() {
    for (stated, expected) in [
        ("https://schema.org/EventCancelled", Some(Status::Cancelled)),
        ("http://schema.org/EventPostponed", Some(Status::Postponed)),
        ("EventRescheduled", Some(Status::Rescheduled)),
        ("schema:EventCancelled", Some(Status::Cancelled)),
        ("https://schema.org/EventScheduled", None),
    ] {
        assert_eq!(one(&format!(r#""eventStatus":"{stated}","#)).status.map(|s| s.value), expected, "{stated}");
    }
    assert_eq!(one(r#""eventStatus":"EventScheduled","previousStartDate":"2027-03-01","#).status.unwrap().value, Status::Rescheduled);
}

#[test]
fn an_offline_default_is_weaker_than_words() {
    let offline = r#""eventAttendanceMode":"https://schema.org/OfflineEventAttendanceMode","#;
    assert_eq!(one(&format!(r#"{offline}"description":"Online via Zoom","#)).mode, None);
    assert_eq!(one(&format!(r#"{offline}"location":{{"@type":"VirtualLocation","url":"https://x.example/"}},"#)).mode.unwrap().value, Mode::Online);
    assert_eq!(
        one(&format!(r#"{offline}"location":{{"@type":"Place","name":"Hall","address":"1 Quay, Hull"}},"#)).mode.unwrap().value,
        Mode::InPerson
    );
}

#[test]
fn in_stock_says_nothing_and_free_in_words_does() {
    let e = one(r#""offers":{"@type":"Offer","price":"0","availability":"https://schema.org/InStock"},"#);
    assert!(e.offers.is_empty() && e.price_words.is_none() && e.status.is_none());
    assert_eq!(one(r#""offers":{"@type":"Offer","price":"Free"},"#).price_words.as_deref(), Some("Free"));
    assert_eq!(one(r#""offers":{"price":"12","availability":"https://schema.org/SoldOut"},"#).status.unwrap().value, Status::SoldOut);
}

#[test]
fn two_sittings_of_a_day_are_two_and_two_syntaxes_are_one() {
    let two = ld(
        r#"[{"@type":"Event","name":"A","startDate":"2027-05-04T10:00"},{"@type":"Event","name":"A","startDate":"2027-05-04T14:00"},{"@type":"Event","name":"A","startDate":"2027-05-04T14:00"}]"#,
    );
    assert_eq!(two.len(), 2);
    let micro = "<div itemscope itemtype='https://schema.org/Event' class=vevent><b itemprop=name class=summary>A</b><time itemprop=startDate class=dtstart datetime='2027-05-04'>4 May</time></div>";
    assert_eq!(read_page(micro).len(), 1);
}

#[test]
fn deep_and_endless_data_are_cut_and_said() {
    let mut notes = Vec::new();
    let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
    let deep = format!("{}{{\"@type\":\"Event\",\"name\":\"A\"}}{}", "[".repeat(80), "]".repeat(80));
    assert!(value(&serde_json::from_str(&deep).unwrap(), None, &reading, &mut notes).is_empty());
    assert!(notes[0].contains("nested deeper"), "{notes:?}");
    let many: Vec<Value> = (0..10_050).map(|n| serde_json::json!({"@type": "Event", "name": format!("A{n}")})).collect();
    notes.clear();
    assert_eq!(value(&Value::from(many), None, &reading, &mut notes).len(), 10_000);
    assert!(notes[0].contains("more than 10000 events"), "{notes:?}");
}

proptest::proptest! {
    #[test]
    fn no_markup_makes_a_reader_panic(
        source in "(<div class='h-event|vevent'>|<b class='p-name dtstart value'>|<time class=dt-start datetime='|2027-05-04|T10|é|' >|<i itemscope itemprop=startDate itemref='a b' id=a>|<p typeof=Event property='x:name' resource='#a'>|</div>|7pm|12|:|-){0,40}"
    ) {
        read_page(&source);
    }
}
