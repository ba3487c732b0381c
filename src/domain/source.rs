//! Places to look, and how they are doing.

use super::vocabulary;

vocabulary! {
    /// What a source is, and so how it is read.
    pub enum SourceKind("kind of source") {
        /// Whatever the document turns out to be.
        Auto = "auto",
        Feed = "feed",
        Ical = "ical",
        Page = "page",
        Api = "api",
        /// Messages: over IMAP (`imaps://user@host/Folder`), or a Maildir or a file of messages (`file:` or a path).
        Mailbox = "mailbox",
    }
}

vocabulary! {
    /// The outcome of the newest fetch, as an operator reads it.
    pub enum Health("health") {
        /// Never fetched.
        New = "new",
        Ok = "ok",
        /// Fetched, but far fewer events than usual: nothing is withdrawn, an editor should look.
        Suspect = "suspect",
        Failed = "failed",
        Disabled = "disabled",
    }
}

/// What one good look at a source found, for judging how often it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastLook {
    /// UTC.
    pub at: chrono::DateTime<chrono::Utc>,
    /// Whether any listing was new or said something else.
    pub changed: bool,
}

/// An operator's rules for a page without structure: CSS selectors for the repeating block and the facts in it.
/// Each fact's selector is applied inside the block; `@attr` at the end takes an attribute instead of the text, and `^` in front takes the
/// nearest match before the block, such as the heading over a table.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selectors {
    /// The repeating block: one match, one event.
    pub item: String,
    pub title: String,
    #[serde(default)]
    pub date: Option<String>,
    #[serde(default)]
    pub place: Option<String>,
    #[serde(default)]
    pub price: Option<String>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub provider: Option<String>,
    /// The link to the event's own page, `@href` unless said otherwise.
    #[serde(default)]
    pub link: Option<String>,
    /// The link to the next page of the list.
    #[serde(default)]
    pub next: Option<String>,
    /// Pages of the list to read at most.
    #[serde(default = "Selectors::default_pages")]
    pub pages: u32,
    /// Rules for the event's own page; when present each link is followed.
    #[serde(default)]
    pub detail: Option<DetailSelectors>,
}

impl Selectors {
    fn default_pages() -> u32 {
        5
    }
}

/// Rules for an event's own page. What they find wins over what the list said.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetailSelectors {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub date: Option<String>,
    #[serde(default)]
    pub place: Option<String>,
    #[serde(default)]
    pub price: Option<String>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub provider: Option<String>,
    #[serde(default)]
    pub booking: Option<String>,
}
