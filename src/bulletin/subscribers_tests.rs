//! Imports and exports over a real database.

use super::*;
use crate::domain::{Basis, Preferences, SuppressionReason};
use crate::store::sample::{self, Sample};

fn at() -> DateTime<Utc> {
    "2027-03-01T09:00:00Z".parse().unwrap()
}

fn is_term(facet: Facet, term: &str) -> bool {
    matches!((facet, term), (Facet::Region, "nw" | "yh") | (Facet::Audience, "free") | (Facet::Subsector, "mus") | (Facet::TimeOfDay, "eve"))
}

struct Desk {
    sample: Sample,
    secret: Secret,
    intake: Intake,
}

impl Desk {
    async fn new() -> Self {
        let sample = sample::store().await;
        let intake = Intake { organisation: sample.organisation, bulletin: sample.bulletin, basis: Basis::Consent, note: "spring fair".into() };
        Self { sample, secret: Secret::from_bytes([3; 32]), intake }
    }

    async fn import(&self, csv: impl AsRef<[u8]>) -> ImportReport {
        import(&self.sample.store, &self.secret, csv.as_ref(), &self.intake, is_term, at()).await.unwrap()
    }

    async fn person(&self, email: &str) -> crate::store::subscriber::Subscriber {
        self.sample.store.subscriber_by_email(self.intake.organisation, &address(email)).await.unwrap().unwrap()
    }

