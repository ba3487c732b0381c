//! Links wrapped in links: where the target stands in the wrapper, it is taken out without asking anybody.
//!
//! Search engines, mail filters (Outlook, Proofpoint, Barracuda, Sophos, Cisco, Check Point...), mailing services, and the general shape:
//! an absolute link in a parameter of something that says it redirects.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;

use super::{is_below, is_web};

/// Parameters that hold a target.
#[rustfmt::skip]
const TARGETS: &[&str] = &[
    "url", "u", "q", "target", "dest", "destination", "redirect", "redirect_url", "redirect_to", "redirecturl", "r", "to", "link", "goto", "uddg", "a", "o",
    "out", "href", "p",
];
/// Hosts that do nothing but redirect, whatever their path.
#[rustfmt::skip]
const REDIRECTORS: &[&str] = &[
    "safelinks.protection.outlook.com", "l.facebook.com", "lm.facebook.com", "l.instagram.com", "l.messenger.com", "l.workplace.com", "out.reddit.com",
    "slack-redir.net", "linkprotect.cudasvc.com", "protect.fireeye.com", "protect2.fireeye.com", "clicktime.symantec.com", "url-protection.com",
    "away.vk.com", "anon.to", "href.li", "urlsand.esvalabs.com", "clicktime.trendmicro.com", "url.emailprotection.link", "rs6.net", "deref-mail.com",
    "deref-gmx.net", "deref-web.de", "nam.safelink.emails.azure.net",
];
/// Pages of other hosts that redirect, and the parameter they take it from.
const PAGES: &[(&str, &str)] = &[
    ("facebook.com", "/l.php"),
    ("facebook.com", "/flx/warn/"),
    ("youtube.com", "/redirect"),
    ("linkedin.com", "/redir/redirect"),
    ("linkedin.com", "/safety/go"),
    ("duckduckgo.com", "/l/"),
    ("vk.com", "/away.php"),
    ("twitter.com", "/i/redirect"),
    ("medium.com", "/r/"),
];
/// Parts of a path that say that it redirects.
const REDIRECTS: &[&str] = &[
    "redirect",
    "redir",
    "click",
    "clicks",
    "clickthrough",
    "track",
    "link",
    "links",
    "out",
    "goto",
    "away",
    "ls",
    "cl",
    "exit",
    "outbound",
    "lt",
    "url",
];

/// The target a wrapper carries.
pub fn unwrapped(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    if is_below(host, "urldefense.proofpoint.com") || is_below(host, "urldefense.com") || is_below(host, "urldefense.us") {
        return proofpoint(url);
    }
    if host.split('.').any(|label| label == "google") && (host.starts_with("www.google.") || host.starts_with("google.")) {
        return (url.path() == "/url").then(|| param(url, &["q", "url"])).flatten();
    }
    if is_below(host, "mandrillapp.com") {
        return mandrill(url);
    }
    if is_below(host, "protection.sophos.com") {
        return param(url, &["u"]).or_else(|| encoded(&value(url, "u")?));
    }
    if is_below(host, "bing.com") && url.path() == "/ck/a" {
        return encoded(value(url, "u")?.get(2..)?);
    }
    if is_below(host, "lnks.gd") || is_below(host, "substack.com") {
        return url.path_segments()?.flat_map(|s| s.split('.')).find_map(signed);
    }
    let known = REDIRECTORS.iter().any(|h| is_below(host, h)) || PAGES.iter().any(|(h, p)| is_below(host, h) && url.path().starts_with(p));
    if known {
        return param(url, TARGETS);
    }
    in_path(url).or_else(|| redirecting(url))
}

/// A link of another host in a parameter of a path that says it redirects, or of no path at all, is where the reader would arrive.
fn redirecting(url: &Url) -> Option<Url> {
    let path = url.path().to_ascii_lowercase();
    let says = path.split(['/', '.', '_', '-']).any(|p| REDIRECTS.contains(&p));
    if !says && path.len() > 1 {
        return None;
    }
    let elsewhere = |t: &Url| t.host_str() != url.host_str();
    const SURE: &[&str] = &["url", "u", "redirect", "target", "dest", "destination", "redirect_url", "redirect_to", "redirecturl", "goto", "link"];
    param(url, SURE).filter(elsewhere).or_else(|| url.query_pairs().find_map(|(_, v)| encoded(&v)).filter(elsewhere))
}

