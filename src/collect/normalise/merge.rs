//! A raw event to a candidate: structured values first, marked fields next, prose last; what disagrees is kept for the editor.

use chrono::{Datelike, Timelike};
use chrono_tz::Tz;
use url::Url;

use super::field_place::{self, FieldPlace};
use super::{context, date, facts, link, mode, price};
use crate::domain::{Candidate, Currency, Fact, Facts, Mode, Money, Origin, Price, RawEvent, RawOffer, Reading, Session, When, text};

/// The longest text of a candidate, in characters.
const TEXT: usize = 20_000;
/// The longest title, in characters.
const TITLE: usize = 300;
/// The longest name of a provider, in characters.
const NAME: usize = 200;

/// Reads a raw event. Links are made absolute against `base`. `None` only when no title is left after sanitising.
#[must_use]
pub fn normalise(raw: RawEvent, reading: &Reading, base: Option<&Url>) -> Option<Candidate> {
    let title = text::single_line(&raw.title, TITLE);
    if title.is_empty() {
        return None;
    }
    let body = text::multi_line(&raw.text, TEXT);
    let zone = raw.zone.unwrap_or(reading.zone);
    let reading = &Reading { zone, ..*reading };
    let prose = facts::facts_of_text(&title, &body, reading);
    let mut merged = Merged { facts: prose, conflicts: Vec::new() };
    merged.side_with_structured(&raw, &body, reading);
    merged.times(&raw, reading);
    merged.place(&raw, &body);
    merged.price(&raw);
    merged.provider_and_status(&raw);
    let public = |href: &Option<String>| href.as_deref().and_then(|h| link::canonical(h, base)).map(String::from);
    Some(Candidate {
        method: raw.method,
        native_id: raw.native_id.map(|id| text::single_line(&id, TITLE)).filter(|id| !id.is_empty()),
        url: public(&raw.url),
        booking_url: public(&raw.booking_url),
        title,
        text: body,
        zone,
        confidence: raw.confidence.clamp(0.0, 1.0),
        facts: merged.facts,
        conflicts: merged.conflicts,
    })
}

/// The facts of prose, over which stronger ones are laid.
struct Merged {
    facts: Facts,
    conflicts: Vec<(String, String)>,
}

impl Merged {
    fn conflict(&mut self, field: &str, says: String) {
        self.conflicts.push((field.to_owned(), says));
    }

    /// A text that names several days does not contradict structured data when one of them is the structured day.
    fn side_with_structured(&mut self, raw: &RawEvent, body: &str, reading: &Reading) {
        let Some(start) = raw.start.as_ref().map(|f| f.value) else { return };
        if self.facts.start.as_ref().is_none_or(|said| said.value.day() == start.day()) {
            return;
        }
        let mentions = date::read(body, reading);
        let same = mentions.iter().filter(|m| m.role == date::Role::Event && m.start.day() == start.day() && start.day().is_some());
        if let Some(mention) = same.max_by_key(|m| m.start.time().is_some()) {
            let fact = |when| Fact::new(when, Origin::Prose, &body[mention.span.clone()], mention.confidence);
            self.facts.start = Some(fact(mention.start));
            self.facts.end = mention.end.map(fact);
        }
    }

    fn times(&mut self, raw: &RawEvent, reading: &Reading) {
        if let Some(start) = &raw.start {
            let (start, end) = all_day(start.clone(), raw.end.clone());
            let sessions: Vec<Session> = raw.sessions.iter().map(all_day_session).collect();
            self.structured_times(&start, end.as_ref(), &sessions);
        } else if let Some(field) = raw.date_words.as_deref().and_then(|w| field_times(w, reading)) {
            self.field_times(field, reading.zone);
        }
        if let Some(said) = raw.context.time.as_ref().filter(|_| raw.start.is_none()) {
            context::lay_time(&mut self.facts, said, reading.zone);
        }
        if let Some(deadline) = &raw.deadline {
            self.facts.deadline = Some(deadline.clone());
        }
    }