    async fn export(&self) -> String {
        let mut out = Vec::new();
        export(&self.sample.store, self.intake.bulletin, &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    }
}

fn address(s: &str) -> EmailAddress {
    EmailAddress::parse(s).unwrap()
}

fn counts(r: &ImportReport) -> (u64, u64, u64, u64, usize) {
    (r.imported, r.updated, r.unchanged, r.suppressed, r.rejected.len())
}

#[tokio::test]
async fn a_spreadsheet_may_separate_columns_by_semicolon_or_tab() {
    let desk = Desk::new().await;
    let semicolons = b"\xEF\xBB\xBFemail;name;region\r\njo@example.org;Zo\xEB;\"nw;yh\"\r\n";
    assert_eq!(counts(&desk.import(semicolons).await), (1, 0, 0, 0, 0));
    let jo = desk.person("jo@example.org").await;
    assert_eq!((jo.name.as_str(), jo.preferences.region), ("Zo\u{EB}", vec!["nw".to_owned(), "yh".to_owned()]));
    assert_eq!(counts(&desk.import("email\tname\nkim@example.org\tKim\n").await), (1, 0, 0, 0, 0));
}

#[tokio::test]
async fn people_come_in_once_and_changes_are_told_from_repeats() {
    let desk = Desk::new().await;
    let csv =
        "\u{FEFF}email,name,region,aud,cost_max,frequency\r\nJo@Example.org,\"Reader, Jo\",NW;yh,free,£12.5,weekly\r\nkim@example.org,Kim,,,,\r\n";
    assert_eq!(counts(&desk.import(csv).await), (2, 0, 0, 0, 0));
    assert_eq!(counts(&desk.import(csv).await), (0, 0, 2, 0, 0));
    let jo = desk.person("jo@example.org").await;
    let wanted = Preferences {
        region: vec!["nw".into(), "yh".into()],
        audience: vec!["free".into()],
        cost_max: Some(Money::pence(1250)),
        frequency: Frequency::Weekly,
        ..Preferences::default()
    };
    assert_eq!((jo.name.as_str(), &jo.preferences), ("Reader, Jo", &wanted));
    assert_eq!(counts(&desk.import("email,region\njo@example.org,nw\n").await), (0, 1, 0, 0, 0));
    let jo = desk.person("jo@example.org").await;
    assert_eq!(
        (jo.name.as_str(), jo.preferences.region.len(), jo.preferences.audience.len()),
        ("Reader, Jo", 1, 1),
        "columns that are not there change nothing"
    );
}

#[tokio::test]
async fn bad_lines_are_named_and_the_rest_comes_in() {
    let desk = Desk::new().await;
    let csv = b"email,name,sub\njo@example.org,Zo\xEB,mus\nnobody,X,\n\"a@example.org\",\"two\nlines\",dance\nb@example.org,too,many,cells\njo@example.org,Zo\xC3\xAB,mus\n";
    let report = desk.import(csv).await;
    assert_eq!(counts(&report), (2, 0, 1, 0, 2));
    assert_eq!(report.rejected.iter().map(|p| p.line).collect::<Vec<_>>(), [3, 6]);
    assert!(report.warnings[0].line == 4 && report.warnings[0].reason.contains("`dance` is not a term of subsector"), "{:?}", report.warnings);
    assert_eq!(desk.person("jo@example.org").await.name, "Zoë");
    assert_eq!(desk.person("a@example.org").await.name, "two lines");
}

#[tokio::test]
async fn a_file_with_another_header_is_refused_in_words() {
    let desk = Desk::new().await;
    for (csv, says) in
        [("", "empty"), ("name\nJo\n", "no `email`"), ("email,colour\n", "`colour`"), ("email,email\n", "twice"), ("\u{FEFF}mail\n", "`mail`")]
    {
        let error = import(&desk.sample.store, &desk.secret, csv.as_bytes(), &desk.intake, is_term, at()).await.unwrap_err();
        assert!(error.to_string().contains(says), "{csv:?}: {error}");
    }
}

#[tokio::test]
async fn an_import_brings_nobody_back() {
    let desk = Desk::new().await;
    let csv = "email,name\nleft@example.org,\ngone@example.org,\nhard@example.org,\n";
    desk.import(csv).await;
    let store = &desk.sample.store;
    let left = desk.person("left@example.org").await;
    let claim = crate::feedback::links::Claim {
        purpose: crate::feedback::links::Purpose::Unsubscribe,
        subscriber: left.id,
        bulletin: desk.intake.bulletin,
        until: None,
        nonce: 0,
    };
    let channel = crate::feedback::reader::Channel { name: "one_click", note: "", origin: None };
    crate::feedback::reader::unsubscribe(store, &desk.secret, &claim, channel, at()).await.unwrap();
    let gone = address("gone@example.org");
    assert!(store.forget(desk.intake.organisation, &gone, &desk.secret.email_hash(&gone), at()).await.unwrap());
    let hard = desk.person("hard@example.org").await;
    let hash = desk.secret.email_hash(&hard.email);
    store.suppress_subscriber(hard.id, &hash, SuppressionReason::Bounced, "550 no such user", at()).await.unwrap();
    assert_eq!(counts(&desk.import(csv).await), (0, 0, 0, 3, 0));
    assert_eq!(store.subscriber_by_email(desk.intake.organisation, &gone).await.unwrap(), None);
    assert_eq!(desk.export().await.lines().count(), 1, "the header alone");
}

#[tokio::test]
async fn what_goes_out_comes_in_again_and_runs_in_no_spreadsheet() {
    let desk = Desk::new().await;
    desk.import(
        "email,name,region,cost_max\njo@example.org,\"=HYPERLINK(\"\"x\"\")\",nw;yh,0\n-dash@example.org,@kim,,\nquoted@example.org,\"''=1+1\",,\n",
    )
    .await;
    let csv = desk.export().await;
    assert!(csv.contains("\"'=HYPERLINK(\"\"x\"\")\"") && csv.contains("'-dash@example.org,'@kim"), "{csv}");
    assert_eq!(desk.person("quoted@example.org").await.name, "'=1+1", "one apostrophe is the spreadsheet's");
    assert_eq!(counts(&desk.import(&csv).await), (0, 0, 3, 0, 0));
}

#[tokio::test]
async fn every_preference_goes_out_and_comes_in_again() {
    let desk = Desk::new().await;
    let csv = "email,name,region,sub,aud,stage,need,cost_max,format,frequency,time,authority,lcep\n\
        jo@example.org,Jo,nw;yh,mus,free,,,45.50,,instant,eve,leeds;york,leeds-lcep\n";
    let report = desk.import(csv).await;
    assert!(report.warnings.is_empty(), "{report:?}");
    assert_eq!(desk.export().await, csv);
    let jo = desk.person("jo@example.org").await.preferences;
    assert_eq!(
        (jo.time_of_day, jo.authority.len(), jo.lcep, jo.frequency),
        (vec!["eve".into()], 2, vec!["leeds-lcep".to_owned()], Frequency::Instant)
    );
    let report = desk.import("email,name,time,authority,lcep\nkim@example.org,,dawn,atlantis,No Slug\n").await;
    let reasons: Vec<&str> = report.warnings.iter().map(|w| w.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "`dawn` is not a term of time_of_day; left out",
            "`atlantis` is not a term of authority; left out",
            "`no slug` is not a term of lcep; left out"
        ]
    );
}

/// Run in release: `cargo test --release --lib -- --ignored --nocapture hundred_thousand_lines`.
#[tokio::test]
#[ignore = "a measurement"]
async fn hundred_thousand_lines() {
    use std::fmt::Write as _;
    let desk = Desk::new().await;
    let mut csv = String::from("email,name,region,aud,sub\n");
    for i in 0..100_000 {
        let _ = writeln!(csv, "reader{i}@example.org,Reader {i},nw;yh,free,mus");
    }
    for _ in 0..2 {
        let began = std::time::Instant::now();
        let report = desk.import(&csv).await;
        println!("100,000 lines in {:?}: {:?}", began.elapsed(), counts(&report));
    }
}
