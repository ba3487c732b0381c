//! Spreadsheets as sources: over HTTP, as files, with the operator's columns.

use gleaner::{
    domain::{Columns, SourceKind},
    store::source::NewSource,
};

use crate::{
    collecting::{Desk, source},
    site::{Answer, Site},
};

const NOW: &str = "2026-11-21T12:00:00Z";
const SHEET: &str = "Training for partners;;;\r\nKurs;Tag;Ort;Preis\r\nCaf\u{e9} workshop;04/05/2027;The Mill, Leeds;\u{a3}45\r\nLooms;05/05/2027;The Mill, Leeds;free\r\n";

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

fn mapping() -> Columns {
    toml::from_str("[columns]\ntitle = \"Kurs\"\nstart = \"Tag\"\nplace = \"Ort\"\nprice = \"Preis\"\n").unwrap()
}

#[tokio::test]
async fn a_published_spreadsheet_is_a_source_and_a_changed_row_a_new_revision() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/export?format=csv", Answer::ok("text/csv", latin_1(SHEET)));
    let id = desk.add(source(site.url("/export?format=csv"), SourceKind::Auto)).await;
    assert_eq!(desk.look(&[id], NOW).await.failed, 1, "nothing says what these columns hold");
    desk.add(NewSource { columns: Some(mapping()), ..source(site.url("/export?format=csv"), SourceKind::Auto) }).await;
    let report = desk.look(&[id], "2026-11-22T12:00:00Z").await;
    assert_eq!((report.failed, report.new), (0, 2), "{report:?}");
    assert!(desk.events().await.iter().any(|e| e.title == "Caf\u{e9} workshop"));
    assert_eq!(desk.look(&[id], "2026-11-22T13:00:00Z").await.unchanged, 1);
    site.set("/export?format=csv", Answer::ok("text/csv", latin_1(&SHEET.replace("free", "\u{a3}10"))));
    let report = desk.look(&[id], "2026-11-22T14:00:00Z").await;
    assert_eq!((report.new, report.changed), (0, 1), "{report:?}");
    desk.assert_evidence().await;
}

#[tokio::test]
async fn a_spreadsheet_or_json_on_this_machine_is_a_source() {
    let desk = Desk::open().await;
    let file = |name: &str, body: &str| {
        let path = desk.dir.path().join(name);
        std::fs::write(&path, body).unwrap();
        path.to_string_lossy().into_owned()
    };
    let csv = file("training.csv", "Title,Date,Venue\nLooms,4 May 2027,The Mill\n,5 May 2027,The Mill\n");
    let json = file("training.json", r#"[{"name":"Dyes","start_date":"2027-06-04T10:00:00","venue":"The Mill"}]"#);
    let ids = [desk.add(source(csv, SourceKind::Auto)).await, desk.add(source(json, SourceKind::Auto)).await];
    let report = desk.look(&ids, NOW).await;
    assert_eq!((report.failed, report.new), (0, 2), "{report:?}");
    assert!(report.notes.iter().any(|n| n.contains("line 3: no title")), "{:?}", report.notes);
    assert_eq!(desk.look(&ids, "2026-11-21T13:00:00Z").await.unchanged, 2);
}
