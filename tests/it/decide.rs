//! Decisions as an editor takes them: each outlives what its sources say next, and each can be taken back (invariant 3).

use gleaner::{
    curate::{corrections, decide::ToCorrect, queue},
    domain::{Aspect, Correction, Editable, EventId, Facet, Field, Kind, SourceId, SourceKind, TagOrigin, Verb},
    store::event::Event,
    tag::{
        Tagger, Taxonomy,
        corrected::{Corrected, Lessons},
    },
};

use crate::{
    bad_input::feed,
    cli,
    collecting::{Desk, at, source},
    site::{Answer, Site},
};

const NOW: &str = "2027-03-01T09:00:00Z";
const NEXT: &str = "2027-03-02T09:00:00Z";
const LATER: &str = "2027-03-03T09:00:00Z";

async fn feeding(desk: &Desk, site: &Site, path: &str) -> SourceId {
    desk.add(source(site.url(path), SourceKind::Feed)).await
}

fn field(name: &str, value: &str) -> (Editable, String) {
    (name.parse().unwrap(), value.to_owned())
}

fn start(event: &Event) -> Option<String> {
    event.facts.start.as_ref().map(|s| s.value.to_string())
}

#[tokio::test]
async fn what_an_editor_sets_stands_until_it_is_unlocked() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/feed", feed(&[("c1", "Caring for textiles", "4 May 2027, 10am to 4pm")]));
    let id = feeding(&desk, &site, "/feed").await;
    desk.look(&[id], NOW).await;
    let event = desk.event().await.id;
    let editor = desk.editor(NEXT);
    let fields = [field("start", "2027-06-01T10:00"), field("price", "free"), field("venue", ""), field("title", "The real title")];
    editor.set(event, &fields).await.unwrap();
    site.set("/feed", feed(&[("c1", "Caring for old textiles", "11 May 2027, 10am to 4pm, £30")]));
    desk.look(&[id], LATER).await;
    let after = desk.event().await;
    assert_eq!((after.title.as_str(), start(&after).as_deref()), ("The real title", Some("2027-06-01T10:00:00+01:00")));
    assert_eq!(after.facts.start.as_ref().unwrap().evidence.words, "stated by the editor");
    assert!(after.facts.price.as_ref().unwrap().value.is_free() && after.facts.venue.is_none(), "not stated is a value");
    assert_eq!(after.facts.end, None, "an end before the start is nobody's");
    assert!(after.locked.contains(&Field::Start) && !after.from.contains_key(&Field::Start));

    editor.unlock(event, &["start".parse().unwrap(), "title".parse().unwrap()]).await.unwrap();
    let free = desk.event().await;
    assert_eq!((free.title.as_str(), start(&free).as_deref()), ("Caring for old textiles", Some("2027-05-11T10:00:00+01:00")));
    assert!(free.facts.price.as_ref().unwrap().value.is_free(), "the others stay as they were said");
    let refused = editor.unlock(event, &["town".parse().unwrap()]).await.unwrap_err().to_string();
    assert!(refused.contains("town holds no editor's word"), "{refused}");
    // Undoing goes back step by step: the unlocking, then the setting.
    assert_eq!(editor.undo(event).await.unwrap().verb, Verb::Unlock);
    assert_eq!(desk.event().await.title, "The real title");
    assert_eq!(editor.undo(event).await.unwrap().verb, Verb::Edit);
    let last = desk.event().await;
    assert_eq!((last.title.as_str(), last.facts.price.as_ref().unwrap().value.is_free()), ("Caring for old textiles", false));
    let nothing = editor.undo(event).await.unwrap_err().to_string();
    assert!(nothing.contains("there is nothing to undo"), "{nothing}");
}

fn mingle(id: &'static str, month: &str, more: &str) -> [String; 3] {
    [
        id.to_owned(),
        format!("Museum Mingle: {month}"),
        format!("4 {month} 2027, 10am to noon. Meet colleagues from other museums over coffee and cake. {more}"),
    ]
}

fn show(site: &Site, items: &[[String; 3]]) {
    let items: Vec<(&str, &str, &str)> = items.iter().map(|[id, title, text]| (id.as_str(), title.as_str(), text.as_str())).collect();
    site.set("/feed", feed(&items));
}

