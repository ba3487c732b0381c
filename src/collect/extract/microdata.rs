//! Microdata, RDFa Lite and microformats (h-event, hCalendar) as the JSON-LD they would be, so that one mapper serves all.
//!
//! Depth is bounded by the page's own (html caps it).

use scraper::{ElementRef, Html};
use serde_json::{Map, Value};

use crate::collect::html;

/// Most top-level items of a page.
const MOST_ITEMS: usize = 2_500;

/// Every top-level item of the page.
pub fn items(page: &Html, notes: &mut Vec<String>) -> Vec<Value> {
    let mut all = |css: &'static str| {
        let mut found = html::all(page.root_element(), css);
        if found.len() > MOST_ITEMS {
            notes.push(format!("only the first {MOST_ITEMS} of {} marked-up items were looked at", found.len()));
            found.truncate(MOST_ITEMS);
        }
        found
    };
    let mut out: Vec<Value> = all("[itemscope]:not([itemprop])").into_iter().map(|e| item(e, &MICRODATA)).collect();
    out.extend(all("[typeof]:not([property])").into_iter().map(|e| item(e, &RDFA)));
    out.extend(all(".h-event, .vevent").into_iter().map(microformat));
    out
}

/// The attributes that a syntax uses.
struct Syntax {
    scope: &'static str,
    kind: &'static str,
    property: &'static str,
    id: &'static str,
}

const MICRODATA: Syntax = Syntax { scope: "itemscope", kind: "itemtype", property: "itemprop", id: "itemid" };
const RDFA: Syntax = Syntax { scope: "typeof", kind: "typeof", property: "property", id: "resource" };

fn item(element: ElementRef<'_>, syntax: &Syntax) -> Value {
    let mut out = Map::new();
    let kind = html::attr(element, syntax.kind).unwrap_or_default();
    let kinds = kind.split_whitespace().map(|k| Value::from(local_name(k))).collect();
    out.insert("@type".into(), Value::Array(kinds));
    if let Some(id) = html::attr(element, syntax.id) {
        out.insert("@id".into(), id.into());
    }
    element.child_elements().for_each(|child| gather(child, syntax, &mut out));
    Value::Object(out)
}

/// Puts the properties of an element and of everything inside it, but not inside other items, into `out`.
fn gather(element: ElementRef<'_>, syntax: &Syntax, out: &mut Map<String, Value>) {
    let nested = element.attr(syntax.scope).is_some();
    if let Some(names) = html::attr(element, syntax.property) {
        let value = if nested { item(element, syntax) } else { value(element) };
        for name in names.split_whitespace().take(10) {
            add(out, local_name(name), value.clone());
        }
    }
    if !nested {
        element.child_elements().for_each(|child| gather(child, syntax, out));
    }
}

/// The value of a property element (HTML, section 5.2.4).
fn value(element: ElementRef<'_>) -> Value {
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

fn add(out: &mut Map<String, Value>, name: &str, value: Value) {
    match out.get_mut(name) {
        None => {
            out.insert(name.to_owned(), value);
        }
        Some(Value::Array(list)) if list.len() < 1_000 => list.push(value),
        Some(Value::Array(_)) => {}
        Some(one) => *one = Value::Array(vec![one.take(), value]),
    }
}

/// `https://schema.org/Event`, `schema:Event` and `Event` alike.
fn local_name(name: &str) -> &str {
    name.rsplit(['/', '#', ':']).next().unwrap_or(name)
}

/// h-event and the older hCalendar.
fn microformat(element: ElementRef<'_>) -> Value {
    let find = |css: &'static str| html::first(element, css);
    let mut out = Map::new();
    out.insert("@type".into(), "Event".into());
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            out.insert(name.into(), value);
        }
    };
    let text = |e: ElementRef<'_>| Value::from(html::line(e));
    put("name", find(".p-name, .summary").or(find("h1, h2, h3")).map(text).or_else(|| Some(text(element))));
    put("startDate", find(".dt-start, .dtstart").map(moment));
    put("endDate", find(".dt-end, .dtend").map(moment));
    put("location", find(".p-location, .location").map(text));
    put("description", find(".p-summary, .e-content, .p-description, .description").map(|e| Value::from(html::text(e))));
    put("url", find("a.u-url, a.url").and_then(|a| html::attr(a, "href")).map(Value::from));
    put("organizer", find(".p-organizer, .organizer").map(text));
    Value::Object(out)
}

/// A moment by the value class pattern, `datetime`, the title of an `abbr`, or its words.
fn moment(element: ElementRef<'_>) -> Value {
    let one = |e: ElementRef<'_>| {
        let stated =
            html::attr(e, "datetime").or_else(|| html::attr(e, "title").filter(|_| e.value().name() == "abbr")).or_else(|| html::attr(e, "content"));
        stated.map_or_else(|| html::line(e), str::to_owned)
    };
    let parts: Vec<String> = html::all(element, ".value, .value-title").into_iter().take(4).map(one).collect();
    Value::from(if parts.is_empty() { one(element) } else { parts.join(" ") })
}
