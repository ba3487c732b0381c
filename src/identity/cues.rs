//! What speaks for and against two listings being one event: named cues with a strength, before any weight is put on them.

use super::{
    Corpus, Profile, address,
    place_words::Agreement,
    prepared::{Prepared, provider},
    title::Mark,
    title_match::{self, TitleMatch},
};
use crate::domain::vocabulary;

vocabulary! {
    /// One thing that speaks for or against. The word is what `because` shows.
    pub enum Cue("cue") {
        /// Listings that share a key are mostly not the same event.
        Prior = "prior",
        /// One address, of a page that can be one event's.
        SameUrl = "same_url",
        /// One address, of a page of many events.
        SameFrontPage = "same_front_page",
        /// Two pages of one host.
        OtherPage = "other_page",
        /// One identifier, unique in the world or of one source.
        SameNativeId = "same_native_id",
        /// The same name but for order, series words and marks.
        TitleExact = "title_exact",
        /// Share of the words' weight in common.
        TitleShared = "title_shared",
        /// One title within the other.
        TitleContained = "title_contained",
        /// Letters in common.
        TitleLetters = "title_letters",
        /// Both titles say something the other does not.
        TitleClash = "title_clash",
        /// The most telling word in common.
        TellingWord = "telling_word",
        /// One number, part or edition in both titles.
        SameMark = "same_mark",
        /// A part, level or edition in one title only.
        MarkOnOne = "mark_on_one",
        /// They start on one day.
        SameDay = "same_day",
        /// They end on one day.
        SameEnd = "same_end",
        /// They end on different days.
        OtherEnd = "other_end",
        /// They start a day apart.
        NextDay = "next_day",
        /// They start two to seven days apart.
        DaysApart = "days_apart",
        /// Their spans do not meet.
        NoOverlap = "no_overlap",
        /// They start more than a week apart.
        FarApart = "far_apart",
        /// One's start is a sitting of the other.
        SharedSitting = "shared_sitting",
        /// One states the day that the other stated before it changed.
        OnceAgreed = "once_agreed",
        /// One states only the month; the other's day is in it.
        MonthAgrees = "month_agrees",
        /// One or both state no date.
        DateUnknown = "date_unknown",
        /// They start at one minute.
        SameTime = "same_time",
        /// They start at different times of day.
        OtherTime = "other_time",
        /// One town.
        SameTown = "same_town",
        /// Towns spelt alike, or one within the other.
        NearTown = "near_town",
        /// Different towns.
        OtherTown = "other_town",
        /// One or both state no town.
        TownUnknown = "town_unknown",
        /// One country.
        SameCountry = "same_country",
        /// Different countries.
        OtherCountry = "other_country",
        /// Both online.
        BothOnline = "both_online",
        /// One online, one not.
        OnlineOnOne = "online_on_one",
        /// One provider.
        SameProvider = "same_provider",
        /// Different providers.
        OtherProvider = "other_provider",
        /// One price.
        SamePrice = "same_price",
        /// Different prices.
        OtherPrice = "other_price",
        /// Share of the texts in common.
        TextAlike = "text_alike",
        /// One source, which rarely lists an event twice.
        SameSource = "same_source",
        /// One day and one town, times the share of the title.
        WhenAndWhere = "when_and_where",
    }
}

/// The cues of a pair with their strengths (1 unless the cue is a share, 0..=1); absent cues are left out. What a learner of weights
/// reads. Symmetric in `a` and `b`.
#[must_use]
pub fn cues(a: &Profile, b: &Profile, corpus: &Corpus) -> Vec<(Cue, f64)> {
    of(&Prepared::read(a, corpus), &Prepared::read(b, corpus))
}

pub(super) fn of(a: &Prepared, b: &Prepared) -> Vec<(Cue, f64)> {
    let mut all = Vec::with_capacity(20);
    each(a, b, |cue, share| all.push((cue, share)));
    all
}

/// Tells `emit` each cue that holds, in one order.
pub(super) fn each(a: &Prepared, b: &Prepared, emit: impl FnMut(Cue, f64)) {
    let mut found = Found(emit);
    let title = title_match::compare(a, b);
    found.say(Cue::Prior, true);
    found.addresses(a, b);
    found.titles(a, b, &title);
    found.dates(a, b);
    found.places(a, b);
    found.offers(a, b);
    let here = a.place.town_against(&b.place) == Agreement::Same && a.dates.apart(&b.dates) == Some(0);
    found.share(Cue::WhenAndWhere, if here { title.shared.max(title.letters) } else { 0.0 });
}

struct Found<F: FnMut(Cue, f64)>(F);

impl<F: FnMut(Cue, f64)> Found<F> {
    fn say(&mut self, cue: Cue, holds: bool) {
        self.share(cue, f64::from(u8::from(holds)));
    }

    fn share(&mut self, cue: Cue, share: f64) {
        if share > 0.0 {
            (self.0)(cue, share);
        }
    }

