//! Humanitix: a host's page with JSON-LD, or else with links to its events' own pages.

use scraper::Html;
use url::Url;

use super::WayIn;
use super::traces::{Traces, is_host, path, way};
use crate::collect::extract::Extracted;
use crate::collect::html;
use crate::domain::{Method, RawEvent, SourceKind};

/// Paths on its host that are no events.
const NO_EVENT: &[&str] =
    &["search", "help", "host", "tour", "login", "signup", "about", "pricing", "blog", "contact", "privacy", "terms", "account"];
/// Most events of a host whose own pages are worth following.
const MOST_LINKS: usize = 100;

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let host = |u: &&Url| matches!(path(u)[..], ["host", _, ..]);
    let page = |u: &Url| {
        let name = path(u).get(1).copied()?;
        way("humanitix", &format!("https://events.humanitix.com/host/{name}"), SourceKind::Page, format!("the host {name} lists its events there"))
    };
    traces.on("events.humanitix.com").filter(host).take(3).filter_map(page).collect()
}

/// The events that a host's page only links to: a name each, and the page to read for the rest.
pub fn links(page: &Html, base: Option<&Url>, out: &mut Extracted) {
    let Some(base) = base.filter(|b| is_host(b, "humanitix.com") && path(b).first() == Some(&"host")) else { return };
    for link in html::all(page.root_element(), "a[href]") {
        let Some(mut url) = html::absolute(Some(base), link.attr("href").unwrap_or_default()) else { continue };
        url.set_query(None);
        url.set_fragment(None);
        let own = matches!(path(&url)[..], [slug] if !NO_EVENT.contains(&slug)) && url.host_str() == base.host_str();
        let title = html::line(link);
        if !own || title.is_empty() || out.details.iter().flatten().any(|known| *known == url) {
            continue;
        }
        if out.events.len() >= MOST_LINKS {
            out.notes.push(format!("only the first {MOST_LINKS} links to events were taken"));
            return;
        }
        let mut event = RawEvent::new(Method::Humanitix, html::text(link).lines().next().unwrap_or(&title));
        event.text = html::text(link);
        event.confidence = 0.4;
        event.native_id = Some(url.to_string());
        event.url = Some(url.to_string());
        out.events.push(event);
        out.details.push(Some(url));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{page, ways_of};

    const HOST: &str = "https://events.humanitix.com/host/makers";

    #[test]
    fn the_lowest_price_is_that_of_all_offers() {
        let source = r#"<script type="application/ld+json">[{"@type":"Event","name":"Clay","startDate":"2027-05-04T10:00:00+0100","url":"https://events.humanitix.com/clay",
            "offers":[{"@type":"AggregateOffer","offerCount":2},{"@type":"Offer","name":"Full","price":25,"priceCurrency":"GBP"},{"@type":"Offer","name":"Student","price":12.5,"priceCurrency":"GBP"}]}]</script>"#;
        let e = page(source, HOST).events.remove(0);
        assert_eq!(e.offers.iter().map(|o| o.low.as_deref().unwrap()).collect::<Vec<_>>(), ["25", "12.5"]);
    }

    #[test]
    fn without_data_its_links_are_followed() {
        let source = "<a href='/clay-day?c=web'><h3>Clay day</h3><p>4 May 2027</p></a><a href='/search'>Search</a><a href='/help/x'>Help</a><a href='/clay-day'>again</a>";
        let found = page(source, HOST);
        assert_eq!(found.events.iter().map(|e| e.title.as_str()).collect::<Vec<_>>(), ["Clay day"]);
        assert_eq!(found.details[0].as_ref().unwrap().as_str(), "https://events.humanitix.com/clay-day");
        assert!(page(source, "https://makers.example/").events.is_empty());
    }

    #[test]
    fn a_host_named_by_a_page_is_a_way_in() {
        assert_eq!(
            ways_of("<a href='https://events.humanitix.com/host/makers?x=1'>all</a>", "https://makers.example/"),
            [format!("humanitix page {HOST}")]
        );
    }
}
