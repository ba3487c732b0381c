//! Links as they may be published: one form each, no tracking, nobody's number, and never the door to a meeting.
//!
//! Pure: a link that says where it leads only when it is asked is told apart here ([`tracked`]) and asked elsewhere.

mod clean;
mod meeting;
mod tracker;
mod wrapper;

use url::Url;

pub use clean::{cleaned, without_secrets};
pub use meeting::is_meeting_link;
pub use tracker::is_tracker;

/// How many redirect wrappers are taken off one link.
const WRAPPERS: usize = 4;
/// Longest link that is published.
const LONGEST: usize = 2_000;

/// Parameters that name a campaign, a mailing or a reader, never a page.
#[rustfmt::skip]
const TRACKING: &[&str] = &[
    "mc_cid", "mc_eid", "mc_tc", "goal", "fbclid", "gclid", "gclsrc", "gbraid", "wbraid", "dclid", "msclkid", "twclid", "ttclid", "li_fat_id", "igshid",
    "igsh", "mibextid", "yclid", "_openstat", "_hsenc", "_hsmi", "hsctatracking", "_ga", "_gl", "aff", "mkt_tok", "vero_id", "vero_conv", "oly_enc_id",
    "oly_anon_id", "ss_email_id", "ss_source", "ss_campaign_id", "dm_i", "dm_t", "_kx", "_ke", "ck_subscriber_id", "sc_cid", "wickedid",
    "rb_clickid", "s_cid", "ml_subscriber", "ml_subscriber_hash", "__s", "bbeml", "trk", "trk_contact", "trk_msg", "trk_module", "trk_sid",
    "elqtrackid", "elqtrack", "elqaid", "elqat", "elqcst", "spm", "ref_src", "cmpid", "mtm_campaign", "mtm_source", "mtm_medium", "_cldee",
    "recipientid", "recipient_id", "esid", "emci", "emdi", "ceid", "inf_contact_key", "vgo_ee", "sfmc_id", "sfmc_sub", "sfmc_activityid",
    "et_rid", "_bta_tid", "_bta_c", "subscriber", "subscriber_id", "subscriberid", "subscriber_hash", "wt.mc_id", "cm_mmc", "ns_campaign",
    "ns_mchannel", "cvosrc", "guccounter", "guce_referrer", "nltr_id", "email_hash", "hashed_email",
];
/// Hosts on which `e` is the reader's number.
const MAILINGS: &[&str] = &["list-manage.com", "list-manage1.com", "list-manage2.com", "campaign-archive.com", "campaign-archive1.com", "mailchi.mp"];

/// Reads a link against the page it stands on: http or https only, fragment and tracking parameters dropped, redirect wrappers that carry
/// their target taken off. `None` for other schemes, for links into a meeting, which are secrets, and for links that hold a reader's
/// number and do not say where they lead.
#[must_use]
pub fn canonical(href: &str, base: Option<&Url>) -> Option<Url> {
    let url = plain(href, base)?;
    (!is_meeting_link(&url) && !is_tracker(&url)).then_some(url)
}

/// The link to ask, when only its server knows where it leads. Never one that would act for the reader: to unsubscribe, to change preferences.
#[must_use]
pub fn tracked(href: &str) -> Option<Url> {
    let url = plain(href, None)?;
    let asks = is_tracker(&url) || tracker::is_short(&url);
    (asks && !tracker::acts(&url)).then_some(url)
}

/// A link without wrappers, fragment and tracking, whatever it leads to.
fn plain(href: &str, base: Option<&Url>) -> Option<Url> {
    let mut url = Url::options().base_url(base).parse(href.trim()).ok()?;
    for _ in 0..WRAPPERS {
        let Some(inner) = wrapper::unwrapped(&url) else { break };
        url = inner;
    }
    if !is_web(&url) || url.as_str().len() > LONGEST {
        return None;
    }
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    strip(&mut url);
    // Where a page protects its addresses from harvesters it links to nothing.
    (!url.path().starts_with("/cdn-cgi/l/email-protection")).then_some(url)
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|h| !h.is_empty())
}

/// Whether a host is `suffix` or a name below it. `host` in lower case, as `url` gives it.
fn is_below(host: &str, suffix: &str) -> bool {
    host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn strip(url: &mut Url) {
    let mailing = url.host_str().is_some_and(|h| MAILINGS.iter().any(|m| is_below(h, m)));
    let keeps = |key: &str, value: &str| !(is_tracking(key) || names_reader(value) || key == "e" && (mailing || is_reader_number(value)));
    let all = url.query_pairs().count();
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(k, v)| keeps(&k.to_ascii_lowercase(), v)).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
    if kept.is_empty() {
        url.set_query(None);
    } else if kept.len() < all {
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
}

fn is_tracking(key: &str) -> bool {
    ["utm_", "pk_", "hsa_", "mtm_", "matomo_"].iter().any(|p| key.starts_with(p)) || TRACKING.contains(&key)
}

/// Somebody's address: the link was made for one reader.
fn names_reader(value: &str) -> bool {
    let parts = value.split_once('@').filter(|(name, host)| !name.is_empty() && host.contains('.'));
    parts.is_some_and(|(name, host)| !name.contains(['/', ' ', ':']) && !host.contains(['/', ' ', '@']))
}

/// Mailchimp's number of a reader, or the place where it is filled in.
fn is_reader_number(value: &str) -> bool {
    value == "[UNIQID]" || value.len() == 10 && value.bytes().all(|b| b.is_ascii_hexdigit()) && value.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests;
