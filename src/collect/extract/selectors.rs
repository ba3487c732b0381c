//! The operator's own CSS rules: a repeating block, the facts in it, the next page, and the event's own page.
//!
//! A rule that is no CSS is the operator's mistake and is said; a rule that matches nothing leaves its fact not stated.

use std::collections::HashMap;

use ego_tree::NodeId;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{ExtractError, Extracted, MOST_EVENTS, sniff};
use crate::collect::html;
use crate::domain::{DetailSelectors, Document, Method, RawEvent, Selectors};

/// A rule `css` or `css@attr`; an empty `css` means the block itself. `^ css` takes the nearest match before the block: the heading that
/// stands over a list or a table.
struct Rule<'a> {
    css: Option<Selector>,
    attribute: Option<String>,
    /// For `^`: what stands over each block.
    above: Option<HashMap<NodeId, ElementRef<'a>>>,
}

impl<'a> Rule<'a> {
    fn parse(rule: &str) -> Result<Self, ExtractError> {
        let (rule, above) = rule.trim().strip_prefix('^').map_or((rule, None), |rest| (rest, Some(HashMap::new())));
        let (css, attribute) = match rule.rsplit_once('@') {
            Some((css, name)) if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
                (css, Some(name.to_ascii_lowercase()))
            }
            _ => (rule, None),
        };
        let css = match css.trim() {
            "" => None,
            css => Some(Selector::parse(css).map_err(|_| ExtractError::Selector(rule.to_owned()))?),
        };
        Ok(Self { css, attribute, above })
    }

    fn optional(rule: Option<&String>) -> Result<Option<Self>, ExtractError> {
        rule.filter(|r| !r.trim().is_empty()).map(|r| Self::parse(r)).transpose()
    }

    /// Finds what stands over each block, in one walk through the page.
    fn survey(&mut self, page: &'a Html, item: &Selector) {
        let (Some(above), Some(css)) = (&mut self.above, &self.css) else { return };
        let mut last = None;
        for element in page.root_element().descendants().filter_map(ElementRef::wrap) {
            if item.matches(&element) {
                above.extend(last.map(|heading| (element.id(), heading)));
            }
            if css.matches(&element) {
                last = Some(element);
            }
        }
    }

    fn element(&self, block: ElementRef<'a>) -> Option<ElementRef<'a>> {
        match (&self.above, &self.css) {
            (Some(above), _) => above.get(&block.id()).copied(),
            (None, Some(css)) => block.select(css).next(),
            (None, None) => Some(block),
        }
    }

    /// All matches' text, one a line; or the first match's attribute.
    fn words(&self, block: ElementRef<'a>) -> Option<String> {
        let text = match (&self.attribute, &self.css) {
            (Some(name), _) => html::attr(self.element(block)?, name)?.to_owned(),
            _ if self.above.is_some() => html::text(self.element(block)?),
            (None, Some(css)) => block.select(css).take(20).map(html::text).filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n"),
            (None, None) => html::text(block),
        };
        Some(text.trim().to_owned()).filter(|t| !t.is_empty())
    }

    /// The address of a link: `@href` unless the rule says otherwise, else of the first link inside.
    fn link(&self, block: ElementRef<'a>, base: Option<&Url>) -> Option<Url> {
        let element = self.element(block)?;
        let stated = html::attr(element, self.attribute.as_deref().unwrap_or("href"));
        let href = stated.or_else(|| html::first(element, "a[href]").and_then(|a| html::attr(a, "href")))?;
        html::absolute(base, href)
    }
}