#[tokio::test]
async fn a_correction_outlives_the_next_revision_and_changes_the_next_similar_listing() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let other = [
        "bids".to_owned(),
        "Writing a funding bid".to_owned(),
        "11 May 2027, 10am to 4pm. A training workshop for museum staff on trusts and grants".to_owned(),
    ];
    show(&site, &[mingle("m5", "May", ""), other.clone()]);
    let id = feeding(&desk, &site, "/feed").await;
    desk.look(&[id], NOW).await;
    let (may, bids) = (desk.titled("Museum Mingle: May").await, desk.titled("Writing a funding bid").await);
    assert_ne!(may.verdict.kind, Kind::Public);
    let say = |aspect: Aspect, term: &str| ToCorrect { aspect, term: term.into(), holds: true };
    let corrections = vec![say(Aspect::Kind, "public"), say(Aspect::Of(Facet::Need), "coll")];
    desk.editor(NEXT).correct(may.id, corrections).await.unwrap();
    // The event itself at once, and after another revision.
    show(&site, &[mingle("m5", "May", "Bring a friend."), mingle("m6", "June", "Bring a friend."), other.clone()]);
    desk.look(&[id], LATER).await;
    let corrected = desk.titled("Museum Mingle: May").await;
    assert_eq!((corrected.verdict.kind, corrected.verdict.kind_reason.as_str()), (Kind::Public, "stated by editor@body.example on 2 March 2027"));
    let tag = corrected.verdict.tags.iter().find(|t| t.facet == Facet::Need && t.term == "coll").unwrap();
    assert_eq!(tag.origin, TagOrigin::Editor);
    let june = desk.titled("Museum Mingle: June").await;
    assert_eq!(june.verdict.kind, Kind::Public, "what is like it is judged so: {}", june.verdict.kind_reason);
    assert!(june.verdict.kind_reason.contains("an editor said so on 2 March 2027 of “Museum Mingle: May”"), "{}", june.verdict.kind_reason);
    assert_eq!(desk.titled("Writing a funding bid").await.verdict, bids.verdict, "and nothing else");
    let lines: Vec<_> = corrections::corrected(&desk.store).await.unwrap().iter().map(corrections::labelled).collect();
    assert_eq!((lines.len(), lines[0]["kind"].as_str(), lines[0]["tags"]["need"].to_string().contains("coll")), (1, Some("public"), true));

    // Taken back, it is as if it had never been said.
    assert_eq!(desk.editor(LATER).undo(may.id).await.unwrap().verb, Verb::Correct);
    assert_eq!(desk.titled("Museum Mingle: May").await.verdict.kind, may.verdict.kind);
    show(&site, &[mingle("m5", "May", "Bring a friend."), mingle("m9", "September", "Bring a friend."), other]);
    desk.look(&[id], "2027-03-04T09:00:00Z").await;
    assert_ne!(desk.titled("Museum Mingle: September").await.verdict.kind, Kind::Public);
    assert!(corrections::corrected(&desk.store).await.unwrap().is_empty());
}

/// Every twentieth of our own listings is corrected, as wrongly as can be: none of the others is like enough to be touched.
#[test]
fn twenty_corrections_change_none_of_the_other_listings() {
    let (taxonomy, now) = (Taxonomy::built_in(), at("2026-11-21T00:00:00Z"));
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/listings");
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "jsonl"));
    let all: Vec<_> = files.flat_map(|file| gleaner::cli::train::examples(&file, &taxonomy, now).unwrap()).collect();
    let tagger = Tagger::new(taxonomy);
    let mut lessons = Lessons::default();
    let said = |aspect, term: &str| Correction { aspect, term: term.into(), holds: true, by: "ed".into(), at: now, note: None };
    let corrections = [said(Aspect::Kind, "survey"), said(Aspect::Of(Facet::Need), "intl"), said(Aspect::Of(Facet::Activity), "fair")];
    for example in all.iter().step_by(20) {
        lessons.add(&tagger, &Corrected { input: example.input(), corrections: &corrections });
    }
    let taught = tagger.taught(lessons);
    for (n, example) in all.iter().enumerate() {
        let (before, after) = (tagger.judge(&example.input()), taught.judge(&example.input()));
        assert_eq!(before == after, n % 20 != 0, "{}: {}", example.candidate.title, after.kind_reason);
    }
}

#[tokio::test]
async fn a_correction_that_decides_nothing_is_refused_in_words() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    show(&site, &[mingle("m5", "May", "")]);
    let id = feeding(&desk, &site, "/feed").await;
    desk.look(&[id], NOW).await;
    let event = desk.event().await.id;
    let check = async |aspect: &str, term: &str, holds: bool, expected: &str| {
        let correction = ToCorrect { aspect: aspect.parse().unwrap(), term: term.into(), holds };
        let said = desk.editor(NEXT).correct(event, vec![correction]).await.unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    };
    check("need", "zoo", true, "`zoo` is not a term of need; expected one of lead, ").await;
    check("kind", "party", true, "expected one of cpd, job").await;
    check("kind", "cpd", false, "say which kind it is instead").await;
    check("cost_band", "free", true, "set the fact instead, as in `gleaner event set ID --field price=").await;
    assert!(desk.editor(NEXT).correct(event, vec![]).await.is_err());
    assert_eq!(desk.rows("decision").await, 0, "nothing was written down");
}