    fn structured_times(&mut self, start: &Fact<When>, end: Option<&Fact<When>>, sessions: &[Session]) {
        let (said_start, said_end) = (self.facts.start.take(), self.facts.end.take());
        if let Some(said) = &said_start {
            if facts::refines(&said.value, &start.value) && end.is_none_or(|e| e.value.day() == start.value.day()) && sessions.is_empty() {
                // Structured data has the day, the words have the time of that day.
                let same_day = said_end.filter(|e| e.value.first_day() >= start.value.first_day());
                self.facts.start = said_start;
                self.facts.end = same_day.or_else(|| end.cloned());
                return;
            }
            if disagree(&said.value, &start.value) {
                self.conflict("start", said.value.to_string());
            }
        }
        if let (Some(said), Some(end)) = (&said_end, end)
            && disagree(&said.value, &end.value)
        {
            self.conflict("end", said.value.to_string());
        }
        self.facts.start = Some(start.clone());
        self.facts.end = end
            .cloned()
            .or_else(|| said_end.filter(|e| e.value.day() == start.value.day() && e.value.time().is_some() && agrees(said_start.as_ref(), start)));
        self.facts.sessions = sessions.to_vec();
    }

    /// A marked field gives the date; prose adds the time of that same day.
    fn field_times(&mut self, field: FieldTimes, zone: Tz) {
        let said = self.facts.start.clone();
        match said {
            Some(said)
                if facts::refines(&said.value, &field.start.value) && field.end.as_ref().is_none_or(|e| e.value.day() == field.start.value.day()) =>
            {
                return;
            }
            Some(said) if disagree(&said.value, &field.start.value) && said.value.earliest(zone) != field.start.value.earliest(zone) => {
                self.conflict("start", said.value.to_string());
                self.facts.end = None;
            }
            _ => {}
        }
        self.facts.end = field.end.or_else(|| self.facts.end.take().filter(|e| e.value.latest(zone) >= field.start.value.earliest(zone)));
        self.facts.start = Some(field.start);
        self.facts.sessions = field.sessions;
    }

    fn place(&mut self, raw: &RawEvent, body: &str) {
        let own = field_place::of_fields(&raw.place);
        let over = raw.context.place.as_ref().filter(|_| !own.is_stated() && raw.place.words.is_none() && !self.is_placed());
        let field = over.map_or(own, field_place::of_context);
        let words = raw.place.words.as_deref().or(raw.place.name.as_deref()).or(over.map(|said| said.sentence.as_str()));
        if let Some(words) = words
            && let Some(mode) = mode::read(words, field.town.is_some(), Origin::Field)
            && (over.is_none() || self.facts.mode.as_ref().is_none_or(|m| m.evidence.origin == Origin::Derived))
        {
            self.facts.mode = Some(mode);
        }
        let stated = field.is_stated();
        let prose_mode = self.facts.mode.as_ref().map(|m| m.value);
        if stated && matches!(prose_mode, Some(Mode::Online)) && self.facts.mode.as_ref().is_some_and(|m| m.evidence.origin != Origin::Field) {
            self.mode_beside_place(raw, body, &field);
        } else if self.facts.mode.is_none() || self.facts.mode.as_ref().is_some_and(|m| m.evidence.origin == Origin::Derived) {
            self.facts.mode = raw
                .mode
                .clone()
                .or_else(|| self.facts.mode.take())
                .or_else(|| field.town.as_ref().or(field.venue.as_ref()).map(|f| f.clone().map(|_| Mode::InPerson)));
        }
        self.lay_place(field);
    }

    /// The event's own words name its place surely.
    fn is_placed(&self) -> bool {
        self.facts.postcode.is_some() || self.facts.town.as_ref().is_some_and(|t| t.evidence.confidence >= 0.85)
    }

