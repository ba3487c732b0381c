//! Pages as functions: a view in, HTML out. No request, no state, no clock.
//!
//! Every form is a POST; showing a form changes nothing (invariant 6, RFC 8058 s3.1), because mail scanners fetch every link.

use std::collections::BTreeMap;

use minijinja::{Environment, Value, context, value::Serde};
use serde::Serialize;

use super::preferences::{Choice, PreferencesForm};
use crate::{
    bulletin::{
        content::{ContentView, link},
        templates::{TemplateError, check, environment, fill, load},
    },
    domain::LeavingReason,
    web::assets::STYLESHEET_PATH,
};

const EMBEDDED: [(&str, &str); 7] = [
    ("base.html", include_str!("../../../templates/web/base.html")),
    ("edition.html", include_str!("../../../templates/web/edition.html")),
    ("form.html", include_str!("../../../templates/web/form.html")),
    ("home.html", include_str!("../../../templates/web/home.html")),
    ("message.html", include_str!("../../../templates/web/message.html")),
    ("preferences.html", include_str!("../../../templates/web/preferences.html")),
    ("unsubscribe.html", include_str!("../../../templates/web/unsubscribe.html")),
];

/// Who runs the bulletin that a page belongs to: its head and foot.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Site {
    /// The bulletin's name, or the organisation's on pages of no bulletin.
    pub name: String,
    /// The bulletin's home: a path or an http(s) address; empty leaves the link out.
    pub home: String,
    pub organisation: String,
    pub postal_address: String,
    pub contact: String,
}

/// An edition as everyone may see it.
#[derive(Debug, Clone)]
pub struct EditionPage<'a> {
    pub site: &'a Site,
    pub number: i64,
    pub content: &'a ContentView,
}

/// One line in the list of past editions.
#[derive(Debug, Clone, Serialize)]
pub struct EditionLine {
    pub subject: String,
    /// In words: "1 March 2027".
    pub date: String,
    /// A path of ours.
    pub path: String,
}

/// A bulletin's home: what it is, how to get it, what came out.
#[derive(Debug, Clone)]
pub struct HomePage<'a> {
    pub site: &'a Site,
    pub strapline: &'a str,
    /// Where the sign-up form posts `email` and `name` to; `None` when one cannot sign up on the web.
    pub sign_up: Option<&'a str>,
    /// Newest first.
    pub editions: &'a [EditionLine],
}

/// A page with one button. GET shows it; only the button's POST to `action` does anything.
#[derive(Debug, Clone)]
pub struct ButtonForm<'a> {
    pub site: &'a Site,
    pub title: String,
    pub text: String,
    pub button: &'static str,
    /// Our own path, signed.
    pub action: &'a str,
}

/// The page for leaving.
#[derive(Debug, Clone)]
pub struct UnsubscribeForm<'a> {
    pub email: &'a str,
    /// Our own path, signed.
    pub action: &'a str,
    /// The organisation, for those who are on more lists of it than this.
    pub all_of: Option<&'a str>,
}

/// The checked templates of all pages.
#[derive(Debug)]
pub struct Pages {
    environment: Environment<'static>,
}

type Page = Result<String, TemplateError>;

impl Pages {
    /// The templates that come with the program.
    pub fn embedded() -> Result<Self, TemplateError> {
        Self::with_directory(&BTreeMap::new())
    }

    /// The embedded templates with single files replaced: file name -> text, as the caller read them from the operator's directory.
    pub fn with_directory(files: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let mut environment = environment();
        load(&mut environment, &EMBEDDED, files)?;
        for (name, sample) in samples() {
            check(&environment, name, &sample)?;
        }
        Ok(Self { environment })
    }

    fn page(&self, template: &str, values: Value) -> Page {
        fill(&self.environment, template, values)
    }

    /// An edition as readers see it, without anything that is one reader's own.
    pub fn edition_page(&self, page: &EditionPage) -> Page {
        self.page("edition.html", edition(page))
    }

    pub fn home_page(&self, page: &HomePage) -> Page {
        self.page("home.html", home(page))
    }

    /// A page that says one thing.
    pub fn message_page(&self, site: &Site, title: &str, text: &str) -> Page {
        self.page("message.html", message(site, title, text))
    }

    /// Something was done: says what, and how to undo it where that is possible.
    pub fn done_page(&self, site: &Site, title: &str, text: &str) -> Page {
        self.message_page(site, title, text)
    }

    /// Something went wrong: what the reader can do about it. Causes are for the log.
    pub fn error_page(&self, site: &Site, title: &str, what_to_do: &str) -> Page {
        self.message_page(site, title, what_to_do)
    }

    /// Confirms a subscription (double opt-in) with a button.
    pub fn confirm_form(&self, site: &Site, email: &str, action: &str) -> Page {
        let title = format!("Confirm that you want {}", site.name);
        let text = format!("{email} was signed up for {}. Press the button to start getting it. If it was not you, do nothing.", site.name);
        self.button_form(&ButtonForm { site, title, text, button: "Yes, send it to me", action })
    }

