//! Links as they may be published: one form each, no tracking, and never the door to a meeting.

use url::Url;

/// How many redirect wrappers are taken off one link.
const WRAPPERS: usize = 4;

/// Parameters that name a campaign or a reader, never a page.
const TRACKING: &[&str] = &[
    "mc_cid",
    "mc_eid",
    "fbclid",
    "gclid",
    "dclid",
    "msclkid",
    "twclid",
    "igshid",
    "yclid",
    "_hsenc",
    "_hsmi",
    "_ga",
    "_gl",
    "aff",
    "mkt_tok",
    "vero_id",
    "oly_enc_id",
    "oly_anon_id",
    "ss_email_id",
    "dm_i",
    "_kx",
    "ck_subscriber_id",
    "sc_cid",
    "wickedid",
    "rb_clickid",
    "s_cid",
    "ml_subscriber",
    "ml_subscriber_hash",
    "__s",
    "bbeml",
    "trk_contact",
    "trk_msg",
    "trk_module",
    "trk_sid",
    "elqtrackid",
    "elqtrack",
    "spm",
    "ref_src",
    "cmpid",
    "mtm_campaign",
];

/// Reads a link against the page it stands on: http or https only, fragment and tracking parameters dropped, known redirect wrappers
/// whose target stands in the query taken off. `None` for other schemes, and for links into a meeting, which are secrets.
#[must_use]
pub fn canonical(href: &str, base: Option<&Url>) -> Option<Url> {
    let href = href.trim();
    let mut url = Url::options().base_url(base).parse(href).ok()?;
    for _ in 0..WRAPPERS {
        let Some(inner) = unwrapped(&url) else { break };
        url = inner;
    }
    if !is_web(&url) || is_meeting_link(&url) || url.as_str().len() > 2_000 {
        return None;
    }
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    strip(&mut url);
    Some(url)
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|h| !h.is_empty())
}

fn strip(url: &mut Url) {
    let kept: Vec<(String, String)> = url.query_pairs().filter(|(k, _)| !is_tracking(k)).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
    if kept.len() == url.query_pairs().count() {
        if kept.is_empty() {
            url.set_query(None);
        }
        return;
    }
    if kept.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
}

fn is_tracking(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("utm_") || key.starts_with("pk_") || key.starts_with("hsa_") || TRACKING.contains(&key.as_str())
}

/// The target a redirect wrapper carries in its query.
fn unwrapped(url: &Url) -> Option<Url> {
    let host = url.host_str()?.to_ascii_lowercase();
    let param = |names: &[&str]| {
        let found = url.query_pairs().find(|(k, _)| names.iter().any(|n| k.eq_ignore_ascii_case(n)))?;
        Url::parse(&found.1).ok().filter(is_web)
    };
    let is_host = |suffix: &str| host == suffix || host.ends_with(&format!(".{suffix}"));
    if host.starts_with("www.google.") || host.starts_with("google.") {
        return (url.path() == "/url").then(|| param(&["q", "url"])).flatten();
    }
    if ["safelinks.protection.outlook.com", "l.facebook.com", "lm.facebook.com", "out.reddit.com", "slack-redir.net"].iter().any(|h| is_host(h)) {
        return param(&["url", "u"]);
    }
    if is_host("urldefense.proofpoint.com") {
        return None;
    }
    // A link of another host in a parameter so named, on a path that says it redirects, is where the reader would arrive.
    let path = url.path().to_ascii_lowercase();
    let redirects = ["redirect", "redir", "click", "track", "link", "out", "goto", "away", "ls", "cl"]
        .iter()
        .any(|w| path.split(['/', '.', '_', '-']).any(|p| p == *w));
    let bare = path == "/" || path.is_empty();
    if redirects || bare {
        return param(&["url", "u", "redirect", "target", "dest", "destination", "redirect_url", "redirect_to"])
            .filter(|t| t.host_str() != url.host_str());
    }
    None
}

/// A link that lets its holder into a meeting: a secret of those who booked.
#[must_use]
pub fn is_meeting_link(url: &Url) -> bool {
    let Some(host) = url.host_str().map(str::to_ascii_lowercase) else { return false };
    let path = url.path().to_ascii_lowercase();
    let is_host = |suffix: &str| host == suffix || host.ends_with(&format!(".{suffix}"));
    let path_is = |starts: &[&str]| starts.iter().any(|s| path.starts_with(s));
    if is_host("zoom.us") || is_host("zoom.com") || is_host("zoomgov.com") {
        return path_is(&["/j/", "/w/", "/my/", "/s/", "/wc/"]);
    }
    if is_host("teams.microsoft.com") || is_host("teams.live.com") {
        return path_is(&["/l/meetup-join", "/l/meeting", "/meet/", "/v2/", "/dl/launcher"]);
    }
    if is_host("webex.com") {
        return path_is(&["/meet/", "/join/"]) || path.contains("/j.php");
    }
    is_host("meet.google.com") || is_host("gotomeet.me") || is_host("whereby.com") || is_host("meet.jit.si") || is_host("global.gotomeeting.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(href: &str, expected: &str) {
        let base = Url::parse("https://a.example/events/").unwrap();
        assert_eq!(canonical(href, Some(&base)).map(|u| u.to_string()).unwrap_or_default(), expected, "{href}");
    }

    #[test]
    fn one_form_for_each_page() {
        check("one?utm_source=x&id=7&fbclid=1#top", "https://a.example/events/one?id=7");
        check("/two?mc_cid=1&mc_eid=2", "https://a.example/two");
        check("https://B.example:443/x?q=a%20b", "https://b.example/x?q=a%20b");
        check("https://user:secret@b.example/", "https://b.example/");
    }

    #[test]
    fn redirect_wrappers_come_off() {
        check("https://www.google.com/url?q=https://b.example/e?id=1&sa=D", "https://b.example/e?id=1");
        check("https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fb.example%2Fe&data=x", "https://b.example/e");
        check("https://click.c.example/track?u=https%3A%2F%2Fb.example%2Fe%3Futm_medium%3Dx", "https://b.example/e");
        check("https://a.example/login?url=https://b.example/", "https://a.example/login?url=https://b.example/");
    }

    #[test]
    fn what_is_no_page_is_not_published() {
        for href in [
            "mailto:x@a.example",
            "javascript:alert(1)",
            "magnet:?xt=1",
            "https://zoom.us/j/123?pwd=x",
            "https://meet.google.com/abc",
            "https://",
            "data:text/html,x",
        ] {
            check(href, "");
        }
        check("https://www.google.com/url?q=https://us02web.zoom.us/j/1", "");
        check("https://teams.microsoft.com/l/meetup-join/19", "");
    }
}