/// A list of dated courses on one page.
fn list(courses: &[(&str, &str)]) -> Answer {
    let item = |(name, date): &(&str, &str)| format!("<li class=run><a href=\"/{}\">{name}</a> <b>{date}</b></li>", name.replace(' ', "-"));
    let items: Vec<String> = courses.iter().map(item).collect();
    Answer::ok("text/html", format!("<html><body><h1>Courses</h1><ul>{}</ul></body></html>", items.concat()))
}

const COURSES: [(&str, &str); 4] = [
    ("Caring for textiles", "4 May 2027"),
    ("Pest management", "18 May 2027"),
    ("Audio description", "25 May 2027"),
    ("Safeguarding", "8 June 2027"),
];

#[tokio::test]
async fn keep_answers_the_question_until_the_event_is_shown_and_lost_once_more() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/list", list(&COURSES));
    let rules = gleaner::domain::Selectors { item: "li.run".into(), title: "a".into(), date: Some("b".into()), pages: 1, ..Default::default() };
    let mut page = source(site.url("/list"), SourceKind::Page);
    page.selectors = Some(rules);
    let id = desk.add(page).await;
    let day = |n: u32| format!("2027-03-{:02}T09:00:00Z", n + 1);
    desk.look(&[id], &day(0)).await;
    let without = || site.set("/list", list(&[COURSES[0], COURSES[2], COURSES[3]]));
    without();
    for n in 1..=3 {
        desk.look(&[id], &day(n)).await;
    }
    let lost = desk.titled("Pest management").await;
    assert!(lost.doubt.as_deref().is_some_and(|d| d.starts_with("withdrawn?")), "{:?}", lost.doubt);
    let waiting = queue::waiting(&desk.store, desk.organisation, at(&day(3)), at("2028-01-01T00:00:00Z")).await.unwrap();
    assert_eq!(waiting.iter().filter(|w| w.look_first.as_deref().is_some_and(|why| why.starts_with("withdrawn?"))).count(), 1);
    desk.editor(&day(3)).keep(lost.id).await.unwrap();
    for n in 4..=8 {
        assert_eq!(desk.titled("Pest management").await.doubt, None, "day {n}");
        desk.look(&[id], &day(n)).await;
    }
    // Taken back, the question stands again.
    desk.editor(&day(8)).undo(lost.id).await.unwrap();
    assert!(desk.titled("Pest management").await.doubt.is_some());
    desk.editor(&day(8)).keep(lost.id).await.unwrap();
    // It comes back and goes again: that is another question.
    site.set("/list", list(&COURSES));
    desk.look(&[id], &day(9)).await;
    without();
    for n in 10..=12 {
        desk.look(&[id], &day(n)).await;
    }
    assert!(desk.titled("Pest management").await.doubt.is_some());
}

#[tokio::test]
async fn keep_says_of_words_that_seem_to_call_it_off_that_they_do_not() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/feed", feed(&[("c1", "Caring for textiles", "4 May 2027, 10am to 4pm. The lunch is cancelled. Held")]));
    let id = feeding(&desk, &site, "/feed").await;
    desk.look(&[id], NOW).await;
    let event = desk.event().await;
    assert!(event.flag.as_deref().is_some_and(|f| f.starts_with("withdrawn? it says")), "{:?}", event.flag);
    desk.editor(NEXT).keep(event.id).await.unwrap();
    let kept = desk.event().await;
    assert_eq!((kept.flag, kept.facts.status.unwrap().value.as_str()), (None, "scheduled"));
    desk.editor(LATER).undo(event.id).await.unwrap();
    assert_eq!(desk.event().await.flag, event.flag);
}

