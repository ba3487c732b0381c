//! Snapshots of every page, and the promises that all of them keep.

use super::*;
use crate::{bulletin::compose::testing::sample_edition, domain::Preferences};

fn pages() -> Pages {
    Pages::embedded().unwrap()
}

fn site() -> Site {
    Site {
        name: "Culture North training".into(),
        home: "/culture-north".into(),
        organisation: "Culture North".into(),
        postal_address: "The Old Exchange, 1 Market Street, Preston PR1 1AA".into(),
        contact: "training@culture-north.example".into(),
    }
}

const HOSTILE: &str = "\"><script>alert(1)</script>";

/// Every page by name, with `word` wherever text comes from outside.
fn all(word: &str) -> Vec<(&'static str, String)> {
    let (pages, mut site) = (pages(), site());
    site.organisation.push_str(word);
    let content = sample_edition();
    let editions = [EditionLine { subject: format!("Free workshop in Leeds{word}"), date: "1 March 2027".into(), path: "/culture-north/12".into() }];
    let home =
        HomePage { site: &site, strapline: &format!("Every other Monday{word}"), sign_up: Some("/culture-north/sign-up"), editions: &editions };
    let asked = Preferences { region: vec!["nw".into()], ..Preferences::default() };
    let email = format!("jo@example.org{word}");
    let form = PreferencesForm::new(&email, &asked, "/p/abc", "/u/abc");
    let leaving = UnsubscribeForm { email: &email, action: "/u/abc", all_of: Some(&site.organisation) };
    vec![
        ("edition", pages.edition_page(&EditionPage { site: &site, number: 12, content: &content }).unwrap()),
        ("home", pages.home_page(&home).unwrap()),
        ("confirm", pages.confirm_form(&site, &email, "/c/abc").unwrap()),
        ("unsubscribe", pages.unsubscribe_form(&site, &leaving).unwrap()),
        ("preferences", pages.preferences_form(&site, &form).unwrap()),
        ("done", pages.done_page(&site, "You are unsubscribed", &format!("{email} will get no more mail from us.")).unwrap()),
        ("error", pages.error_page(&site, "This link has expired", "Use the link in the newest e-mail that you got.").unwrap()),
    ]
}

#[test]
fn pages_look_as_they_did() {
    for (name, html) in all("") {
        insta::assert_snapshot!(name, html);
    }
}

#[test]
fn text_from_outside_is_escaped_on_every_page() {
    for (name, html) in all(HOSTILE) {
        assert!(!html.contains("<script"), "{name}");
        assert!(html.contains("&lt;script&gt;"), "{name} shows it as text");
    }
}

#[test]
fn showing_a_form_changes_nothing_and_every_form_is_a_post() {
    for (name, html) in all("") {
        let forms: Vec<&str> = html.split("<form").skip(1).map(|f| f.split('>').next().unwrap_or("")).collect();
        assert!(forms.iter().all(|f| f.contains("method=\"post\"") && f.contains("action=\"/")), "{name}: {forms:?}");
        let expected = usize::from(["home", "confirm", "unsubscribe", "preferences"].contains(&name));
        assert_eq!(forms.len(), expected, "{name}");
        assert!(!html.contains("http-equiv") && !html.contains("autofocus"), "{name} does nothing by itself");
    }
}

#[test]
fn pages_keep_the_content_security_policy() {
    for (name, html) in all("") {
        for forbidden in ["<script", "<style", " style=", "javascript:", "<img", "<iframe", " onclick="] {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
        let sheets: Vec<&str> = html.match_indices("<link").map(|(i, _)| html[i..].split('>').next().unwrap_or("")).collect();
        assert_eq!(sheets, ["<link rel=\"stylesheet\" href=\"/assets/gleaner.css\""], "{name}");
    }
}

#[test]
fn every_page_can_be_used_without_a_mouse_or_eyes() {
    for (name, html) in all("") {
        for needed in ["<html lang=\"en-GB\">", "href=\"#main\"", "<main id=\"main\"", "name=\"viewport\"", "<title>"] {
            assert!(html.contains(needed), "{name}: {needed}");
        }
        assert_eq!(html.matches("<h1>").count(), 1, "{name}");
        assert_eq!(html.matches("<input id=").count(), html.matches("<label for=").count(), "{name}: every field has its label");
    }
}

#[test]
fn the_edition_has_its_facts_on_every_item() {
    let html = &all("")[0].1;
    let items = html.matches("<article").count();
    assert_eq!(items, 6);
    for label in ["When", "Where", "Who", "Cost"] {
        assert_eq!(html.matches(&format!("<dt>{label}</dt>")).count(), items);
    }
    assert!(html.contains("<dt>Cost</dt><dd>not stated</dd>"));
    assert_eq!(html.matches("href=\"#event-").count(), items);
    assert_eq!(html.matches("id=\"event-").count(), items);
}

#[test]
fn addresses_of_forms_and_homes_are_ours() {
    for bad in ["javascript:alert(1)", "//evil.example/x", "/\\evil.example", "data:text/html,x"] {
        assert_eq!(local(bad), "", "{bad}");
    }
    assert_eq!(local("/b/1?x=y"), "/b/1?x=y");
}

#[test]
fn a_template_that_names_something_unknown_is_refused_with_file_and_line() {
    let source = "{% extends \"base.html\" %}\n{% block main %}\n{{ titel }}{% endblock %}".to_owned();
    let error = Pages::with_directory(&BTreeMap::from([("message.html".to_owned(), source)])).unwrap_err();
    assert_eq!((error.file.as_str(), error.line), ("message.html", Some(3)), "{error}");
}
