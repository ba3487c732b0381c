//! The tagger as a whole: boundary rules, what a verdict always holds, and its JSON.

use chrono::TimeZone;
use chrono_tz::Europe::London;
use proptest::prelude::*;
use std::sync::LazyLock;

use super::*;
use crate::domain::{Fact, Kind, Mode, Origin, When};

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| Tagger::new(Taxonomy::built_in()));

fn judged(title: &str, text: &str, facts: &Facts) -> Verdict {
    let now = Utc.with_ymd_and_hms(2027, 1, 4, 9, 0, 0).unwrap();
    TAGGER.judge(&TagInput { title, text, facts, zone: London, now })
}

fn dated() -> Facts {
    let start = When::parse("2027-03-02T10:00", London).unwrap();
    Facts { start: Some(Fact::new(start, Origin::Prose, "2 March, 10am", 1.0)), ..Facts::default() }
}

fn terms(verdict: &Verdict, facet: Facet) -> Vec<&str> {
    verdict.terms(facet).collect()
}

#[test]
fn what_is_no_training_is_told_apart() {
    let check = |title: &str, text: &str, facts: &Facts, expected: Kind| {
        let verdict = judged(title, text, facts);
        assert_eq!(verdict.kind, expected, "{title}: {}", verdict.kind_reason);
        assert!(!verdict.kind_reason.is_empty());
    };
    let none = Facts::default();
    check("Collections Assistant", "Part time, £24,500 pro rata. Full training given. Closing date 5 March.", &none, Kind::Job);
    check("Small Grants", "Grants of up to £5,000 for village halls. Deadline for applications 1 May.", &none, Kind::Fund);
    check("Open call: window commission", "Artist fee £2,000. Submit a proposal by 1 May.", &none, Kind::Call);
    check("Family puppet day", "Fun for all ages in half-term. Tickets from £4.", &dated(), Kind::Public);
    check("New director", "A new director has been appointed. We were delighted.", &none, Kind::News);
    check("Have your say", "Take our survey before the consultation closes.", &none, Kind::Survey);
    check("Loans toolkit", "Download the toolkit. Recording now available.", &none, Kind::Resource);
    check("Ticketing made easy", "Book a demo of our award-winning software.", &none, Kind::Advert);
    check("Tendering for small theatres", "A workshop on writing a bid, with a procurement team.", &dated(), Kind::Cpd);
    check("Pest traps", "A morning for museum volunteers.", &dated(), Kind::Cpd);
}

/// The same topics in other words' company: what is asked of the reader decides.
#[test]
fn the_words_of_training_do_not_make_training() {
    let check = |title: &str, text: &str, facts: &Facts, expected: Kind| {
        let verdict = judged(title, text, facts);
        assert_eq!(verdict.kind, expected, "{title}: {}", verdict.kind_reason);
    };
    let none = Facts::default();
    check(
        "Meet the funder",
        "The grants team explain the criteria and answer your questions. Online, Tuesday 2 March, 10am. Free, book your place.",
        &dated(),
        Kind::Cpd,
    );
    check(
        "Training money for small museums",
        "Awards of up to £600 towards the cost of a course or a conference. The panel meets every month; apply by 5 March.",
        &none,
        Kind::Fund,
    );
    check(
        "Lead a session at our training day",
        "Propose a workshop of 45 minutes, in 200 words, by 5 March. Presenters are paid £150 plus travel.",
        &none,
        Kind::Call,
    );
    check(
        "How to answer a call for papers",
        "A workshop for researchers on abstracts that get in. 2 March, 10am. £20, members free.",
        &dated(),
        Kind::Cpd,
    );
    check(
        "Training Coordinator",
        "You will book rooms and support our tutors. £24,000, 35 hours a week. CV and covering letter by 5 March.",
        &none,
        Kind::Job,
    );
    check(
        "Masterclass for young film fans",
        "For ages 13 to 17. Make your own thriller with a director. £20, bring a packed lunch. 2 March, 10am.",
        &dated(),
        Kind::Public,
    );
    check(
        "Film in the classroom",
        "For teachers of children aged 7 to 11: a practical session on making thrillers with your class. 2 March, 10am. £45 per delegate.",
        &dated(),
        Kind::Cpd,
    );
    check("Webinar recording: boards", "Watch again: the recording is now available with slides, free to download.", &none, Kind::Resource);
    check("Your training needs", "What stops you going on courses? Complete our survey by 5 March; it takes five minutes.", &none, Kind::Survey);
    check(
        "Training records made easy",
        "Our software keeps every certificate in one place. Book a demo, 20% off before 5 March.",
        &none,
        Kind::Advert,
    );
    check("Training day a success", "Last week forty teachers came to our workshop. Thank you to everyone who took part.", &none, Kind::News);
}

