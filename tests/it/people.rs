//! People over time, on a database on disk: the ledger that only grows, sign-ups that outlive a restart, digests that catch up, alerts.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use gleaner::{
    app::App,
    curate::segments::{self, Asked},
    domain::{Basis, EditionId, EditionState, Nothing, PersonIs, Rule},
    feedback::sign_up::{self, Wish},
    store::subscriber_batch::Intake,
};
use tokio_util::sync::CancellationToken;

use crate::{
    program::{self, Program, email, monday, page, training_day},
    site::Answer,
};

async fn import(app: &App, csv: &str) {
    let bulletin = program::bulletin(app).await;
    let intake = Intake { organisation: bulletin.organisation_id, bulletin: bulletin.id, basis: Basis::Corporate, note: "list of the body".into() };
    let report = gleaner::cli::subscribers::import_from(app, csv.as_bytes(), &intake).await.unwrap();
    assert!(report.rejected.is_empty() && report.warnings.is_empty(), "{report:?}");
}

async fn deliver(app: &App, edition: EditionId) {
    app.deliver(edition, std::sync::Arc::new(|_| ()), CancellationToken::new()).await.unwrap();
}

/// The titles among `titles` that the newest mails hold, by recipient.
fn told(mails: &[Vec<u8>], to: &str, titles: &[&str]) -> Vec<Vec<String>> {
    let parser = mail_parser::MessageParser::default();
    let parsed = mails.iter().map(|m| parser.parse(m).unwrap());
    let theirs = parsed.filter(|m| m.to().and_then(|t| t.first()?.address().map(str::to_owned)).as_deref() == Some(to));
    let of = |text: &str| titles.iter().filter(|t| text.contains(**t)).map(|t| (*t).to_owned()).collect();
    theirs.map(|m| of(&m.body_text(0).unwrap().replace('\n', " "))).collect()
}

