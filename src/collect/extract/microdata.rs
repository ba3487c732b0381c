//! Microdata (HTML, section 5) as the JSON-LD it would be, `itemref` included, so that one mapper serves all syntaxes.

use scraper::ElementRef;
use serde_json::{Map, Value};

use super::markup::{self, Gathering, local_name};
use crate::collect::html;

/// Every top-level item of the page.
pub fn items(page: &mut Gathering<'_>) -> Vec<Value> {
    page.roots("[itemscope]:not([itemprop])").into_iter().filter_map(|e| item(e, page)).collect()
}

fn item<'a>(element: ElementRef<'a>, page: &mut Gathering<'a>) -> Option<Value> {
    page.inside(|page| {
        let mut out = Map::new();
        out.insert("@type".into(), markup::kinds(html::attr(element, "itemtype").unwrap_or_default()));
        if let Some(id) = html::attr(element, "itemid") {
            out.insert("@id".into(), id.into());
        }
        element.child_elements().for_each(|child| gather(child, page, &mut out));
        for id in html::attr(element, "itemref").unwrap_or_default().split_whitespace().take(50) {
            // A part that holds the item itself would be read for ever; the depth cap ends what gets past this.
            if let Some(part) = page.by_id(id).filter(|part| !element.ancestors().any(|a| a.id() == part.id()) && part.id() != element.id()) {
                gather(part, page, &mut out);
            }
        }
        Value::Object(out)
    })
}

/// Puts the properties of an element and of everything inside it, but not inside other items, into `out`.
fn gather<'a>(element: ElementRef<'a>, page: &mut Gathering<'a>, out: &mut Map<String, Value>) {
    if !page.spend() {
        return;
    }
    let nested = element.attr("itemscope").is_some();
    if let Some(names) = html::attr(element, "itemprop") {
        let value = if nested { item(element, page) } else { Some(markup::value(element)) };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> (Vec<Value>, Vec<String>) {
        let page = html::parse(source);
        let mut page = Gathering::of(&page.html);
        (items(&mut page), page.notes)
    }

    #[test]
    fn parts_elsewhere_on_the_page_belong_to_the_item_that_names_them() {
        let (items, _) = read(
            "<div itemscope itemtype='https://schema.org/Event' itemref='hall when'><b itemprop=name>Pests</b></div>\
             <p id=when><time itemprop=startDate datetime=2027-05-04></time></p>\
             <div id=hall itemprop=location itemscope itemtype='https://schema.org/Place'><b itemprop=name>Town Hall</b></div>",
        );
        assert_eq!(items[0]["startDate"], "2027-05-04");
        assert_eq!(items[0]["location"]["name"], "Town Hall");
    }

    #[test]
    fn items_that_refer_to_one_another_end() {
        let (_, notes) = read(
            "<div itemscope itemref=b><i itemprop=x>1</i></div><div id=a itemprop=q itemscope itemref=b></div>\
             <div id=b itemprop=p itemscope itemref=a></div>",
        );
        assert_eq!(notes, ["the page's marked-up items are nested too deep: the innermost were left out"]);
        let many = "<div itemscope itemref=all></div>".repeat(2_000);
        let (_, notes) = read(&format!("<div id=all>{}</div>{many}", "<i itemprop=x>1</i>".repeat(2_000)));
        assert!(notes.iter().any(|n| n.contains("refer to too many parts")), "{notes:?}");
    }
}