/// Two that may be one: the second is flagged.
async fn perhaps(site: &Site, desk: &Desk) -> (Event, Event) {
    site.set("/own", feed(&[("own-7", "Caring for textiles", "4 May 2027, 10am to 4pm")]));
    site.set("/board", feed(&[("board-1", "A day among the looms", "9 September 2027")]));
    let own = feeding(desk, site, "/own").await;
    let board = feeding(desk, site, "/board").await;
    desk.look(&[own, board], NOW).await;
    let (first, second) = (desk.titled("Caring for textiles").await, desk.titled("A day among the looms").await);
    let flag = format!("{}{}", gleaner::domain::PERHAPS_THE_SAME, first.id);
    sqlx::query("UPDATE event SET flag = $2 WHERE id = $1").bind(second.id.0).bind(flag).execute(desk.store.write()).await.unwrap();
    (first, desk.titled("A day among the looms").await)
}

#[tokio::test]
async fn not_the_same_answers_the_question_and_undo_asks_it_again() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let (first, second) = perhaps(&site, &desk).await;
    desk.editor(NEXT).not_same(first.id, second.id).await.unwrap();
    assert_eq!(desk.titled("A day among the looms").await.flag, None);
    desk.editor(LATER).undo(first.id).await.unwrap();
    assert_eq!(desk.titled("A day among the looms").await.flag, second.flag);
    let same = desk.editor(LATER).not_same(first.id, first.id).await.unwrap_err().to_string();
    assert!(same.contains("already"), "{same}");
    // A merge answers it as well; its undoing asks again.
    assert_eq!(desk.editor(LATER).same(second.id, first.id).await.unwrap(), first.id, "the one that was found first stays");
    desk.editor(LATER).undo(second.id).await.unwrap();
    assert_eq!(desk.titled("A day among the looms").await.flag, second.flag);
}

#[tokio::test]
async fn a_question_about_an_event_that_was_merged_away_is_no_longer_asked() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let (first, second) = perhaps(&site, &desk).await;
    site.set("/third", feed(&[("t-1", "Moths and what to do about them", "7 July 2027")]));
    let third = feeding(&desk, &site, "/third").await;
    desk.look(&[third], NOW).await;
    let into = desk.titled("Moths and what to do about them").await;
    desk.editor(NEXT).merge(first.id, into.id).await.unwrap();
    // "Not the same" of the one that it went into answers it too.
    desk.editor(NEXT).not_same(second.id, into.id).await.unwrap();
    assert_eq!(desk.titled("A day among the looms").await.flag, None);
}

#[tokio::test]
async fn a_word_about_an_event_counts_for_the_one_it_went_into_however_many_merges_on() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let (first, second) = perhaps(&site, &desk).await;
    site.set("/third", feed(&[("t-1", "Moths and what to do about them", "7 July 2027")]));
    let third = feeding(&desk, &site, "/third").await;
    desk.look(&[third], NOW).await;
    let last = desk.titled("Moths and what to do about them").await;
    let editor = desk.editor(NEXT);
    editor.approve_or_reject(second.id, true).await.unwrap();
    editor.set(second.id, &[field("town", "Hull")]).await.unwrap();
    editor.merge(second.id, first.id).await.unwrap();
    editor.merge(first.id, last.id).await.unwrap();
    let approvals = desk.store.approvals(desk.organisation).await.unwrap();
    assert_eq!(approvals.get(&last.id), Some(&Verb::Approve));
    let one = desk.event().await;
    assert_eq!((one.id, one.facts.town.unwrap().value.as_str()), (last.id, "Hull"));
    // The first merge cannot be taken back behind the second's back.
    let refused = editor.undo(second.id).await.unwrap_err().to_string();
    assert!(refused.contains("a later merge concerns event") && refused.contains(&format!("gleaner event undo {}", first.id)), "{refused}");
    for _ in 0..2 {
        editor.undo(first.id).await.unwrap();
    }
    assert_eq!(desk.events().await.len(), 3);
    assert_eq!(desk.store.approvals(desk.organisation).await.unwrap().keys().collect::<Vec<_>>(), [&second.id]);
}

/// Whoever builds an event while an editor says something about it does not write over what was said.
#[tokio::test]
async fn what_was_built_before_the_word_is_not_written_after_it() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/feed", feed(&[("c1", "Caring for textiles", "4 May 2027, 10am to 4pm")]));
    let id = feeding(&desk, &site, "/feed").await;
    desk.look(&[id], NOW).await;
    let before = desk.event().await;
    let listings = desk.listings().await;
    let basis = gleaner::store::event::Basis::of(&listings, before.words);
    desk.editor(NEXT).set(before.id, &[field("town", "Hull")]).await.unwrap();
    let stale = gleaner::store::event::EventContent {
        title: before.title.clone(),
        text: before.text.clone(),
        url: None,
        booking_url: None,
        zone: before.zone,
        provider: None,
        facts: before.facts.clone(),
        locked: before.locked.clone(),
        from: before.from.clone(),
        verdict: before.verdict.clone(),
        flag: None,
    };
    let saved = desk.store.save_event(before.id, &stale, &[], basis, at(LATER)).await.unwrap();
    assert_eq!(saved, gleaner::store::event::Saved::Stale);
    assert_eq!(desk.event().await.facts.town.unwrap().value, "Hull");
}