    /// Ends a subscription with a button. The address need not be typed: the link is signed. Nothing has to be answered.
    pub fn unsubscribe_form(&self, site: &Site, form: &UnsubscribeForm) -> Page {
        self.page("unsubscribe.html", unsubscribe(site, form))
    }

    pub fn button_form(&self, form: &ButtonForm) -> Page {
        self.page("form.html", button(form))
    }

    /// What one person asked to get, as a form.
    pub fn preferences_form(&self, site: &Site, form: &PreferencesForm) -> Page {
        self.page("preferences.html", preferences(site, form))
    }
}

fn frame(site: &Site, title: &str, is_private: bool) -> Value {
    context! {
        title => title,
        stylesheet => STYLESHEET_PATH,
        // Pages behind signed links are nobody else's.
        is_private => is_private,
        site => Value::from(Serde(Site { home: local(&site.home), ..site.clone() })),
    }
}

/// A path of our own or a web address; anything else (`javascript:`, `//host`) is nothing.
fn local(address: &str) -> String {
    let is_path = address.starts_with('/') && !address.starts_with("//") && !address.contains('\\');
    if is_path { address.to_owned() } else { link(address).unwrap_or_default() }
}

fn edition(page: &EditionPage) -> Value {
    let content = page.content;
    context! {
        subject => &content.subject,
        intro => &content.intro,
        date => &content.date,
        number => page.number,
        sections => Value::from(Serde(&content.sections)),
        ..frame(page.site, &content.subject, false)
    }
}

fn home(page: &HomePage) -> Value {
    let editions: Vec<EditionLine> = page.editions.iter().map(|e| EditionLine { path: local(&e.path), ..e.clone() }).collect();
    context! {
        strapline => page.strapline,
        sign_up => page.sign_up.map(local),
        editions => Value::from(Serde(editions)),
        ..frame(page.site, &page.site.name, false)
    }
}

fn message(site: &Site, title: &str, text: &str) -> Value {
    context! { text => text, ..frame(site, title, true) }
}

fn button(form: &ButtonForm) -> Value {
    context! { text => &form.text, button => form.button, action => local(form.action), ..frame(form.site, &form.title, true) }
}

fn unsubscribe(site: &Site, form: &UnsubscribeForm) -> Value {
    let reason = |r: &LeavingReason| {
        let label = match r {
            LeavingReason::TooOften => "It comes too often",
            LeavingReason::NotRelevant => "There is too little in it for me",
            LeavingReason::NeverAsked => "I never asked for it",
            LeavingReason::ChangedWork => "My work has changed",
            LeavingReason::Other => "Something else",
        };
        Choice { value: r.as_str(), label: label.to_owned(), checked: false }
    };
    let reasons: Vec<Choice> = LeavingReason::ALL.iter().map(reason).collect();
    context! {
        text => format!("Press the button, and {} will get no more editions of {}.", form.email, site.name),
        action => local(form.action),
        all_of => form.all_of,
        reasons => Value::from(Serde(&reasons)),
        ..frame(site, &format!("Stop getting {}", site.name), true)
    }
}

fn preferences(site: &Site, form: &PreferencesForm) -> Value {
    let title = format!("What you get from {}", site.name);
    context! {
        email => &form.email,
        action => local(&form.action),
        unsubscribe => local(&form.unsubscribe),
        groups => Value::from(Serde(&form.groups)),
        cost_max => &form.cost_max,
        authority => &form.authority,
        lcep => &form.lcep,
        ..frame(site, &title, true)
    }
}

/// Every page with everything and with nothing, for checking templates when they are loaded.
fn samples() -> Vec<(&'static str, Value)> {
    let full = Site { name: "Bulletin".into(), home: "/b".into(), organisation: "O".into(), postal_address: "P".into(), contact: "C".into() };
    let bare = Site::default();
    let line = EditionLine { subject: "S".into(), date: "D".into(), path: "/b/1".into() };
    let mut out = Vec::new();
    for (site, editions, sign_up) in [(&full, std::slice::from_ref(&line), Some("/b/sign-up")), (&bare, &[][..], None)] {
        out.push(("home.html", home(&HomePage { site, strapline: "", sign_up, editions })));
        out.push(("message.html", message(site, "T", "T")));
        out.push(("form.html", button(&ButtonForm { site, title: "T".into(), text: "T".into(), button: "B", action: "/a" })));
        out.push(("preferences.html", preferences(site, &PreferencesForm::new("a@b.example", &crate::domain::Preferences::default(), "/p", "/u"))));
        let all_of = (!site.organisation.is_empty()).then_some("O");
        out.push(("unsubscribe.html", unsubscribe(site, &UnsubscribeForm { email: "a@b.example", action: "/a", all_of })));
        for content in crate::bulletin::render::sample::views() {
            out.push(("edition.html", edition(&EditionPage { site, number: 1, content: &content })));
        }
    }
    out
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
