//! RDFa Lite (`vocab`, `typeof`, `property`, `resource`, `prefix`) as the JSON-LD it would be.
//!
//! Vocabularies are known by the local names alone: `schema:Event`, `v:Event` and `https://schema.org/Event` are one.

use scraper::ElementRef;
use serde_json::{Map, Value, json};

use super::markup::{self, Gathering, local_name};
use crate::collect::html;

/// Every top-level item of the page.
pub fn items(page: &mut Gathering<'_>) -> Vec<Value> {
    page.roots("[typeof]:not([property]):not([rel])").into_iter().filter_map(|e| item(e, page)).collect()
}

fn item<'a>(element: ElementRef<'a>, page: &mut Gathering<'a>) -> Option<Value> {
    page.inside(|page| {
        let mut out = Map::new();
        out.insert("@type".into(), markup::kinds(html::attr(element, "typeof").unwrap_or_default()));
        if let Some(id) = html::attr(element, "resource").or_else(|| html::attr(element, "about")) {
            out.insert("@id".into(), id.into());
        }
        element.child_elements().for_each(|child| gather(child, page, &mut out));
        Value::Object(out)
    })
}

fn gather<'a>(element: ElementRef<'a>, page: &mut Gathering<'a>, out: &mut Map<String, Value>) {
    if !page.spend() {
        return;
    }
    let nested = element.attr("typeof").is_some();
    if let Some(names) = html::attr(element, "property").or_else(|| html::attr(element, "rel").filter(|_| nested)) {
        let value = if nested { item(element, page) } else { Some(value(element)) };
        for name in names.split_whitespace().take(10) {
            if let Some(value) = &value {
                page.add(out, local_name(name), value.clone());
            }
        }
    }
    if !nested {
        element.child_elements().for_each(|child| gather(child, page, out));
    }
}

/// A property that only names another item refers to it.
fn value(element: ElementRef<'_>) -> Value {
    match html::attr(element, "resource") {
        Some(id) if element.attr("content").is_none() => json!({ "@id": id }),
        _ => markup::value(element),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_and_references() {
        let page = html::parse(
            "<div vocab='https://schema.org/' typeof=Event resource='#pests'><h2 property=name>Pests</h2><span property='schema:startDate' content='2027-05-04T10:00'>4 May</span>\
             <a property=url href='/pests'>more</a><i property=location resource='#hall'></i><div property=organizer typeof=Organization><b property=name>Guild</b></div></div>\
             <div vocab='https://schema.org/' typeof='Place' resource='#hall'><b property=name>Town Hall</b></div>",
        );
        let items = items(&mut Gathering::of(&page.html));
        assert_eq!(items.len(), 2);
        assert_eq!((items[0]["startDate"].as_str(), items[0]["url"].as_str()), (Some("2027-05-04T10:00"), Some("/pests")));
        assert_eq!((&items[0]["location"]["@id"], &items[1]["@id"]), (&json!("#hall"), &json!("#hall")));
        assert_eq!(items[0]["organizer"]["name"], "Guild");
    }
}