#[test]
fn the_command_line_names_what_is_meant_and_what_is_wrong() {
    let program = cli::Program::new();
    let wrong = |args: &[&str], status: i32, expected: &str| {
        let (code, said) = program.failure(args);
        assert_eq!(code, status, "{args:?}: {said}");
        assert!(said.contains(expected), "{args:?}: {said}");
    };
    program.text(&["demo", "--once", "--data", "d", "--as-of", "2026-11-21"]);
    let all = program.json(&["event", "list", "--data", "d", "--as-of", "2026-11-21", "--json"]);
    let events = all["events"].as_array().unwrap();
    assert!(events.len() > 3, "{all}");
    let id = |n: usize| events[n]["event"].as_str().unwrap().to_owned();
    let (one, two) = (id(0), id(1));
    let organisation = ["--data", "d", "--as-of", "2026-11-21"];
    let with = |args: &[&str]| -> Vec<String> { args.iter().chain(&organisation).map(|s| (*s).to_owned()).collect() };
    let run = |args: &[&str]| {
        let args = with(args);
        program.text(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let fails = |args: &[&str], status: i32, expected: &str| {
        let args = with(args);
        wrong(&args.iter().map(String::as_str).collect::<Vec<_>>(), status, expected);
    };
    fails(&["event", "approve", "zzzz"], 2, "expected an id such as");
    fails(&["event", "approve", "ffff"], 1, "there is no event `ffff`; `gleaner event list` names events");
    fails(&["event", "approve", &one[..4]], 1, "begins the ids of several events");
    fails(&["event", "set", &one, "--field", "start=soon"], 2, "start: `soon` cannot be read; expected a month");
    fails(&["event", "set", &one, "--field", "begin=soon"], 2, "is not a field");
    fails(&["event", "correct", &one, "--need", "+zoo"], 2, "`zoo` is not a term of need");
    fails(&["event", "correct", &one], 2, "name at least one correction");
    fails(&["event", "split", &one, "--listing", "ffff"], 1, "is no listing of event");
    fails(&["event", "undo", &one], 1, "nothing to undo");
    assert!(run(&["event", "approve", &one, "--note", "for boards", "--by", "ed@body.example"]).contains("approved"));
    assert!(run(&["event", "correct", &one, "--need", "+lead,-fund", "--kind", "cpd"]).contains("need -fund"));
    assert!(run(&["event", "set", &one, "--field", "town=Hull", "--field", "price="]).contains("town, price"));
    let explained = run(&["explain", &one]);
    for words in [
        "approve by ed@body.example: for boards",
        "correct need +lead by command line",
        "set town to “Hull” by command line",
        "set price to not stated",
        "\"stated by the editor\"",
        "stated by command line on 21 November 2026",
    ] {
        assert!(explained.contains(words), "{words}: {explained}");
    }
    assert!(run(&["event", "same", &one, &two]).contains("takes it back"));
    assert!(run(&["explain", &one]).contains("merged in"));
    assert!(run(&["event", "undo", &one]).contains("took back merge"));
    assert!(run(&["explain", &one]).contains("taken back"));
    let lines = run(&["event", "corrections", "--jsonl"]);
    program.write("labels.jsonl", &lines);
    assert!(lines.contains("\"need\":["), "{lines}");
    assert!(run(&["event", "list", "--candidates"]).lines().count() < run(&["event", "list"]).lines().count());
}

#[tokio::test]
async fn an_event_is_known_by_the_first_characters_of_its_id() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let (first, second) = perhaps(&site, &desk).await;
    let editor = desk.editor(NEXT);
    let text = first.id.to_string();
    let shared = text.chars().zip(second.id.to_string().chars()).take_while(|(a, b)| a == b).count();
    let named = async |length: usize| editor.standing(&text[..length].parse().unwrap()).await;
    assert_eq!(named(shared + 2).await.unwrap(), first.id);
    let several = named(shared.min(20)).await.unwrap_err().to_string();
    assert!(several.contains("begins the ids of several events") && several.contains("A day among the looms"), "{several}");
    editor.merge(first.id, second.id).await.unwrap();
    let found: EventId = named(36).await.unwrap();
    assert_eq!(found, second.id, "one that was merged is the one that it went into");
}
