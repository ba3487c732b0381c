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
        /// A Maildir or a file of messages (`file:` or a path).
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

vocabulary! {
    /// A way of finding a source's events, as the discovery ladder names them.
    pub enum RungName("rung") {
        /// The address as it is: a feed, a calendar, a table.
        Itself = "itself",
        Calendar = "advertised calendar",
        Feed = "advertised feed",
        /// JSON-LD, microdata, RDFa or microformats in the page.
        Structured = "structured data",
        /// The interface of a known platform.
        Platform = "platform",
        /// A page that a link's words promise.
        Linked = "linked page",
        /// Where sites usually have it.
        Common = "common path",
        /// The pages of events that a sitemap names.
        Sitemap = "sitemap",
        /// A page's own repeated blocks or prose.
        Repeated = "repeated blocks",
    }
}

vocabulary! {
    /// What a column of a table can hold.
    pub enum Column("column") {
        Title = "title",
        /// The date, or the date and time, of the beginning.
        Start = "start",
        /// The time of day, when it has a column of its own.
        Time = "time",
        End = "end",
        EndTime = "end_time",
        Deadline = "deadline",
        Place = "place",
        Address = "address",
        Town = "town",
        Postcode = "postcode",
        Price = "price",
        Provider = "provider",
        /// The event's own page.
        Link = "link",
        Booking = "booking",
        Text = "text",
        Status = "status",
        /// The table's own name for the row.
        Id = "id",
    }
}

/// An operator's mapping of a table: which heading (CSV) or dotted path (JSON) holds which fact. What is not named is found by its heading.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// JSON: dotted path of the array whose objects are the rows.
    #[serde(default)]
    pub rows: Option<String>,
    #[serde(default)]
    pub columns: std::collections::BTreeMap<Column, String>,
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