/// A whole link as a part of the path: plain (`/L0/https:%2F%2Fb.example`), between underscores, or in base64.
fn in_path(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    if is_below(host, "checkpoint.com") || url.path().contains("/___http") {
        let inner = url.as_str().split_once("___")?.1.split("___").next()?;
        return web(inner);
    }
    let wraps = ["awstrack.me", "govdelivery.com", "secure-web.cisco.com"].iter().any(|h| is_below(host, h));
    if wraps || url.path().starts_with("/CL0/") || url.path().starts_with("/L0/") {
        let part = url.path_segments()?.find(|s| s.to_ascii_lowercase().starts_with("http"))?;
        return web(&decoded(part));
    }
    // Links on other pages may hold such a part for their own ends; as the last part, and alone, it is where they lead.
    url.path_segments()?.rev().take(2).find_map(encoded).filter(|t| t.host_str() != Some(host))
}

/// Proofpoint's three ways to write a link.
fn proofpoint(url: &Url) -> Option<Url> {
    if let Some((_, rest)) = url.as_str().split_once("/v3/__") {
        return version_3(rest);
    }
    let u = value(url, "u")?;
    if url.path().starts_with("/v2/") {
        return web(&decoded(&u.replace('-', "%").replace('_', "/")));
    }
    web(&decoded(&u))
}

/// `LINK__;BYTES!...`: each `*` stands for the next of the bytes, `**` and a letter for a run of them.
fn version_3(rest: &str) -> Option<Url> {
    const RUNS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (link, after) = rest.rsplit_once("__;")?;
    let bytes = URL_SAFE_NO_PAD.decode(after.split('!').next()?.trim_end_matches('=')).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let mut replaced = text.chars();
    let mut out = String::with_capacity(link.len());
    let mut chars = link.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '*' {
            out.push(c);
        } else if chars.next_if_eq(&'*').is_some() {
            let run = RUNS.find(chars.next()?)? + 2;
            out.extend(replaced.by_ref().take(run));
        } else {
            out.push(replaced.next()?);
        }
    }
    // The library wrote "https://" as "https:/" when it made the path tidy.
    let out = out.replacen(":///", "://", 1);
    web(&if out.contains("://") { out } else { out.replacen(":/", "://", 1) })
}

/// Mandrill: base64 of JSON that holds JSON that holds the link.
fn mandrill(url: &Url) -> Option<Url> {
    let outer: serde_json::Value = serde_json::from_slice(&bytes(&value(url, "p")?)?).ok()?;
    let inner: serde_json::Value = serde_json::from_str(outer.get("p")?.as_str()?).ok()?;
    web(inner.get("url")?.as_str()?)
}

/// A signed token (RFC 7519) whose claims hold the link.
fn signed(part: &str) -> Option<Url> {
    let claims: serde_json::Value = serde_json::from_slice(&bytes(part)?).ok()?;
    ["url", "e"].iter().find_map(|key| web(claims.get(key)?.as_str()?))
}

/// A link in base64.
fn encoded(text: &str) -> Option<Url> {
    // "http" in base64.
    if !text.starts_with("aHR0c") {
        return None;
    }
    web(&String::from_utf8(bytes(text)?).ok()?)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = decoded(text);
    let text = text.trim_end_matches('=');
    URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
}

/// Without %-signs, whatever else it is.
fn decoded(text: &str) -> String {
    let escaped = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(escaped.as_bytes()).next().map(|(key, _)| key.into_owned()).unwrap_or_default()
}

fn value(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.into_owned())
}

/// The first of the named parameters that holds an absolute link.
fn param(url: &Url, names: &[&str]) -> Option<Url> {
    url.query_pairs().filter(|(k, _)| names.iter().any(|n| k.eq_ignore_ascii_case(n))).find_map(|(_, v)| web(&v))
}

fn web(text: &str) -> Option<Url> {
    Url::parse(text.trim()).ok().filter(is_web)
}