/// Reads a list page into `out`: its events, their own pages if these are to be read, and the next page.
pub(super) fn list(page: &Html, base: Option<&Url>, rules: &Selectors, out: &mut Extracted) -> Result<(), ExtractError> {
    let item = Selector::parse(&rules.item).map_err(|_| ExtractError::Selector(rules.item.clone()))?;
    let set = ListRules::parse(rules, page, &item)?;
    let (mut found, mut untitled) = (0_usize, 0_usize);
    for block in page.select(&item).take(MOST_EVENTS + 1) {
        found += 1;
        match set.event(block, base) {
            Some(event) => {
                if rules.detail.is_some() {
                    out.details.push(event.url.as_deref().and_then(|u| Url::parse(u).ok()));
                }
                out.events.push(event);
            }
            None => untitled += 1,
        }
    }
    if found == 0 {
        out.notes.push(format!("the selector `{}` matches nothing", crate::domain::text::single_line(&rules.item, 80)));
    }
    if untitled > 0 {
        out.notes.push(format!("{untitled} of {found} blocks have no title by `{}`", crate::domain::text::single_line(&rules.title, 80)));
    }
    let next = Rule::optional(rules.next.as_ref())?;
    out.next_page = next.and_then(|rule| rule.link(page.root_element(), base));
    Ok(())
}

struct ListRules<'a> {
    title: Rule<'a>,
    date: Option<Rule<'a>>,
    place: Option<Rule<'a>>,
    price: Option<Rule<'a>>,
    text: Option<Rule<'a>>,
    provider: Option<Rule<'a>>,
    link: Option<Rule<'a>>,
}

impl<'a> ListRules<'a> {
    fn parse(rules: &Selectors, page: &'a Html, item: &Selector) -> Result<Self, ExtractError> {
        let mut set = Self {
            title: Rule::parse(&rules.title)?,
            date: Rule::optional(rules.date.as_ref())?,
            place: Rule::optional(rules.place.as_ref())?,
            price: Rule::optional(rules.price.as_ref())?,
            text: Rule::optional(rules.text.as_ref())?,
            provider: Rule::optional(rules.provider.as_ref())?,
            link: Rule::optional(rules.link.as_ref())?,
        };
        let others = [&mut set.date, &mut set.place, &mut set.price, &mut set.text, &mut set.provider, &mut set.link];
        for rule in others.into_iter().flatten().chain([&mut set.title]) {
            rule.survey(page, item);
        }
        Ok(set)
    }

    fn event(&self, block: ElementRef<'a>, base: Option<&Url>) -> Option<RawEvent> {
        let words = |rule: &Option<Rule<'a>>| rule.as_ref().and_then(|r| r.words(block));
        let title = self.title.words(block).map(|t| html::one_line(&t))?;
        let mut event = RawEvent::new(Method::Selectors, title);
        event.confidence = 0.9;
        event.date_words = words(&self.date);
        event.place.words = words(&self.place);
        event.price_words = words(&self.price);
        event.provider = words(&self.provider).map(|p| html::one_line(&p));
        event.text = words(&self.text).unwrap_or_else(|| html::text(block));
        let own = || self.title.element(block).and_then(|t| html::absolute(base, html::attr(t, "href")?));
        let first = || html::first(block, "a[href]").and_then(|a| html::absolute(base, html::attr(a, "href")?));
        let url = match &self.link {
            Some(rule) => rule.link(block, base),
            None => own().or_else(first),
        };
        event.url = url.map(String::from);
        event.native_id.clone_from(&event.url);
        Some(event)
    }
}

