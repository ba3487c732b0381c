//! What microdata, RDFa and microformats share: the value of an element, and how values gather in an item.
//!
//! Items refer to parts of the page by id, so the work is bounded by a budget for the whole page, not by the page's depth alone.

use std::collections::HashMap;

use scraper::{ElementRef, Html};
use serde_json::{Map, Value};

use crate::collect::html;

/// Most top-level items of a page, for each syntax.
const MOST_ITEMS: usize = 2_500;
/// Most elements that are looked at in all, however often items refer to the same part.
const MOST_ELEMENTS: usize = 400_000;
/// Deepest items within items.
const MOST_DEPTH: usize = 24;
/// Most values of one property.
const MOST_VALUES: usize = 1_000;

/// What is left of a page's allowance, and what had to be cut.
pub struct Gathering<'a> {
    page: &'a Html,
    ids: Option<HashMap<&'a str, ElementRef<'a>>>,
    left: usize,
    depth: usize,
    /// For the operator.
    pub notes: Vec<String>,
}

impl<'a> Gathering<'a> {
    pub fn of(page: &'a Html) -> Self {
        Self { page, ids: None, left: MOST_ELEMENTS, depth: 0, notes: Vec::new() }
    }

    /// Every top-level item that a selector of this program's own finds, as far as the caps go.
    pub fn roots(&mut self, css: &'static str) -> Vec<ElementRef<'a>> {
        let mut found = html::all(self.page.root_element(), css);
        if found.len() > MOST_ITEMS {
            self.notes.push(format!("only the first {MOST_ITEMS} of {} marked-up items were looked at", found.len()));
            found.truncate(MOST_ITEMS);
        }
        found
    }

    /// The element of an id.
    pub fn by_id(&mut self, id: &str) -> Option<ElementRef<'a>> {
        let page = self.page;
        let ids = self.ids.get_or_insert_with(|| {
            let mut ids = HashMap::new();
            for element in html::all(page.root_element(), "[id]") {
                ids.entry(element.attr("id").unwrap_or_default()).or_insert(element);
            }
            ids
        });
        ids.get(id).copied()
    }

    /// Whether one more element may be looked at.
    pub fn spend(&mut self) -> bool {
        if self.left == 0 {
            self.cut("the page's marked-up items refer to too many parts: some were left out");
            return false;
        }
        self.left -= 1;
        true
    }

    /// Reads an item inside another, unless that is too deep.
    pub fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MOST_DEPTH {
            self.cut("the page's marked-up items are nested too deep: the innermost were left out");
            return None;
        }
        self.depth += 1;
        let out = read(self);
        self.depth -= 1;
        Some(out)
    }

    /// Adds a value to a property.
    pub fn add(&mut self, out: &mut Map<String, Value>, name: &str, value: Value) {
        match out.get_mut(name) {
            None => {
                out.insert(name.to_owned(), value);
            }
            Some(Value::Array(list)) if list.len() < MOST_VALUES => list.push(value),
            Some(Value::Array(_)) => self.cut("a marked-up item has more than 1,000 values of one property: the rest was left out"),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }

    fn cut(&mut self, why: &str) {
        if !self.notes.iter().any(|n| n == why) {
            self.notes.push(why.to_owned());
        }
    }
}

/// The value of a property element (HTML, section 5.2.4).
pub fn value(element: ElementRef<'_>) -> Value {
    let attribute = match element.value().name() {
        "a" | "area" | "link" => "href",
        "img" | "iframe" | "source" | "video" | "audio" | "embed" => "src",
        "time" => "datetime",
        "data" | "meter" => "value",
        "object" => "data",
        _ => "content",
    };
    let stated = html::attr(element, "content").or_else(|| html::attr(element, attribute));
    stated.map_or_else(|| Value::from(html::text(element)), Value::from)
}

/// `https://schema.org/Event`, `schema:Event` and `Event` alike.
pub fn local_name(name: &str) -> &str {
    name.rsplit(['/', '#', ':']).next().unwrap_or(name)
}

/// The types of an item, by their local names.
pub fn kinds(types: &str) -> Value {
    types.split_whitespace().take(10).map(|k| Value::from(local_name(k))).collect()
}