    fn addresses(&mut self, a: &Prepared, b: &Prepared) {
        self.say(Cue::SameSource, a.source == b.source);
        let same_id = a.native_id.as_deref().filter(|id| b.native_id.as_deref() == Some(*id));
        self.say(Cue::SameNativeId, same_id.is_some_and(|id| a.source == b.source || address::is_worldwide(id)));
        let (Some(a), Some(b)) = (&a.url, &b.url) else { return };
        let particular = address::is_particular(a) && address::is_particular(b);
        self.say(Cue::SameUrl, a == b && particular);
        self.say(Cue::SameFrontPage, a == b && !particular);
        self.say(Cue::OtherPage, a != b && particular && address::host(a) == address::host(b));
    }

    fn titles(&mut self, a: &Prepared, b: &Prepared, title: &TitleMatch) {
        self.say(Cue::TitleExact, a.signature == b.signature || a.compact == b.compact);
        self.share(Cue::TitleShared, title.shared);
        self.share(Cue::TitleContained, title.contained);
        self.share(Cue::TitleLetters, title.letters);
        self.share(Cue::TitleClash, title.clash);
        self.share(Cue::TellingWord, title.telling);
        let tells = |m: &&Mark| !matches!(m, Mark::Year(_));
        let one_sided = |a: &Prepared, b: &Prepared| a.marks.iter().filter(tells).any(|m| !b.marks.contains(m));
        self.say(Cue::SameMark, a.marks.iter().filter(tells).any(|m| b.marks.contains(m)));
        self.say(Cue::MarkOnOne, one_sided(a, b) || one_sided(b, a));
    }

    fn dates(&mut self, a: &Prepared, b: &Prepared) {
        let (a, b) = (&a.dates, &b.dates);
        let month = a.month_agrees(b);
        let apart = a.apart(b);
        self.say(Cue::SameDay, apart == Some(0));
        self.say(Cue::NextDay, apart == Some(1));
        self.say(Cue::DaysApart, apart.is_some_and(|d| (2..=7).contains(&d)));
        self.say(Cue::FarApart, apart.is_some_and(|d| d > 7) || month == Some(false));
        self.say(Cue::NoOverlap, apart.is_some() && !a.overlap(b));
        self.say(Cue::MonthAgrees, month == Some(true));
        self.say(Cue::DateUnknown, apart.is_none() && month.is_none());
        self.say(Cue::SameEnd, a.same_end(b) == Some(true));
        self.say(Cue::OtherEnd, a.same_end(b) == Some(false));
        self.say(Cue::SharedSitting, apart != Some(0) && a.share_a_sitting(b));
        self.say(Cue::OnceAgreed, apart != Some(0) && a.once_agreed(b));
        let minutes = if apart == Some(0) { a.minutes_apart(b) } else { None };
        self.say(Cue::SameTime, minutes == Some(0));
        // Doors and start are often half an hour apart.
        self.say(Cue::OtherTime, minutes.is_some_and(|m| m > 60));
    }

    fn places(&mut self, a: &Prepared, b: &Prepared) {
        let town = a.place.town_against(&b.place);
        self.say(Cue::SameTown, town == Agreement::Same);
        self.say(Cue::NearTown, town == Agreement::Near);
        self.say(Cue::OtherTown, town == Agreement::Differs);
        self.say(Cue::TownUnknown, town == Agreement::Unknown);
        let country = a.place.country_against(&b.place);
        self.say(Cue::SameCountry, matches!(country, Agreement::Same | Agreement::Near));
        self.say(Cue::OtherCountry, country == Agreement::Differs);
        self.say(Cue::BothOnline, a.online == Some(true) && b.online == Some(true));
        self.say(Cue::OnlineOnOne, a.online.zip(b.online).is_some_and(|(a, b)| a != b));
    }

    fn offers(&mut self, a: &Prepared, b: &Prepared) {
        if !a.provider.is_empty() && !b.provider.is_empty() {
            let alike = providers_agree(&a.provider, &b.provider);
            self.say(Cue::SameProvider, alike);
            self.say(Cue::OtherProvider, !alike);
        }
        if let Some((p, q)) = a.price.zip(b.price) {
            let meet = p.min.is_some() && p.min == q.min || p.max.is_some() && p.max == q.max;
            self.say(Cue::SamePrice, meet);
            self.say(Cue::OtherPrice, !meet);
        }
        self.share(Cue::TextAlike, a.text_alike(b).unwrap_or(0.0));
    }
}

/// Whether two names are one provider's.
#[must_use]
pub fn one_provider(a: &str, b: &str) -> bool {
    let (a, b) = (provider(a), provider(b));
    !a.is_empty() && !b.is_empty() && providers_agree(&a, &b)
}

/// Equal, spelt alike, or all words of one within the other.
pub(super) fn providers_agree(a: &str, b: &str) -> bool {
    let holds = |a: &str, b: &str| b.split(' ').all(|w| a.split(' ').any(|x| x == w));
    let slip = || a.as_bytes().first() == b.as_bytes().first() && strsim::jaro_winkler(a, b) >= 0.92;
    a == b || holds(a, b) || holds(b, a) || slip()
}