#[test]
fn leadership_needs_more_than_its_word() {
    let needs = |title: &str, text: &str| terms(&judged(title, text, &dated()), Facet::Need).contains(&"lead");
    assert!(needs("Emerging leaders programme", "Leadership for people with a team."));
    assert!(!needs("Singing day", "For choir leaders."));
    assert!(!needs("Music subject leadership", "For class teachers."));
    assert!(!needs("Budget day", "With leadership in mind."));
}

#[test]
fn a_word_with_two_meanings_is_told_by_its_neighbours() {
    let check = |title: &str, text: &str, facet: Facet, given: &[&str], not: &[&str]| {
        let verdict = judged(title, text, &dated());
        let terms = terms(&verdict, facet);
        assert!(given.iter().all(|t| terms.contains(t)) && !not.iter().any(|t| terms.contains(t)), "{title}: {terms:?}");
    };
    check("Reading together", "With libraries, nurseries and voluntary sector partners.", Facet::Need, &[], &["line"]);
    check("Recruiting volunteers", "For volunteer managers.", Facet::Need, &["line"], &[]);
    check("Documentation basics", "What to write on the card when an object comes in.", Facet::Need, &["coll"], &[]);
    check("Label writing that people read", "For museum curators.", Facet::Subsector, &["mgal"], &["lib"]);
    check("Reader development", "For library staff and librarians.", Facet::Subsector, &["lib"], &[]);
    check("Budgets", "Please send your questions before.", Facet::Need, &["fin"], &["edi", "cyp"]);
    check("SEND in the gallery", "For learning teams.", Facet::Need, &["cyp"], &[]);
}

#[test]
fn leadership_has_the_sense_of_those_it_is_for() {
    let check = |text: &str, expected: &str| {
        let verdict = judged("Leadership programme", text, &dated());
        assert_eq!(terms(&verdict, Facet::LeadershipSense), [expected], "{text}");
    };
    check("For founders: growth, turnover and your clients, with a mentor.", "biz");
    check("For heads of service: negotiation, cabinet members and elected members.", "pol");
    check("Personal style, values and 360 feedback for emerging leaders.", "gen");
    let other = judged("Budgets", "For founders with a turnover.", &dated());
    assert!(terms(&other, Facet::LeadershipSense).is_empty());
}

#[test]
fn a_provider_is_what_the_head_of_its_name_says() {
    let check = |name: &str, text: &str, expected: &[&str]| {
        let provider = Some(Fact::new(name.to_owned(), Origin::Prose, name, 1.0));
        let verdict = judged("A day on labels", text, &Facts { provider, ..dated() });
        assert_eq!(terms(&verdict, Facet::ProviderType), expected, "{name}");
    };
    check("Winding House Teaching School Hub", "", &["edu"]);
    check("Guild of Theatre Technicians", "", &["body"]);
    check("Mill Museum", "", &["venue"]);
    check("Anytown City Council", "", &["la"]);
    check("Faculty of Education, University of Anytown", "", &["hei"]);
    check("Kite", "Members of the Guild of Mount Makers pay less.", &["body"]);
}

#[test]
fn words_of_the_venue_say_nothing_of_the_event() {
    let text = "Cash flow for charities. The Old Library, Anytown.";
    let venue = Some(Fact::new("The Old Library".to_owned(), Origin::Prose, "x", 1.0));
    let verdict = judged("Cash flow", text, &Facts { venue, ..dated() });
    assert_eq!(terms(&verdict, Facet::Need), ["fin"]);
    assert!(!terms(&verdict, Facet::Subsector).contains(&"lib"));
}

#[test]
fn what_is_denied_is_not_given() {
    assert_eq!(terms(&judged("A day", "Not fundraising. About pest management.", &dated()), Facet::Need), ["coll"]);
    assert!(terms(&judged("A day", "Not only fundraising.", &dated()), Facet::Need).contains(&"fund"));
}

#[test]
fn reach_falls_back_on_the_provider_and_then_on_the_format() {
    let check = |text: &str, provider: Option<&str>, mode: Mode, expected: &str| {
        let provider = provider.map(|p| Fact::new(p.to_owned(), Origin::Prose, p, 1.0));
        let mode = Some(Fact::new(mode, Origin::Prose, "x", 1.0));
        let verdict = judged("A day on labels", text, &Facts { mode, provider, ..dated() });
        assert_eq!(terms(&verdict, Facet::Reach), [expected], "{text}");
    };
    check("For museums in the East of England.", None, Mode::Online, "reg");
    check("For museums UK-wide.", None, Mode::InPerson, "nat");
    check("Labels.", Some("Anytown Council"), Mode::InPerson, "loc");
    check("Labels.", Some("Label Writers' Association"), Mode::InPerson, "nat");
    check("Labels.", Some("Anytown Museum"), Mode::InPerson, "reg");
    check("Labels.", None, Mode::Online, "nat");
    check("Labels.", None, Mode::InPerson, "reg");
}