#[tokio::test]
async fn the_consent_ledger_only_grows() {
    let program = Program::new("", &page(&[])).await;
    let app = program.at(monday()).await;
    import(&app, "email,name\njo@reader.example,Jo\n").await;
    for change in [
        "DELETE FROM consent",
        "UPDATE consent SET basis = 'consent'",
        "UPDATE consent SET at = NULL, subscriber_id = NULL",
        "UPDATE consent SET note = 'of their own will'",
        "INSERT OR REPLACE INTO consent SELECT * FROM consent",
    ] {
        let error = sqlx::query(change).execute(app.store.write()).await.unwrap_err().to_string();
        assert!(error.contains("append-only") || error.contains("NOT NULL"), "{change}: {error}");
    }
    let organisation = program::bulletin(&app).await.organisation_id;
    let hash = app.secret.email_hash(&email("jo@reader.example"));
    let history = app.store.consent_history(organisation, &hash).await.unwrap();
    assert_eq!((history.len(), history[0].basis, history[0].note.as_str()), (1, Basis::Corporate, "list of the body"));
    assert!(app.store.forget(organisation, &email("jo@reader.example"), &hash, monday()).await.unwrap(), "erasure takes only the link to the person");
    assert_eq!(app.store.consent_history(organisation, &hash).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_sign_up_outlives_the_program_and_is_answered_once() {
    let program = Program::new("", &page(&[])).await;
    let app = program.at(monday()).await;
    let (jo, bulletin) = (email("jo@reader.example"), program::bulletin(&app).await.id);
    let wish = Wish { bulletin, email: &jo, name: "Free pills at http://spam.example", wording: "sign-up page 2", origin: "192.0.2.7" };
    assert!(sign_up::keep(&app.store, &app.secret, &wish, app.sign_up_limits(), monday()).await.unwrap());
    app.store.close().await;
    drop(app);
    let app = program.at(monday() + TimeDelta::hours(1)).await;
    assert_eq!(app.tend_sign_ups().await.unwrap(), 1);
    assert_eq!(app.tend_sign_ups().await.unwrap(), 0);
    let mails = program.outbox();
    assert_eq!(mails.len(), 1);
    assert!(!String::from_utf8_lossy(&mails[0]).contains("pills"), "nothing but the address is the submitter's");
    assert_eq!(app.store.count_sign_ups().await.unwrap(), 0);
}

#[tokio::test]
async fn who_reads_once_a_week_catches_up_and_is_told_nothing_twice() {
    let titles = ["Collections care training", "Fundraising training", "Evaluation training", "Marketing training"];
    let events: Vec<serde_json::Value> = (0..4).map(|n| training_day(titles[n], &format!("2027-04-{:02}T10:00:00+00:00", 6 + n))).collect();
    let program = Program::new("", &page(&events[..1])).await;
    let app = program.at(monday()).await;
    import(&app, "email,name,frequency\neach@reader.example,,each\nweek@reader.example,,weekly\nmonth@reader.example,,monthly\n").await;
    let mut editions = Vec::new();
    for (days, shown) in [(0, 1), (2, 2), (7, 3), (31, 4)] {
        program.site.set("/events", Answer::ok("text/html; charset=utf-8", page(&events[..shown]).as_str()));
        let app = program.at(monday() + TimeDelta::days(days)).await;
        program::collect(&app).await;
        editions.push(program::send_edition(&app).await);
    }
    let mails = program.outbox();
    let list = |of: &[&[usize]]| -> Vec<Vec<String>> { of.iter().map(|m| m.iter().map(|n| titles[*n].to_owned()).collect()).collect() };
    let sorted = |mut got: Vec<Vec<String>>| {
        got.sort_by_key(|m| titles.iter().position(|t| m.contains(&(*t).to_owned())));
        got
    };
    assert_eq!(sorted(told(&mails, "each@reader.example", &titles)), list(&[&[0], &[1], &[2], &[3]]));
    assert_eq!(sorted(told(&mails, "week@reader.example", &titles)), list(&[&[0], &[1, 2], &[3]]), "what they missed on Wednesday comes on Monday");
    assert_eq!(sorted(told(&mails, "month@reader.example", &titles)), list(&[&[0], &[1, 2, 3]]));
    assert_eq!(app.store.nothing_for(editions[1]).await.unwrap(), [(Nothing::NotDue, 2)].into());
    assert_eq!(app.store.nothing_for(editions[2]).await.unwrap(), [(Nothing::NotDue, 1)].into());
}

/// Closes for booking on Friday.
fn closing(title: &str) -> serde_json::Value {
    let mut event = training_day(title, "2027-03-16T10:00:00+00:00");
    event["description"] = "A practical fundraising workshop for museum staff. Booking closes on 5 March 2027.".into();
    event
}

#[tokio::test]
async fn an_alert_goes_once_a_day_to_those_who_want_it_and_the_edition_does_not_repeat_it() {
    let title = "Fundraising training for museums";
    let program = Program::new("approval = \"auto\"", &page(&[closing(title)])).await;
    let app = program.at(monday()).await;
    program::collect(&app).await;
    import(&app, "email,name,frequency,need\nnow@reader.example,,instant,fund\nlater@reader.example,,each,\nother@reader.example,,instant,ict\n")
        .await;
    let bulletin = program::bulletin(&app).await;
    assert_eq!(program.at(monday() - TimeDelta::hours(6)).await.tend_alerts(&bulletin).await.unwrap(), 0, "nobody is disturbed at night");
    assert_eq!(app.tend_alerts(&bulletin).await.unwrap(), 1);
    assert_eq!(app.tend_alerts(&bulletin).await.unwrap(), 0, "once a day");
    let alert = *app.store.alerts(bulletin.id).await.unwrap().first().unwrap();
    deliver(&app, alert).await;
    let mails = program.outbox();
    assert_eq!(mails.len(), 1, "to her who asked for it and is interested");
    assert_eq!(told(&mails, "now@reader.example", &[title]), [[title.to_owned()]]);
    let tomorrow = program.at(monday() + TimeDelta::days(1)).await;
    assert_eq!(tomorrow.tend_alerts(&bulletin).await.unwrap(), 0, "not again unless it changed");

    let edition = program::send_edition(&tomorrow).await;
    let row = tomorrow.store.edition(edition).await.unwrap();
    assert_eq!((row.number, row.items.len(), row.state), (1, 1, EditionState::Sent), "an alert takes no number and tells nobody else");
    let mails = program.outbox();
    assert_eq!(told(&mails, "now@reader.example", &[title]).len(), 1);
    assert_eq!(told(&mails, "later@reader.example", &[title]).len(), 1);
    assert_eq!(tomorrow.store.nothing_for(edition).await.unwrap(), [(Nothing::ToldBefore, 1)].into());
}

#[tokio::test]
async fn under_a_policy_that_asks_for_a_person_no_alert_runs_ahead_of_one() {
    let program = Program::new("approval = \"person\"", &page(&[closing("Fundraising training for museums")])).await;
    let app = program.at(monday()).await;
    program::collect(&app).await;
    import(&app, "email,name,frequency\nnow@reader.example,,instant\n").await;
    let bulletin = program::bulletin(&app).await;
    assert_eq!(app.tend_alerts(&bulletin).await.unwrap(), 0, "nobody has seen the event");
}

#[tokio::test]
async fn a_preview_counts_readers_and_events_and_sends_nothing() {
    let events = [training_day("Fundraising training for museums", "2027-04-20T10:00:00+00:00"), closing("Evaluation training for museums")];
    let program = Program::new("", &page(&events)).await;
    let app = program.at(monday()).await;
    program::collect(&app).await;
    import(&app, "email,name,region,authority\na@reader.example,,nw,\nb@reader.example,,yh,leeds\nc@reader.example,,,\n").await;
    let asked = |name: &str, people: PersonIs, events: &str| Asked {
        name: name.into(),
        people: Rule::Is(people),
        events: serde_json::from_str(events).unwrap(),
    };
    let joined: chrono::NaiveDate = DateTime::<Utc>::date_naive(&monday());
    assert_eq!(joined.weekday(), chrono::Weekday::Mon);
    let asked = [
        asked("Leeds", PersonIs::Authority(vec!["leeds".into()]), r#"{"is":{"authority":["leeds"]}}"#),
        asked("North West", PersonIs::Region(vec!["nw".into()]), r#"{"is":{"closing_within":7}}"#),
        asked("Old", PersonIs::JoinedBefore(joined), r#"{"is":{"title":["evaluation"]}}"#),
    ];
    let before = program::dump(&app).await;
    let preview = segments::preview(&app.store, &program::bulletin(&app).await, &asked, monday()).await.unwrap();
    let reach: Vec<(u64, usize)> = preview.segments.iter().map(|s| (s.readers, s.events)).collect();
    assert_eq!((preview.readers, preview.in_none, reach), (3, 0, vec![(3, 2), (2, 1), (0, 1)]), "who named no place is in both");
    assert_eq!(preview.overlaps.iter().map(|o| o.readers).collect::<Vec<_>>(), [2]);
    assert_eq!(program::dump(&app).await, before);
}

#[tokio::test]
async fn invariant_5_a_suppressed_address_gets_nothing_whoever_asks() {
    let program = Program::new("approval = \"auto\"", &page(&[closing("Fundraising training for museums")])).await;
    let app = program.at(monday()).await;
    program::collect(&app).await;
    let csv = "email,name,frequency\ngone@reader.example,,instant\nhere@reader.example,,each\n";
    import(&app, csv).await;
    let (gone, bulletin) = (email("gone@reader.example"), program::bulletin(&app).await);
    let hash = app.secret.email_hash(&gone);
    app.store.suppress(bulletin.organisation_id, &hash, gleaner::domain::SuppressionReason::Operator, "by telephone", monday()).await.unwrap();
    let wish = Wish { bulletin: bulletin.id, email: &gone, name: "", wording: "sign-up page 2", origin: "192.0.2.7" };
    assert!(sign_up::keep(&app.store, &app.secret, &wish, app.sign_up_limits(), monday()).await.unwrap(), "the page says what it says to everybody");
    assert_eq!(app.tend_sign_ups().await.unwrap(), 0);
    app.tend_alerts(&bulletin).await.unwrap();
    for edition in app.store.alerts(bulletin.id).await.unwrap() {
        deliver(&app, edition).await;
    }
    program::send_edition(&app).await;
    import(&app, csv).await;
    program::send_edition(&app).await;
    let mails = program.outbox();
    assert!(told(&mails, "gone@reader.example", &[]).is_empty(), "neither confirmation, alert nor edition");
    assert_eq!(told(&mails, "here@reader.example", &[]).len(), 1);
}

#[tokio::test]
async fn invariant_9_no_organisation_sees_anothers_people() {
    let program = Program::new("", &page(&[])).await;
    let app = program.at(monday()).await;
    import(&app, "email,name,region\njo@reader.example,Jo,nw\nours@reader.example,Ours,nw\n").await;
    let ours = program::bulletin(&app).await;
    let slug: gleaner::domain::Slug = "other".parse().unwrap();
    let other = app.store.create_organisation(&slug, "Other Body", "2 Sample Street", "hello@other.example", monday()).await.unwrap();
    let theirs = gleaner::store::bulletin::Bulletin { id: gleaner::store::new_id(), organisation_id: other, slug, ..ours.clone() };
    let theirs = app.store.put_bulletin(&theirs, monday()).await.unwrap();
    let intake = Intake { organisation: other, bulletin: theirs, basis: Basis::Consent, note: "theirs".into() };
    gleaner::cli::subscribers::import_from(&app, "email,name,region\njo@reader.example,Joanna,yh\n".as_bytes(), &intake).await.unwrap();

    let jo = email("jo@reader.example");
    let name = async |organisation| app.store.subscriber_by_email(organisation, &jo).await.unwrap().map(|p| (p.name, p.preferences.region));
    assert_eq!(name(ours.organisation_id).await, Some(("Jo".to_owned(), vec!["nw".to_owned()])), "one person, two lists, two records");
    assert_eq!(name(other).await, Some(("Joanna".to_owned(), vec!["yh".to_owned()])));
    let hash = app.secret.email_hash(&jo);
    assert_eq!(app.store.consent_history(other, &hash).await.unwrap().len(), 1);
    assert_eq!(app.store.subscriber_by_email(other, &email("ours@reader.example")).await.unwrap(), None);
    let count = async |bulletin| app.store.alike(bulletin, true).await.unwrap().iter().map(|a| a.readers).sum::<u64>();
    assert_eq!((count(ours.id).await, count(theirs).await), (2, 1));
    let mut exported = Vec::new();
    gleaner::bulletin::subscribers::export(&app.store, theirs, &mut exported).await.unwrap();
    let exported = String::from_utf8(exported).unwrap();
    assert!(exported.contains("Joanna") && !exported.contains("ours@reader.example") && exported.lines().count() == 2, "{exported}");
}