    /// The words say online and a field names a place: both, or the words are about something else.
    fn mode_beside_place(&mut self, raw: &RawEvent, body: &str, field: &FieldPlace) {
        let read = mode::read(body, true, Origin::Prose);
        let structured = raw.mode.clone().filter(|m| m.value != Mode::Online);
        self.facts.mode = match read {
            Some(m) if m.value == Mode::Hybrid => Some(m),
            Some(m) if m.value == Mode::Online && structured.is_none() && field.town.is_none() && field.postcode.is_none() => Some(m),
            _ => structured.or_else(|| field.town.as_ref().or(field.venue.as_ref()).map(|f| f.clone().map(|_| Mode::InPerson))),
        };
    }

    fn lay_place(&mut self, field: FieldPlace) {
        let FieldPlace { venue, address, town, postcode, region } = field;
        let moved = matches!((&town, &self.facts.town), (Some(a), Some(b)) if !a.value.eq_ignore_ascii_case(&b.value));
        if let Some(said) = self.facts.town.clone().filter(|_| moved) {
            self.conflict("town", said.value);
        }
        let remote = self.facts.mode.as_ref().is_some_and(|m| matches!(m.value, Mode::Online | Mode::SelfPaced));
        if town.is_some() || region.is_some() {
            self.facts.postcode = None;
        }
        self.facts.venue = venue.or_else(|| self.facts.venue.take());
        self.facts.address = address;
        self.facts.town = town.or_else(|| self.facts.town.take());
        self.facts.postcode = postcode.or_else(|| self.facts.postcode.take());
        if !(remote && self.facts.region.is_some()) {
            self.facts.region = region.or_else(|| self.facts.region.take());
        }
    }

    fn price(&mut self, raw: &RawEvent) {
        let structured = offers(&raw.offers);
        let field = raw.price_words.as_deref().map(|w| price::read(&text::multi_line(w, 1_000), Origin::Field));
        let field_price = field.as_ref().and_then(|c| c.price.clone()).or_else(|| raw.price_words.as_deref().and_then(bare_price));
        let said = self.facts.price.take();
        let best = structured.or(field_price);
        if let (Some(best), Some(said)) = (&best, &said)
            && best.value != said.value
            && (best.value.max != said.value.max)
        {
            self.conflict("price", price_words(&said.value));
        }
        self.facts.price = wider(best, said);
        for flag in field.map(|c| c.flags).unwrap_or_default() {
            if !self.facts.cost_flags.iter().any(|f| f.value == flag.value) {
                self.facts.cost_flags.push(flag);
            }
        }
    }

    fn provider_and_status(&mut self, raw: &RawEvent) {
        if let Some(name) = raw.provider.as_deref().map(|p| text::single_line(p, NAME)).filter(|p| !p.is_empty()) {
            self.facts.provider = Some(Fact::new(name.clone(), Origin::Structured, name, 0.9));
        }
        match (&raw.status, self.facts.status.as_ref()) {
            (Some(structured), None) => self.facts.status = Some(structured.clone()),
            (Some(structured), Some(said)) if said.value != structured.value => {
                let says = said.value.to_string();
                // "Scheduled" is what structured data says by default; words that say otherwise are news.
                if structured.value != crate::domain::Status::Scheduled {
                    self.facts.status = Some(structured.clone());
                }
                self.conflict("status", says);
            }
            _ => {}
        }
    }
}

/// Midnight is how structured data writes "no time was stated": midnight to midnight is those days.
fn all_day(start: Fact<When>, end: Option<Fact<When>>) -> (Fact<When>, Option<Fact<When>>) {
    let session = all_day_session(&Session { start: start.value, end: end.as_ref().map(|e| e.value) });
    let end = end.map(|e| Fact { value: session.end.unwrap_or(e.value), ..e });
    (Fact { value: session.start, ..start }, end)
}

fn all_day_session(session: &Session) -> Session {
    let clock = |when: &When| when.time().map(|t| (t.hour(), t.minute()));
    let Some(day) = session.start.day().filter(|_| clock(&session.start) == Some((0, 0))) else { return *session };
    let end = session.end.map(|end| match (clock(&end), end.day()) {
        (Some((0, 0)), Some(last)) => When::Day(last.pred_opt().filter(|before| *before >= day).unwrap_or(day)),
        (Some((23, 59)), Some(last)) => When::Day(last),
        _ => end,
    });
    Session { start: When::Day(day), end }
}

