//! What a page names that can give its platform away: every address on it, and the program that says it made it.

use scraper::{Html, Node};
use url::Url;

use super::WayIn;
use crate::collect::html;
use crate::domain::SourceKind;

/// Most elements with an address that are looked at.
const MOST_ADDRESSES: usize = 5_000;

/// The traces of one page.
pub struct Traces<'a> {
    page: &'a Html,
    /// Where the page was found.
    pub url: &'a Url,
    /// Every address the page names, made absolute; `webcal:` as `https:`.
    addresses: Vec<Url>,
    /// What `<meta name=generator>` says, in lower case.
    generator: String,
}

impl<'a> Traces<'a> {
    pub fn of(page: &'a Html, url: &'a Url) -> Self {
        let root = page.root_element();
        let base = html::base(page, Some(url));
        let named = html::all(root, "a[href], link[href], iframe[src], script[src], [data-url], [data-src]");
        let absolute = |href: &str| html::absolute(base.as_ref(), &without_webcal(href));
        let addresses = named.into_iter().take(MOST_ADDRESSES).filter_map(|e| {
            let href = ["href", "src", "data-url", "data-src"].iter().find_map(|name| html::attr(e, name))?;
            absolute(href)
        });
        let generator = html::all(root, "meta[name=generator][content]").into_iter().filter_map(|m| html::attr(m, "content"));
        Self { page, url, addresses: addresses.collect(), generator: generator.collect::<Vec<_>>().join(" ").to_lowercase() }
    }

    /// The page's own address, then every address it names.
    pub fn addresses(&self) -> impl Iterator<Item = &Url> {
        std::iter::once(self.url).chain(&self.addresses)
    }

    /// Those on a host or on a host under it.
    pub fn on(&self, host: &'static str) -> impl Iterator<Item = &Url> {
        self.addresses().filter(move |u| is_host(u, host))
    }

    /// The first address that holds these words.
    pub fn with(&self, words: &str) -> Option<&Url> {
        self.addresses().find(|u| u.as_str().contains(words))
    }

    pub fn made_by(&self, program: &str) -> bool {
        self.generator.contains(program)
    }

    /// Whether an element of the page matches a selector of this program's own.
    pub fn has(&self, css: &'static str) -> bool {
        html::first(self.page.root_element(), css).is_some()
    }

    /// Whether a comment of the page holds these words.
    pub fn says_in_comment(&self, words: &str) -> bool {
        self.page.tree.nodes().any(|n| matches!(n.value(), Node::Comment(c) if c.contains(words)))
    }

    /// The first text of an inline script that follows these words, up to the next quote.
    pub fn quoted_in_script(&self, words: &str) -> Option<String> {
        html::all(self.page.root_element(), "script:not([src])").into_iter().find_map(|script| {
            let source: String = script.text().collect();
            let rest = source.get(source.find(words)? + words.len()..)?.trim_start_matches(['"', '\'', ' ', ':', '=']);
            let value = rest.split(['"', '\'', ',', '\n']).next()?.trim();
            Some(value.to_owned()).filter(|v| !v.is_empty())
        })
    }
}

/// `webcal://` and `webcals://` are fetched as https.
fn without_webcal(href: &str) -> String {
    let rest = href.trim().strip_prefix("webcal://").or_else(|| href.trim().strip_prefix("webcals://"));
    rest.map_or_else(|| href.to_owned(), |rest| format!("https://{rest}"))
}

pub fn is_host(url: &Url, host: &str) -> bool {
    url.host_str().is_some_and(|h| h == host || h.strip_suffix(host).is_some_and(|sub| sub.ends_with('.')))
}

/// The parts of an address's path that are not empty.
pub fn path(url: &Url) -> Vec<&str> {
    url.path_segments().map(|parts| parts.filter(|p| !p.is_empty()).collect()).unwrap_or_default()
}

/// A way in, when its address can be read.
pub fn way(platform: &'static str, address: &str, kind: SourceKind, why: impl Into<String>) -> Option<WayIn> {
    Some(WayIn { platform, url: Url::parse(address).ok()?, kind, why: why.into() })
}

/// Another path and query on the same host.
pub fn on_same_host(url: &Url, path: &str) -> String {
    url.join(path).map_or_else(|_| String::new(), String::from)
}
