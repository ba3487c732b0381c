//! Tables as spreadsheets and small programs publish them.

use proptest::prelude::*;

use super::*;
use crate::collect::normalise::normalise;

fn reading() -> Reading {
    Reading::british("2026-11-21T12:00:00Z".parse().unwrap())
}

fn show(events: Vec<RawEvent>) -> Vec<String> {
    let base = Url::parse("https://sheets.example/training.csv").ok();
    events
        .into_iter()
        .filter_map(|e| normalise(e, &reading(), base.as_ref()))
        .map(|c| {
            let when = |w: &Option<Fact<When>>| w.as_ref().map(|w| w.value.to_string()).unwrap_or_default();
            let (venue, town) = (c.facts.venue.as_ref(), c.facts.town.as_ref());
            let place = venue.or(town).map(|v| v.value.clone()).unwrap_or_default();
            let price = c.facts.price.as_ref().and_then(|p| p.value.max).map(|m| m.minor.to_string()).unwrap_or_default();
            format!("{}|{}|{}|{place}|{price}|{}", c.title, when(&c.facts.start), when(&c.facts.end), c.url.unwrap_or_default())
        })
        .collect()
}

fn read_csv(source: &str, columns: Option<&Columns>) -> (Vec<String>, Vec<String>) {
    let mut notes = Vec::new();
    let events = csv(source, None, &reading(), columns, &mut notes).unwrap();
    (show(events), notes)
}

#[test]
fn a_partners_spreadsheet_is_read_as_it_comes() {
    let comma = "Event title,Date,Start time,End time,Venue,Cost,Link\n\
        Looking after textiles,04/05/2027,10:00,16:00,The Mill,£45,https://mill.example/textiles\n";
    let expected = ["Looking after textiles|2027-05-04T10:00:00+01:00|2027-05-04T16:00:00+01:00|The Mill|4500|https://mill.example/textiles"];
    for source in [
        comma.to_owned(),
        format!("\u{feff}{comma}"),
        comma.replace(',', ";"),
        comma.replace(',', "\t"),
        comma.replace('\n', "\r\n"),
        format!("Training offered by our partners,,,,,,\n,,,,,,\n{comma}"),
    ] {
        assert_eq!(read_csv(&source, None).0, expected, "{source}");
    }
}

#[test]
fn dates_of_every_kind_that_sheets_write_are_read() {
    for (cell, expected) in [
        ("2027-05-04", "2027-05-04"),
        ("2027-05-04T10:00:00Z", "2027-05-04T11:00:00+01:00"),
        ("2027-05-04 10:00:00", "2027-05-04T10:00:00+01:00"),
        ("46511", "2027-05-04"),
        ("46511.5", "2027-05-04T12:00:00+01:00"),
        ("1809421200", "2027-05-04T10:00:00+01:00"),
        ("1809421200000", "2027-05-04T10:00:00+01:00"),
        ("Tuesday 4 May 2027 10am", "2027-05-04T10:00:00+01:00"),
    ] {
        let (found, notes) = read_csv(&format!("Title,When,Venue\nLooms,{cell},Leeds\n"), None);
        assert_eq!(found[0].split('|').nth(1), Some(expected), "{cell} {notes:?}");
    }
}

#[test]
fn a_bad_row_is_noted_with_its_line_and_hides_no_other() {
    let source = "Title,Date,Venue,Link\n\"Dyes, and\nmore\",4 May 2027,Hull,\n,5 May 2027,Hull,\nLooms,soonish,Hull,ask us\n,,,\nFelt,6 May 2027,Hull,www.felt.example/a\n";
    let (found, notes) = read_csv(source, None);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[2], "Felt|2027-05-06||Hull||https://www.felt.example/a");
    assert_eq!(
        notes,
        ["line 4: no title; the row was left out", "line 5: `soonish` is no date; the event has none", "line 5: `ask us` is no public web address"]
    );
}

#[test]
fn a_formula_stays_text() {
    let (found, _) = read_csv("Title,Date,Link\n\"=HYPERLINK(\"\"https://a.example/\"\",\"\"Looms\"\")\",4 May 2027,\"=IMPORTXML(1)\"\n", None);
    assert_eq!(found, ["=HYPERLINK(\"https://a.example/\",\"Looms\")|2027-05-04||||"]);
}

#[test]
fn the_operator_names_columns_that_say_nothing() {
    let columns: Columns = toml::from_str("[columns]\ntitle = \"What\"\nstart = \"Tag\"\nplace = \"Ort\"\n").unwrap();
    let (found, _) = read_csv("Nr,What,Tag,Ort\n1,Looms,04/05/2027,Hull\n", Some(&columns));
    assert_eq!(found, ["Looms|2027-05-04||Hull||"]);
    let error = csv("Nr,A,B\n1,2,3\n", None, &reading(), None, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("--columns"), "{error}");
    assert!(toml::from_str::<Columns>("[columns]\nheadline = \"x\"\n").is_err(), "an unknown fact is a mistake");
}

#[test]
fn json_objects_are_rows() {
    let source = r#"{"ok":true,"data":{"items":[{"id":7,"name":{"text":"Looms"},"start":{"local":"2027-05-04T10:00:00"},"venue":{"name":"The Mill","city":"Hull"},"url":"https://a.example/7"},
        {"id":8,"name":{"text":"Dyes"},"start":{"local":"2027-06-04"}}]}}"#;
    let events = json(source, None, &reading(), None, &mut Vec::new()).unwrap();
    assert_eq!(show(events), ["Looms|2027-05-04T10:00:00+01:00||The Mill||https://a.example/7", "Dyes|2027-06-04||||"]);
    let columns: Columns = toml::from_str("rows = \"data.items\"\n[columns]\ntitle = \"name.text\"\nstart = \"start.local\"\n").unwrap();
    assert_eq!(json(source, None, &reading(), Some(&columns), &mut Vec::new()).unwrap().len(), 2);
}

#[test]
fn prose_is_no_table() {
    for text in ["Training event, date to be confirmed, venue tbc\nCome to our event, on 4 May, in Hull", "Just words", "a,b,c\n1,2,3", ""] {
        assert!(!looks_like(text), "{text}");
    }
    assert!(looks_like("Course,Date,Venue\nLooms,4 May 2027,Hull\n"));
}

proptest! {
    #[test]
    fn no_table_makes_it_panic(source in "(Title|Date|[,;\t\n\"=]|[a-z0-9/:. ]{0,9}){0,60}") {
        let _ = csv(&source, None, &reading(), None, &mut Vec::new());
        let _ = json(&source, None, &reading(), None, &mut Vec::new());
        let _ = looks_like(&source);
    }
}
