//! From content to a mail: subject, HTML and plain text, rendered once per distinct content with marks where readers differ.
//!
//! Pure. Per reader nothing is rendered again: [`Rendered::personalise`] puts values in place of the marks, escaped for where they stand.

use std::borrow::Cow;

use minijinja::{Value, value::Serde};
use serde::Serialize;

use super::{
    content::{self, BulletinView, ContentView, MARK_CLOSE, MARK_OPEN, SectionContent},
    templates::{TemplateError, Templates},
    wording,
};

pub mod colour;
pub(crate) mod sample;
pub mod wrap;

/// Bytes of HTML above which Gmail cuts a message off behind "View entire message".
pub const GMAIL_CLIPS_AT: usize = 102_000;
/// Columns of the plain text (RFC 3676 s4.2 recommends at most 78).
const COLUMNS: usize = 76;

/// A mail for everyone who gets the same content. The texts hold marks (private-use characters) until they are personalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub html: String,
    pub text: String,
    /// What an editor should know, in words. Not stored.
    pub warnings: Vec<String>,
}

/// What differs from reader to reader. Addresses are complete http(s) URLs, already signed.
#[derive(Debug, Clone, Copy)]
pub struct Personal<'a> {
    /// Empty when not known.
    pub name: &'a str,
    pub email: &'a str,
    /// See [`wording::why_you_get_this`].
    pub why: &'a str,
    pub unsubscribe_url: &'a str,
    pub preferences_url: &'a str,
}

/// What templates see.
#[derive(Serialize)]
struct Page<'a> {
    bulletin: Head<'a>,
    subject: &'a str,
    preheader: String,
    intro: &'a str,
    date: &'a str,
    web_url: Option<String>,
    sections: &'a [SectionContent],
    in_brief: bool,
    reader: Marks,
}

#[derive(Serialize)]
struct Head<'a> {
    name: &'a str,
    strapline: &'a str,
    organisation: &'a str,
    postal_address: &'a str,
    contact: &'a str,
    colour: String,
    on_colour: &'static str,
}

#[derive(Serialize)]
struct Marks {
    greeting: String,
    email: String,
    why: String,
    unsubscribe_url: String,
    preferences_url: String,
}

impl Marks {
    fn new() -> Self {
        let mark = |name: &str| format!("{MARK_OPEN}{name}{MARK_CLOSE}");
        Self {
            greeting: mark("greeting"),
            email: mark("email"),
            why: mark("why"),
            unsubscribe_url: mark("unsubscribe"),
            preferences_url: mark("preferences"),
        }
    }
}

/// Renders one content. An error is a template that was changed after it was loaded; loaded templates do not fail.
pub fn render(content: &ContentView, templates: &Templates) -> Result<Rendered, TemplateError> {
    let page = page(content);
    let html = templates.html(page.clone())?;
    let text = wrap::wrap(&templates.text(page)?, COLUMNS);
    let warnings = warnings(content, html.len());
    Ok(Rendered { subject: content.subject.clone(), html, text, warnings })
}

pub(super) fn page(content: &ContentView) -> Value {
    let BulletinView { name, strapline, organisation, postal_address, contact, .. } = &content.bulletin;
    let (colour, on_colour) = colour::pair(&content.bulletin.colour);
    Value::from(Serde(Page {
        bulletin: Head { name, strapline, organisation, postal_address, contact, colour, on_colour },
        subject: &content.subject,
        preheader: preheader(content),
        intro: &content.intro,
        date: &content.date,
        web_url: content.web_url.as_deref().and_then(content::link),
        sections: &content.sections,
        in_brief: content.in_brief,
        reader: Marks::new(),
    }))
}

/// What mail programs show after the subject: the headings that the subject does not name.
fn preheader(content: &ContentView) -> String {
    let beginning = |heading: &str| heading.chars().take(20).collect::<String>();
    let named = |heading: &str| content.subject.contains(&beginning(heading));
    let headings: Vec<&str> = content.items().map(|i| i.heading.as_str()).filter(|h| !named(h)).take(3).collect();
    content::cut(&if headings.is_empty() { content.intro.clone() } else { format!("Also: {}", headings.join("; ")) }, 140)
}

fn warnings(content: &ContentView, bytes: usize) -> Vec<String> {
    let mut out = Vec::new();
    if bytes > GMAIL_CLIPS_AT {
        out.push(format!(
            "the HTML is {} kB; Gmail cuts messages off at 102 kB: take fewer than {} items or shorter blurbs",
            bytes / 1000,
            content.items().count()
        ));
    }
    if colour::parse(&content.bulletin.colour).is_none() {
        out.push(format!("`{}` is not a colour of the form #rrggbb; the default is used", content::one_line(&content.bulletin.colour, 20)));
    }
    let unlinked = content.items().filter(|i| i.url.is_none()).count();
    if unlinked > 0 {
        out.push(format!("{} without a link to book", wording::count(unlinked, "item is", "items are")));
    }
    out
}

impl Rendered {
    /// HTML and plain text for one reader.
    #[must_use]
    pub fn personalise(&self, personal: &Personal) -> (String, String) {
        let values = Values::plain(personal);
        (fill(&self.html, &values.escaped()), fill(&self.text, &values))
    }
}

/// The values of the marks, in the form in which they are put in place.
struct Values<'a> {
    greeting: Cow<'a, str>,
    email: Cow<'a, str>,
    why: Cow<'a, str>,
    unsubscribe: Cow<'a, str>,
    preferences: Cow<'a, str>,
}

impl<'a> Values<'a> {
    fn plain(personal: &Personal<'a>) -> Self {
        let url = |url: &'a str| if url.starts_with("https://") || url.starts_with("http://") { Cow::Borrowed(url) } else { Cow::Borrowed("") };
        Self {
            greeting: wording::greeting(personal.name).into(),
            email: personal.email.into(),
            why: personal.why.into(),
            unsubscribe: url(personal.unsubscribe_url),
            preferences: url(personal.preferences_url),
        }
    }

    fn escaped(&self) -> Values<'_> {
        // Safe in text and in double-quoted attributes alike.
        let escape = |value| html_escape::encode_quoted_attribute(value);
        Values {
            greeting: escape(self.greeting.as_ref()),
            email: escape(self.email.as_ref()),
            why: escape(self.why.as_ref()),
            unsubscribe: escape(self.unsubscribe.as_ref()),
            preferences: escape(self.preferences.as_ref()),
        }
    }

    /// An unknown mark is nothing: content cannot bring its own.
    fn get(&self, mark: &str) -> &str {
        match mark {
            "greeting" => &self.greeting,
            "email" => &self.email,
            "why" => &self.why,
            "unsubscribe" => &self.unsubscribe,
            "preferences" => &self.preferences,
            _ => "",
        }
    }
}

fn fill(marked: &str, values: &Values) -> String {
    let mut out = String::with_capacity(marked.len() + 1_024);
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once(MARK_OPEN) {
        out.push_str(before);
        let Some((mark, after)) = after.split_once(MARK_CLOSE) else { return out };
        out.push_str(values.get(mark));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
