//! The mail as readers get it: snapshots of a whole edition, and the promises that every rendering keeps.

use proptest::prelude::*;

use super::*;
use crate::{
    bulletin::{
        compose::testing::{bulletin, event, fact, sample_edition},
        content::{FactLine, ItemContent},
        view::{ItemView, Place},
    },
    domain::{ItemId, ItemReason},
};

const READER: Personal = Personal {
    name: "Jo <Bloggs>",
    email: "jo@example.org",
    why: "You get this because you asked for Culture North training from Culture North.",
    unsubscribe_url: "https://bulletin.example/u/abc?x=1&y=2",
    preferences_url: "https://bulletin.example/p/abc",
};

fn templates() -> Templates {
    Templates::embedded().unwrap()
}

fn sample() -> (String, String) {
    render(&sample_edition(), &templates()).unwrap().personalise(&READER)
}

/// `n` items as long as they usually are.
fn edition_of(n: usize) -> ContentView {
    let fact = |label, text: &str| FactLine { label, text: text.into() };
    let item = |i: usize| {
        ItemContent {
        heading: format!("Evaluating what your project did for the people in it, part {i}"),
        url: Some(format!("https://www.training-provider.example/events/evaluating-your-project-{i}")),
        link_text: "Details and booking",
        badges: Vec::new(),
        was: Vec::new(),
        facts: vec![
            fact("When", "Wednesday 22 September 2027, 10.30am to 3.45pm"),
            fact("Where", "Newcastle upon Tyne (The Old Assembly Rooms)"),
            fact("Who", "Northern Museum Development Partnership (known to us)"),
            fact("Cost", "£25 to £45 plus VAT; members’ rates"),
        ],
        deadline: Some("Friday 3 September 2027".into()),
        blurb: "A practical day on choosing measures that matter, asking good questions and telling the story. You leave with a plan for one project of your own.".into(),
        tags: vec!["course or workshop", "evaluation", "museums and galleries"],
        brief: "Wed 22 Sep · Newcastle upon Tyne · £25 to £45".into(),
    }
    };
    let sections = vec![SectionContent { heading: "Training".into(), items: (0..n).map(item).collect() }];
    ContentView { bulletin: bulletin(), subject: "S".into(), intro: "I".into(), date: "D".into(), sections, in_brief: true, web_url: None }
}

#[test]
fn the_mail_in_html() {
    insta::assert_snapshot!(sample().0);
}

#[test]
fn the_mail_in_plain_text() {
    insta::assert_snapshot!(sample().1);
}

#[test]
fn every_item_has_its_facts_in_both_renderings_and_silence_is_said() {
    let (html, text) = sample();
    let items = sample_edition().items().count();
    for label in ["When", "Where", "Who", "Cost"] {
        assert_eq!(html.matches(&format!("{label}:")).count(), items, "{label} in the HTML");
        assert_eq!(text.lines().filter(|l| l.trim_start().starts_with(&format!("{label}: "))).count(), items, "{label} in the text");
    }
    let silent = text.split("Care of textiles\n").nth(2).expect("the item after the short version");
    for label in ["When", "Where", "Who", "Cost"] {
        assert!(silent.contains(&format!("  {label}: not stated\n")), "{label}: {silent}");
    }
}

#[test]
fn what_comes_from_outside_is_text_wherever_it_stands() {
    let (html, text) = sample();
    for markup in ["<script>", "<img src=x", "javascript:", "<b>Bold", "Hello Jo <Bloggs>"] {
        assert!(!html.contains(markup), "{markup}");
    }
    assert!(html.contains("&lt;script&gt;alert(") && html.contains("Hello Jo &lt;Bloggs&gt;"));
    assert!(html.contains("{{ 7 * 7 }}"), "expressions in content are not run");
    assert!(html.contains("href=\"https://events.example/?a=1&amp;b=%22%3E%3Cscript%3E"), "quotes in addresses are encoded");
    assert!(text.contains("Hello Jo <Bloggs>,"));
    assert_eq!(text.matches(READER.unsubscribe_url).count(), 1, "content cannot bring marks of its own");
}

#[test]
fn nothing_of_the_marks_is_left_and_links_are_the_readers_own() {
    let (html, text) = sample();
    for whole in [&html, &text] {
        assert!(!whole.contains(['\u{E000}', '\u{E001}']));
    }
    assert!(html.contains("href=\"https://bulletin.example/u/abc?x=1&amp;y=2\""));
    let nameless = Personal { name: " ", unsubscribe_url: "javascript:alert(1)", ..READER };
    let (html, text) = render(&sample_edition(), &templates()).unwrap().personalise(&nameless);
    assert!(html.contains("Hello,") && text.contains("Hello,\n") && !html.contains("javascript:"));
}

