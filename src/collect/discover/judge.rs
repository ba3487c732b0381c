//! What a rung is worth: events ahead that say when, where and what it costs, weighed by how they were found. Says why in words.
//!
//! Pure.

use std::collections::{BTreeMap, HashSet};

use url::Url;

use super::Rung;
use crate::{
    domain::{Candidate, Kind, Method, Reading, RungName},
    tag::{TagInput, Tagger},
};

/// Items of one rung whose kind is asked: the answer is about the rung.
const MOST_JUDGED: usize = 60;
/// Worth of a dated event that is over, as a part of one ahead.
const PAST: f64 = 0.02;
/// Worth of an event without a date.
const UNDATED: f64 = 0.01;
/// From so many times as many events as the page itself has, another rung is a wider net than was asked for.
const FAR_MORE: usize = 6;

pub(super) struct Judge<'a> {
    pub tagger: &'a Tagger,
    pub reading: &'a Reading,
    /// The address that the operator gave.
    pub asked: &'a Url,
}

impl Judge<'_> {
    /// Dated events of a rung that are not over.
    pub fn ahead(&self, rung: &Rung) -> usize {
        rung.events.iter().filter(|c| self.is_ahead(c)).count()
    }

    fn is_ahead(&self, c: &Candidate) -> bool {
        let last = c.facts.end.as_ref().or(c.facts.start.as_ref());
        c.facts.start.is_some() && last.is_some_and(|w| w.value.latest(c.zone) >= self.reading.now)
    }

    /// Takes out what is plainly something else. Only where nobody declared events: in feeds and repeated blocks. A page most of whose items are
    /// jobs or news is a page of jobs or news, and yields nothing.
    pub fn set_aside(&self, rung: &mut Rung) {
        let guessed = |c: &Candidate| matches!(c.method, Method::Feed | Method::Repeated);
        let judged: Vec<(usize, bool)> =
            rung.events.iter().enumerate().filter(|(_, c)| guessed(c)).take(MOST_JUDGED).map(|(i, c)| (i, self.is_other(c))).collect();
        let others = judged.iter().filter(|(_, other)| *other).count();
        if others == 0 {
            return;
        }
        let before = rung.events.len();
        if others * 5 >= judged.len() * 3 {
            rung.events.retain(|c| !guessed(c));
        } else {
            let out: HashSet<usize> = judged.into_iter().filter(|(_, other)| *other).map(|(i, _)| i).collect();
            let mut at = 0;
            rung.events.retain(|_| {
                at += 1;
                !out.contains(&(at - 1))
            });
        }
        rung.set_aside = before - rung.events.len();
    }

    fn is_other(&self, c: &Candidate) -> bool {
        let input = TagInput { title: &c.title, text: &c.text, facts: &c.facts, zone: c.zone, now: self.reading.now };
        let verdict = self.tagger.judge(&input);
        let sure = verdict.kind_confidence >= 0.6;
        // What stands dated in a list is news only when it reads like a post; the minutes of a fund's meetings are no fund.
        let is_post = c.method == Method::Feed || c.facts.start.is_none();
        match verdict.kind {
            // A vacancy has a closing date, not an hour at which it begins: "Finding a job, Tuesday 10am" is an event.
            Kind::Job => sure && c.facts.start.as_ref().is_none_or(|s| s.value.time().is_none()),
            Kind::Fund | Kind::News | Kind::Survey | Kind::Resource | Kind::Advert => sure && is_post,
            Kind::Cpd | Kind::Public | Kind::Call => false,
        }
    }

    /// Marks the best rung and the next best, and says of each why.
    pub fn choose(&self, rungs: &mut [Rung]) {
        for rung in rungs.iter_mut().filter(|r| matches!(r.name, RungName::Itself | RungName::Repeated)) {
            self.set_aside(rung);
        }
        let own: HashSet<Key> = rungs.iter().filter(|r| r.url == *self.asked).flat_map(|r| keys(r)).collect();
        let worths: Vec<f64> = rungs.iter().map(|r| self.worth(r) * self.fit(r, &own)).collect();
        let mut order: Vec<usize> = (0..rungs.len()).filter(|i| worths[*i] > 0.0).collect();
        // In a tie the earlier stands: it is nearer to what was asked for.
        order.sort_by(|a, b| worths[*b].total_cmp(&worths[*a]));
        let best = order.first().copied();
        let next = best.and_then(|b| order.iter().copied().find(|i| rungs[*i].url != rungs[b].url));
        let words: Vec<String> = (0..rungs.len()).map(|i| self.why(rungs, i, best, &own)).collect();
        for (i, (rung, why)) in rungs.iter_mut().zip(words).enumerate() {
            rung.why = why;
            rung.freshness = self.freshness(rung);
            rung.chosen = Some(i) == best;
            rung.fallback = Some(i) == next;
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of events")]
    fn freshness(&self, rung: &Rung) -> f64 {
        let dated = rung.events.iter().filter(|c| c.facts.start.is_some()).count();
        (self.ahead(rung) as f64 / dated.max(1) as f64 * 100.0).round() / 100.0
    }

    /// Events that count, with diminishing returns, times what they say and how far they can be believed.
    #[allow(clippy::cast_precision_loss, reason = "counts of events")]
    fn worth(&self, rung: &Rung) -> f64 {
        let dated = rung.events.iter().filter(|c| c.facts.start.is_some()).count();
        let ahead = self.ahead(rung);
        let mut counted = ahead as f64 + PAST * (dated - ahead) as f64 + UNDATED * (rung.events.len() - dated) as f64;
        if rung.pages > 0 && !rung.events.is_empty() {
            // A sitemap was judged by a sample of its pages.
            counted *= (rung.pages as f64 / super::SAMPLED as f64).clamp(1.0, 10.0);
        }
        if counted == 0.0 {
            return 0.0;
        }
        let f = filled(rung);
        let says = 1.0 + f["start"] + f["time"] + f["place"] + 0.5 * f["price"] + 0.5 * f["url"] + 0.25 * f["provider"];
        let belief = rung.events.iter().map(believed).sum::<f64>() / rung.events.len() as f64;
        counted.sqrt() * says * belief * if rung.name == RungName::Sitemap { 0.5 } else { 1.0 }
    }

    /// Whether a rung shows what the operator pointed at. Somebody who pasted the page of one programme does not want the whole site's calendar.
    fn fit(&self, rung: &Rung, own: &HashSet<Key>) -> f64 {
        let is_home = self.asked.path() == "/" && self.asked.query().is_none();
        if is_home || own.len() < 3 || rung.url == *self.asked {
            return 1.0;
        }
        let shared = keys(rung).intersection(own).count();
        match () {
            () if shared * 3 < own.len() => 0.3,
            () if rung.events.len() > own.len() * FAR_MORE => 0.5,
            () => 1.0,
        }
    }

    fn why(&self, rungs: &[Rung], i: usize, best: Option<usize>, own: &HashSet<Key>) -> String {
        let rung = &rungs[i];
        let mut said = vec![self.yield_words(rung)];
        if let Some(hint) = &rung.hint {
            said.push(hint.clone());
        }
        if best == Some(i) {
            said.push("the best of all that was tried".into());
        } else if let Some(best) = best.map(|b| &rungs[b])
            && !rung.events.is_empty()
        {
            said.push(self.lost(rung, best, own));
        }
        said.join("; ")
    }

    /// What a rung yields, in words.
    fn yield_words(&self, rung: &Rung) -> String {
        let (all, ahead) = (rung.events.len(), self.ahead(rung));
        let dated = rung.events.iter().filter(|c| c.facts.start.is_some()).count();
        let aside = if rung.set_aside > 0 { format!("; {} items are jobs, news or the like", rung.set_aside) } else { String::new() };
        if let Some(trouble) = &rung.trouble {
            return trouble.clone();
        }
        match (all, dated, ahead) {
            (0, ..) => format!("no events{aside}"),
            (_, 0, _) => format!("{all} items, none of which says when it is{aside}"),
            (_, _, 0) => format!("{dated} dated events, all of them over{aside}"),
            _ if dated < all => format!("{ahead} events ahead; {} of {all} say no date{aside}", all - dated),
            _ => format!("{ahead} events ahead of {all}{aside}"),
        }
    }

    fn lost(&self, rung: &Rung, best: &Rung, own: &HashSet<Key>) -> String {
        let fit = self.fit(rung, own);
        let guesses = rung.events.iter().filter(|c| c.method == Method::Feed && believed(c) < 0.5).count();
        if guesses * 2 > rung.events.len() {
            return "its dates are those of posts or stand in their words, so it reads like a blog".into();
        }
        if fit < 0.5 {
            return "it shows other events than the page that was asked for".into();
        }
        if fit < 1.0 {
            return "it shows far more than the page that was asked for".into();
        }
        let shared = keys(rung).intersection(&keys(best)).count();
        if shared * 2 >= rung.events.len() && self.ahead(best) >= self.ahead(rung) {
            return format!("{shared} of them are on the chosen rung too, which says more of them or is surer");
        }
        "the chosen rung has more events ahead or says more of them".into()
    }
}

/// A title in its letters and the day: enough to see whether two rungs show the same events.
type Key = (String, Option<chrono::NaiveDate>);

fn keys(rung: &Rung) -> HashSet<Key> {
    let key = |c: &Candidate| {
        let letters: String = c.title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(60).collect();
        (letters, c.facts.start.as_ref().map(|s| s.value.first_day()))
    };
    rung.events.iter().map(key).collect()
}

/// How far an event of this making can be believed. A feed's items are posts until they prove otherwise.
fn believed(c: &Candidate) -> f64 {
    let sure = f64::from(c.confidence);
    match c.method {
        Method::Feed if c.confidence < 0.9 => sure * 0.5,
        Method::Repeated | Method::Email => sure * 0.8,
        _ => sure,
    }
}

/// The share of events that state each fact. 0..=1.
#[allow(clippy::cast_precision_loss, reason = "counts of events")]
pub(super) fn filled(rung: &Rung) -> BTreeMap<&'static str, f64> {
    let n = rung.events.len().max(1) as f64;
    let share = |has: &dyn Fn(&Candidate) -> bool| (rung.events.iter().filter(|c| has(c)).count() as f64 / n * 100.0).round() / 100.0;
    BTreeMap::from([
        ("start", share(&|c| c.facts.start.is_some())),
        ("time", share(&|c| c.facts.start.as_ref().is_some_and(|s| s.value.time().is_some()))),
        ("place", share(&|c| c.facts.venue.is_some() || c.facts.town.is_some() || c.facts.mode.is_some())),
        ("price", share(&|c| c.facts.price.is_some())),
        ("provider", share(&|c| c.facts.provider.is_some())),
        ("url", share(&|c| c.url.is_some())),
    ])
}
