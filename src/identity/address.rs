//! URLs as identity: two spellings of one address become equal, and an address that names no single event is recognised.

use url::Url;

/// Parameters that say how a reader came, not what the page is.
const TRACKING: &[&str] = &["fbclid", "gclid", "mc_cid", "mc_eid", "ref", "source", "aff", "_ga"];

/// Last words of paths that hold many events.
const LISTING_PAGES: &[&str] =
    &["", "events", "event", "whats-on", "training", "courses", "calendar", "news", "workshops", "webinars", "index", "home", "what-s-on", "cpd"];

/// Longest address worth comparing, in bytes.
const LONGEST: usize = 2048;

/// An address without scheme, `www.`, fragment, tracking parameters and trailing slash.
pub(super) fn canonical(address: &str) -> Option<String> {
    if address.len() > LONGEST {
        return None;
    }
    let url = Url::parse(address.trim()).ok().filter(|u| matches!(u.scheme(), "http" | "https"))?;
    let host = url.host_str()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    let mut query: Vec<String> = url.query_pairs().filter(|(name, _)| !is_tracking(name)).map(|(name, value)| format!("{name}={value}")).collect();
    query.sort_unstable();
    let mark = if query.is_empty() { "" } else { "?" };
    Some(format!("{host}{port}{path}{mark}{}", query.join("&")))
}

fn is_tracking(name: &str) -> bool {
    name.starts_with("utm_") || TRACKING.contains(&name)
}

/// Whether a canonical address can name one event: not a front page, nor a page of many events.
pub(super) fn is_particular(canonical: &str) -> bool {
    let (path, query) = canonical.split_once('?').unwrap_or((canonical, ""));
    let Some((_, path)) = path.split_once('/') else { return !query.is_empty() };
    let last = path.rsplit('/').next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    !query.is_empty() || !LISTING_PAGES.contains(&stem.to_ascii_lowercase().as_str())
}

/// Whether an identifier is likely unique in the world (a calendar UID, an address, a UUID) and not merely a row number of its source.
pub(super) fn is_worldwide(native_id: &str) -> bool {
    native_id.contains(['@', '/']) || native_id.len() >= 24
}

/// The host of a canonical address.
pub(super) fn host(canonical: &str) -> &str {
    canonical.split(['/', '?']).next().unwrap_or(canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_equal() {
        let plain = canonical("https://mill.example/e/42").unwrap();
        for same in ["http://www.mill.example/e/42/", "https://MILL.example/e/42?utm_source=x&fbclid=1#top", "https://mill.example:443/e/42"] {
            assert_eq!(canonical(same).unwrap(), plain);
        }
        for other in ["https://mill.example/e/43", "https://mill.example/e/42?date=2", "https://mill.example:8443/e/42"] {
            assert_ne!(canonical(other).unwrap(), plain);
        }
        for none in ["mailto:a@mill.example", "mill.example/e/42", ""] {
            assert_eq!(canonical(none), None);
        }
    }

    #[test]
    fn a_row_number_is_not_unique_in_the_world() {
        for (id, expected) in [("4711", false), ("post-4711", false), ("4711@mill.example", true), ("https://mill.example/?p=4711", true)] {
            assert_eq!(is_worldwide(id), expected, "{id}");
        }
    }

    #[test]
    fn a_page_of_many_events_names_none() {
        for (address, expected) in [
            ("https://mill.example/", false),
            ("https://mill.example/whats-on/", false),
            ("https://mill.example/training.html", false),
            ("https://mill.example/?event=12", true),
            ("https://mill.example/events/fundraising-basics", true),
        ] {
            assert_eq!(is_particular(&canonical(address).unwrap()), expected, "{address}");
        }
    }
}