#[test]
fn the_html_can_be_read_without_images_in_the_dark_and_aloud() {
    let (html, _) = sample();
    assert!(html.contains("<html lang=\"en-GB\""));
    assert!(html.contains("prefers-color-scheme: dark") || html.contains("prefers-color-scheme:dark"));
    for remote in ["<img", "@import", "<link", "url(", "http-equiv=\"refresh\""] {
        assert!(!html.contains(remote), "{remote}");
    }
    let levels: Vec<char> = html.match_indices("<h").filter_map(|(i, _)| html[i + 2..].chars().next()).filter(char::is_ascii_digit).collect();
    assert_eq!(levels.first(), Some(&'1'));
    assert_eq!(levels.iter().filter(|l| **l == '1').count(), 1);
    assert!(levels.windows(2).all(|w| w[1] as i32 - w[0] as i32 <= 1), "no level is skipped: {levels:?}");
    assert_eq!(html.matches("<table").count(), html.matches("role=\"presentation\"").count(), "layout tables are not read aloud as tables");
}

#[test]
fn plain_text_lines_are_short() {
    let long = sample().1.lines().filter(|l| l.chars().count() > 78 && !l.contains("://")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(long, [""; 0]);
}

#[test]
fn sixty_items_are_not_clipped_and_more_are_warned_of() {
    let sixty = render(&edition_of(60), &templates()).unwrap();
    assert!(sixty.html.len() <= GMAIL_CLIPS_AT, "{}", sixty.html.len());
    assert_eq!(sixty.warnings, [""; 0]);
    let many = render(&edition_of(120), &templates()).unwrap();
    assert!(many.warnings[0].contains("Gmail"), "{:?}", many.warnings);
}

#[test]
fn the_preheader_goes_on_where_the_subject_ends() {
    let content = sample_edition();
    assert!(content.subject.starts_with("Free: Evaluation"), "{}", content.subject);
    assert!(preheader(&content).starts_with("Also: Fundraising from trusts"), "{}", preheader(&content));
}

#[test]
fn an_odd_colour_is_replaced_and_told() {
    let mut content = edition_of(1);
    content.bulletin.colour = "red;background:url(//x)".into();
    let rendered = render(&content, &templates()).unwrap();
    assert!(rendered.warnings[0].contains("is not a colour") && !rendered.html.contains("url("));
}

/// The elements of a page in order, attributes' names included: what markup from outside would change.
fn skeleton(html: &str) -> Vec<String> {
    let page = scraper::Html::parse_document(html);
    let elements = page.tree.values().filter_map(|node| node.as_element());
    elements.map(|e| format!("{} {:?}", e.name(), e.attrs().map(|(name, _)| name).collect::<Vec<_>>())).collect()
}

fn edition_saying(words: &str) -> ContentView {
    let mut event = event(1);
    event.title = format!("x{words}");
    event.body = format!("You learn to do the thing that the heading promises {words}");
    event.facts.provider = fact(format!("x{words}"));
    event.facts.venue = fact(format!("x{words}"));
    event.url = Some(format!("https://events.example/{words}"));
    let id = ItemId(uuid::Uuid::from_u128(1));
    let item = ItemView {
        id,
        place: Place::More,
        position: 0,
        pick: false,
        because: ItemReason::New,
        heading: None,
        blurb: None,
        changed_at: None,
        missed_in: None,
        event,
    };
    let now = crate::bulletin::compose::testing::NOW.parse().unwrap();
    ContentView::new(bulletin(), &format!("x{words}"), &format!("x{words}"), &[&item], &[], now, chrono_tz::Europe::London)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_words_from_outside_change_the_structure_of_a_mail(words in "([<>&\"'/=]|[a-z]|script|img src=x|--|\\{\\{|\\{%|%\\}|\u{E000}why\u{E001}|\u{202E}|\r\n|\0){0,40}", name in ".{0,30}") {
        let templates = templates();
        let personal = Personal { name: &name, ..READER };
        let plain = render(&edition_saying(""), &templates).unwrap().personalise(&READER);
        let (html, text) = render(&edition_saying(&words), &templates).unwrap().personalise(&personal);
        prop_assert_eq!(skeleton(&html), skeleton(&plain.0));
        prop_assert_eq!(text.matches("When: ").count(), 1);
        let unwanted = text.contains(['\r', '\0', '\u{E000}', '\u{202E}']);
        prop_assert!(!unwanted);
    }
}
