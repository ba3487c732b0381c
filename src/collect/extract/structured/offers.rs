//! What a schema.org event costs, and until when one can book. A zero that nobody calls free is a plugin's default.

use chrono_tz::Tz;
use serde_json::Value;
use url::Url;

use super::{Object, moment, words};
use crate::collect::html;
use crate::domain::{Fact, Origin, RawEvent, RawOffer, Status};

/// Reads all offers into the event.
pub fn read(offers: &[&Object], free: Option<&Value>, base: Option<&Url>, zone: Tz, event: &mut RawEvent) {
    let is_free =
        free.is_some_and(|f| f.as_bool() == Some(true) || f.as_str().is_some_and(|s| s.eq_ignore_ascii_case("true") || s.ends_with("/True")));
    let priced: Vec<RawOffer> = offers.iter().filter_map(|o| offer(o)).collect();
    let any_paid = priced.iter().any(|o| !is_zero(o));
    let said_free = is_free || says_free(&event.text) || says_free(&event.title);
    event.offers = priced.into_iter().filter(|o| !is_zero(o) || any_paid || said_free || o.name.as_deref().is_some_and(says_free)).collect();
    let in_words = || offers.iter().find_map(|o| words(o.get("price")).or_else(|| words(o.get("category"))).filter(|p| says_free(p)));
    if !any_paid && (is_free || in_words().is_some()) {
        event.price_words = Some("Free".into());
    }
    let url = offers.iter().find_map(|o| html::absolute(base, &words(o.get("url"))?)).map(String::from);
    event.booking_url = url.filter(|u| Some(u) != event.url.as_ref());
    sold_out(offers, event);
    deadline(offers, zone, event);
}

/// `Offer` or `AggregateOffer`; one without a price is none.
fn offer(source: &Object) -> Option<RawOffer> {
    let spec = super::list(source.get("priceSpecification")).first().and_then(Value::as_object);
    let value = |name: &str| words(source.get(name)).or_else(|| words(spec?.get(name))).map(|v| html::plain_line(&v));
    let low = value("lowPrice").or_else(|| value("price")).or_else(|| value("minPrice"));
    let high = value("highPrice").or_else(|| value("price")).or_else(|| value("maxPrice"));
    (low.is_some() || high.is_some()).then(|| RawOffer { name: value("name"), low, high, currency: value("priceCurrency") })
}

/// Whether every price of it is nothing.
pub fn is_zero(offer: &RawOffer) -> bool {
    let zero = |v: &Option<String>| v.as_deref().is_none_or(|v| v.chars().filter(char::is_ascii_digit).all(|d| d == '0'));
    zero(&offer.low) && zero(&offer.high)
}

fn says_free(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|w| w.eq_ignore_ascii_case("free"))
}

fn sold_out(offers: &[&Object], event: &mut RawEvent) {
    let gone = |o: &&Object| words(o.get("availability")).is_some_and(|a| a.ends_with("SoldOut"));
    if !offers.is_empty() && offers.iter().all(gone) && event.status.is_none() {
        event.status = Some(Fact::new(Status::SoldOut, Origin::Structured, "availability SoldOut", 0.9));
    }
}

/// The last moment at which an offer can still be bought, when it is before the event.
fn deadline(offers: &[&Object], zone: Tz, event: &mut RawEvent) {
    let ends = offers.iter().filter_map(|o| words(o.get("availabilityEnds")).or_else(|| words(o.get("validThrough"))));
    let last = ends.filter_map(|e| Some((moment::read(&e, zone)?, e))).max_by_key(|(w, _)| w.earliest(zone));
    let start = event.start.as_ref().map(|s| s.value.earliest(zone));
    event.deadline = last.filter(|(w, _)| start.is_some_and(|s| w.earliest(zone) < s)).map(|(w, words)| Fact::new(w, Origin::Structured, words, 0.8));
}