fn agrees(said: Option<&Fact<When>>, start: &Fact<When>) -> bool {
    said.is_none_or(|s| !disagree(&s.value, &start.value))
}

/// Two moments that cannot both be true: other days, or other times of one day.
fn disagree(a: &When, b: &When) -> bool {
    if let (Some(day), Some(other)) = (a.day(), b.day()) {
        return day != other || a.time().zip(b.time()).is_some_and(|(time, other)| time != other);
    }
    let month = |when: &When| (when.first_day().year(), when.first_day().month());
    month(a) != month(b)
}

struct FieldTimes {
    start: Fact<When>,
    end: Option<Fact<When>>,
    sessions: Vec<Session>,
}

/// The words of a date field: all of them are about when it takes place.
fn field_times(field: &str, reading: &Reading) -> Option<FieldTimes> {
    let field = text::multi_line(field, 2_000);
    let mentions = date::read(&field, reading);
    let chosen = date::choose(&field, &mentions, reading)?;
    let fact = |when| Fact::new(when, Origin::Field, field.as_str(), chosen.confidence);
    Some(FieldTimes { start: fact(chosen.start), end: chosen.end.map(fact), sessions: chosen.sessions })
}

/// Structured prices: lowest and highest over all offers of the first currency.
fn offers(raw: &[RawOffer]) -> Option<Fact<Price>> {
    let read = |s: &Option<String>, currency| s.as_deref().and_then(|s| decimal(s, currency));
    let mut all: Vec<Money> = Vec::new();
    for offer in raw {
        let currency = offer.currency.as_deref().and_then(Currency::parse).unwrap_or(Currency::GBP);
        all.extend(read(&offer.low, currency).into_iter().chain(read(&offer.high, currency)));
    }
    let first = all.first()?.currency;
    let min = all.iter().filter(|m| m.currency == first).min().copied();
    let max = all.iter().filter(|m| m.currency == first).max().copied();
    let price = Price { min, max };
    Some(Fact::new(price, Origin::Structured, price_words(&price), 0.95))
}

/// A price field that holds a figure and nothing else; a bare zero may be a default and says nothing.
fn bare_price(field: &str) -> Option<Fact<Price>> {
    let amount = decimal(field, Currency::GBP).filter(|m| m.minor > 0)?;
    Some(Fact::new(Price { min: Some(amount), max: Some(amount) }, Origin::Field, field.trim(), 0.7))
}

fn price_words(price: &Price) -> String {
    match (price.min, price.max) {
        (Some(min), Some(max)) if min == max => min.to_string(),
        (min, max) => format!("{}–{}", min.map(|m| m.to_string()).unwrap_or_default(), max.map(|m| m.to_string()).unwrap_or_default()),
    }
}

/// "25", "25.00", "1,095.50" in minor units.
fn decimal(s: &str, currency: Currency) -> Option<Money> {
    let plain = s.trim().trim_start_matches(['£', '$', '€']).replace(',', "");
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |s: &str| s.len() <= 9 && s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let pence: String = part.chars().chain("00".chars()).take(2).collect();
    Money::new(whole.parse::<i64>().ok()? * 100 + pence.parse::<i64>().ok()?, currency)
}

/// Structured offers leave out tiers that words name: members free, a lower concession.
fn wider(best: Option<Fact<Price>>, said: Option<Fact<Price>>) -> Option<Fact<Price>> {
    match (best, said) {
        (Some(mut best), Some(said)) => {
            let lower = matches!((best.value.min, said.value.min), (Some(a), Some(b)) if b < a && a.currency == b.currency);
            if lower && said.value.max == best.value.max {
                best.value.min = said.value.min;
            }
            Some(best)
        }
        (best, said) => best.or(said),
    }
}