/// Fills an event from its own page; what is found there wins over what the list said.
pub fn detail(doc: &Document, rules: &DetailSelectors, event: &mut RawEvent) -> Result<(), ExtractError> {
    let page = html::parse(&sniff::decode(&doc.body, doc.content_type.as_deref()));
    let root = page.html.root_element();
    let base = html::base(&page.html, doc.url.as_ref());
    let words = |rule: &Option<String>| Ok::<_, ExtractError>(Rule::optional(rule.as_ref())?.and_then(|r| r.words(root)));
    if let Some(title) = words(&rules.title)? {
        event.title = html::one_line(&title);
    }
    if let Some(text) = words(&rules.text)? {
        event.text = text;
    }
    if let Some(provider) = words(&rules.provider)? {
        event.provider = Some(html::one_line(&provider));
    }
    event.date_words = words(&rules.date)?.or(event.date_words.take());
    event.place.words = words(&rules.place)?.or(event.place.words.take());
    event.price_words = words(&rules.price)?.or(event.price_words.take());
    if let Some(booking) = Rule::optional(rules.booking.as_ref())?.and_then(|r| r.link(root, base.as_ref())) {
        event.booking_url = Some(booking.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Reading, SourceKind};

    fn doc(body: &str) -> Document {
        Document { url: Url::parse("https://museum.example/events/").ok(), content_type: Some("text/html".into()), body: body.as_bytes().to_vec() }
    }

    fn rules() -> Selectors {
        Selectors {
            item: "li.event".into(),
            title: "h3".into(),
            date: Some("time@datetime".into()),
            place: Some(".place".into()),
            link: Some("a.more".into()),
            next: Some("a.next".into()),
            detail: Some(DetailSelectors { price: Some(".price".into()), booking: Some("a.book".into()), ..DetailSelectors::default() }),
            ..Selectors::default()
        }
    }

    const PAGE: &str = "<html><ul><li class=event><h3>Pests</h3><time datetime='2027-05-04'>4 May</time><p class=place>Hull</p><a class=more href='/e/1'>more</a>\
        <li class=event><p>no title</p></ul><a class=next href='?page=2'>Next</a>";

    #[test]
    fn a_list_gives_events_their_pages_and_the_next_page() {
        let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
        let out = super::super::extract(&doc(PAGE), &reading, SourceKind::Page, Some(&rules())).unwrap();
        assert_eq!(out.events.len(), 1);
        let event = &out.events[0];
        assert_eq!((event.title.as_str(), event.date_words.as_deref(), event.place.words.as_deref()), ("Pests", Some("2027-05-04"), Some("Hull")));
        assert_eq!(event.url.as_deref(), Some("https://museum.example/e/1"));
        assert_eq!(out.next_page.unwrap().as_str(), "https://museum.example/events/?page=2");
        assert_eq!(out.details, [Url::parse("https://museum.example/e/1").ok()]);
        assert_eq!(out.notes.len(), 1);
    }

    #[test]
    fn a_heading_names_the_rows_below_it() {
        let page =
            "<table><tr><td>no heading yet</table><h2>Looms</h2><table><tr><td>4 May<tr><td>5 May</table><h2>Dyes</h2><table><tr><td>6 May</table>";
        let rules = Selectors { item: "tr".into(), title: "^ h2".into(), date: Some("td".into()), ..Selectors::default() };
        let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
        let out = super::super::extract(&doc(page), &reading, SourceKind::Page, Some(&rules)).unwrap();
        let found: Vec<_> = out.events.iter().map(|e| (e.title.as_str(), e.date_words.as_deref().unwrap_or_default())).collect();
        assert_eq!(found, [("Looms", "4 May"), ("Looms", "5 May"), ("Dyes", "6 May")]);
        assert_eq!(out.notes.len(), 1, "the row without a heading is told");
    }

    #[test]
    fn the_events_own_page_wins() {
        let mut event = RawEvent::new(Method::Selectors, "Pests");
        event.price_words = Some("from the list".into());
        event.place.words = Some("Hull".into());
        detail(&doc("<p class=price>£25</p><a class=book href=/book>Book</a>"), rules().detail.as_ref().unwrap(), &mut event).unwrap();
        assert_eq!((event.price_words.as_deref(), event.place.words.as_deref()), (Some("£25"), Some("Hull")));
        assert_eq!(event.booking_url.as_deref(), Some("https://museum.example/book"));
    }

    #[test]
    fn a_rule_that_is_no_css_is_said() {
        let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
        let bad = Selectors { title: "h3[".into(), ..rules() };
        let error = super::super::extract(&doc(PAGE), &reading, SourceKind::Page, Some(&bad)).unwrap_err();
        assert_eq!(error, ExtractError::Selector("h3[".into()));
    }
}
