//! Links that count clicks: they hold a reader's number, and where they lead only their server knows.
//!
//! Known by the hosts of mailing services and by the shape of their paths, because services answer on their customers' hosts too.

use url::Url;

use super::is_below;

/// Hosts that do nothing but count clicks.
#[rustfmt::skip]
const HOSTS: &[&str] = &[
    "ct.sendgrid.net", "sendgrid.me", "rs6.net", "mjt.lu", "awstrack.me", "hubspotlinks.com", "hubspotlinksstarter.com", "hubspotlinksfree.com", "hubspotemail.net",
    "exct.net", "sendibt1.com", "sendibt2.com", "sendibt3.com", "sendibt4.com", "sendibm1.com", "sendibm2.com", "sendibm3.com", "sendibm4.com",
    "acemlna.com", "acemlnb.com", "acemlnc.com", "acemlnd.com", "acems1.com", "convertkit-mail.com", "convertkit-mail2.com", "convertkit-mail4.com",
    "ckclick.com", "click.mlsend.com", "clicks.mlsend.com", "click.mailerlite.com", "trk.klclick.com", "klclick1.com", "klclick2.com", "klclick3.com",
    "dmtrk.net", "trackedlink.net", "mailtrk.io", "cmail1.com", "cmail2.com", "cmail3.com", "cmail4.com", "cmail5.com", "cmail19.com", "cmail20.com",
    "mimecastprotect.com", "lnks.gd", "sparkpostmail.com", "msgfocus.com", "emltrk.com", "mandrillapp.com",
    "urldefense.com", "urldefense.proofpoint.com", "linkprotect.cudasvc.com", "safelinks.protection.outlook.com", "emailprotection.link",
];
/// Hosts of mailing services whose other pages are public, and how the paths that count clicks begin.
#[rustfmt::skip]
const PARTLY: &[(&str, &[&str])] = &[
    ("list-manage.com", &["/track/"]), ("list-manage1.com", &["/track/"]), ("list-manage2.com", &["/track/"]),
    ("e2ma.net", &["/click/"]), ("activehosted.com", &["/lt.php", "/lt/"]), ("mailerlite.com", &["/link/"]), ("constantcontact.com", &["/tn.jsp"]),
    ("createsend.com", &["/t/d-l", "/t/i-l", "/t/j-l", "/t/r-l", "/t/t-l", "/t/y-l"]), ("govdelivery.com", &["/cl0/", "/track"]),
    ("mimecast.com", &["/s/"]), ("substack.com", &["/redirect/"]), ("beehiiv.com", &["/ss/c/", "/v1/c/"]), ("emailblaster.cloud", &["/click", "/track"]),
    ("secure-web.cisco.com", &["/"]), ("eomail1.com", &["/click"]), ("eomail5.com", &["/click"]),
];
/// How paths that count clicks look on a customer's host.
#[rustfmt::skip]
const SHAPES: &[&str] = &[
    "/ls/click", "/wf/click", "/track/click", "/tracking/click", "/mk/cl/", "/e3t/", "/ctc/", "/tn.jsp", "/lt.php", "/ss/c/", "/cl0/", "/l0/http",
    "/click.php", "/trackclick", "/track_click", "/link.php", "/clicktracker", "/linktrack", "/c/ej", "/f/a/",
];
/// First labels of hosts that are set up for counting.
const LABELS: &[&str] = &["click", "clicks", "track", "tracking", "trk", "clk", "lnk", "tracker", "clicktrack"];
/// Hosts that shorten links: nobody's number is in them, so they can be published as they are.
const SHORT: &[&str] = &[
    "bit.ly",
    "tinyurl.com",
    "ow.ly",
    "buff.ly",
    "t.co",
    "lnkd.in",
    "eepurl.com",
    "is.gd",
    "rb.gy",
    "cutt.ly",
    "rebrand.ly",
    "shorturl.at",
    "dlvr.it",
];
/// Words of links that do something for the reader who clicks.
const ACTS: &[&str] =
    &["unsubscribe", "unsub", "optout", "opt-out", "opt_out", "preferences", "subscription", "profile", "confirm", "forward", "abuse"];

/// Whether a link counts a reader's clicks and does not say where it leads.
#[must_use]
pub fn is_tracker(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let path = url.path().to_ascii_lowercase();
    if path.len() <= 1 && url.query().is_none() {
        return false;
    }
    HOSTS.iter().any(|h| is_below(host, h))
        || PARTLY.iter().any(|(h, paths)| is_below(host, h) && paths.iter().any(|p| path.starts_with(p)))
        || has_shape(&path, url)
        || (is_numbered(host) || host.split('.').next().is_some_and(|l| LABELS.contains(&l))) && has_token(url)
        || is_createsend(host) && path.starts_with("/t/")
}

/// `createsend1.com` to `createsend9.com` and the like.
fn is_createsend(host: &str) -> bool {
    let site = host.rsplit('.').nth(1).unwrap_or_default();
    ["createsend", "cmail"].iter().any(|s| site.strip_prefix(s).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())))
}

/// `url1234.museum.example`: how SendGrid names what it answers on.
fn is_numbered(host: &str) -> bool {
    let label = host.split('.').next().unwrap_or_default();
    label.strip_prefix("url").is_some_and(|n| n.len() >= 3 && n.bytes().all(|b| b.is_ascii_digit()))
}

fn has_shape(path: &str, url: &Url) -> bool {
    SHAPES.iter().any(|s| path.starts_with(s) || path.contains(&format!("/uni{s}"))) && has_token(url)
}

/// Whether some part of the path or the query is a long run of characters that no person wrote.
fn has_token(url: &Url) -> bool {
    let parts = url.path().split('/').chain(url.query().unwrap_or_default().split(['&', '=']));
    parts.into_iter().any(is_token)
}

fn is_token(part: &str) -> bool {
    let (mut upper, mut lower, mut digit) = (false, false, false);
    for b in part.bytes() {
        upper |= b.is_ascii_uppercase();
        lower |= b.is_ascii_lowercase();
        digit |= b.is_ascii_digit();
    }
    let hex = digit && part.len() >= 10 && part.bytes().all(|b| b.is_ascii_hexdigit());
    hex || part.len() >= 20 && digit && (upper && lower || !part.contains('-'))
}

/// A shortened link: public, but worth asking once, because the page behind it tells which event it is.
pub(super) fn is_short(url: &Url) -> bool {
    url.host_str().is_some_and(|h| SHORT.iter().any(|s| is_below(h, s))) && url.path().len() > 1
}

/// Whether following a link might act for its reader.
pub(super) fn acts(url: &Url) -> bool {
    let whole = url.as_str().to_ascii_lowercase();
    ACTS.iter().any(|w| whole.contains(w))
}