#[test]
fn the_json_is_what_the_contract_says() {
    let verdict = judged("Net zero: an introduction for theatres", "Energy audits.", &dated());
    let tags = report::tags_json(&verdict);
    assert_eq!(tags["need"], serde_json::json!(["env"]));
    assert_eq!(tags["level"], "intro");
    assert_eq!(tags["stage"], "any");
    assert_eq!(tags["accreditation"], "none");
    assert_eq!(tags["cost_band"], "tbc");
    assert_eq!(tags["cost_flags"], serde_json::json!([]));
    assert_eq!(tags["weekend"], false);
    assert!(tags["hei_faculty"].is_null() && tags["leadership_sense"].is_null());
    assert_eq!(report::why_json(&verdict)[0]["tag"], "kind:cpd");
    let job = judged("Vacancies", "Salary £30,000.", &Facts::default());
    assert!(report::tags_json(&job).is_null());
}

/// A reason for every tag, no unknown term, one term where a facet takes one, and the same again the second time.
fn check_verdict(title: &str, text: &str, facts: &Facts) {
    let verdict = judged(title, text, facts);
    assert_eq!(verdict, judged(title, text, facts));
    assert!(!verdict.kind_reason.is_empty());
    for tag in &verdict.tags {
        assert!(TAGGER.taxonomy().knows(tag.facet, &tag.term), "{}:{}", tag.facet, tag.term);
        assert!(!tag.reason.trim().is_empty() && (0.0..=1.0).contains(&tag.confidence), "{tag:?}");
    }
    for facet in Facet::ALL.iter().filter(|f| !f.is_multi()) {
        assert!(verdict.terms(*facet).count() <= 1, "{facet}");
    }
}

proptest! {
    #[test]
    fn any_text_gets_a_verdict_that_can_be_shown(title in "\\PC{0,80}", text in "(\\PC|\n){0,400}") {
        check_verdict(&title, &text, &Facts::default());
    }

    #[test]
    fn so_does_any_run_of_cues(words in proptest::collection::vec(
        prop_oneof!["[£]?[0-9]{1,5}(k|am|%)?", Just("not".to_owned()), Just("leadership".to_owned()), Just("trustees".to_owned()),
            Just("salary".to_owned()), Just("grants of up to".to_owned()), Just("days".to_owned()), Just("museum.".to_owned())], 0..60)) {
        check_verdict("Leaders' day", &words.join(" "), &dated());
    }
}

/// What comes in from anywhere: nothing at all, shouting, other scripts, marks that were never decoded.
#[test]
fn strange_text_gets_a_verdict() {
    let none = Facts::default();
    for (title, text) in [
        ("", ""),
        ("\u{0}\u{feff}", "\u{200f}\u{202e}"),
        ("FIRST AID FOR FRONT OF HOUSE", "FOR ALL STAFF. BOOK NOW. SEND YOUR NAME TO THE OFFICE."),
        ("ورشة عمل في إدارة المتاحف", "للعاملين في المتاحف. الثلاثاء ٢ مارس."),
        ("סדנה", "לאוצרים"),
        ("🎭🎨 Puppetry 🎪", "👩‍🎨👨‍🎨 Workshop 🧵 for practitioners 🎉🎉🎉"),
        ("R&amp;amp;D for makers &amp;lt;b&amp;gt;", "Caf&amp;amp;eacute; &amp;#8217; &nbsp;&amp;nbsp;"),
        ("Atelier pour médiateurs culturels", "Une journée de formation à Lille pour les musées."),
        ("文化遺産の保存", "博物館職員のための研修会。"),
    ] {
        check_verdict(title, text, &none);
    }
    let shouted = judged("FIRST AID FOR FRONT OF HOUSE", "A COURSE FOR ALL STAFF.", &dated());
    assert!(terms(&shouted, Facet::Need).contains(&"hs"));
}

#[test]
fn a_long_text_is_read_only_so_far() {
    for words in ["leadership trustees salary 12 days ", "a", "A ", "Guild Of ", "£", "&amp;", ". ", "\u{202e}🎭", "not "] {
        check_verdict("x", &words.repeat(1_000_000 / words.len()), &Facts::default());
    }
}
