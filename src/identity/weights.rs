//! How much each cue counts, in log-odds: the one table to change, by hand or from labelled pairs (docs/IDENTITY.md says how).
//!
//! Titles, dates and places were tuned on labelled pairs of six curators; addresses, identifiers, providers, prices, times of day and
//! texts, of which those pairs say nothing, were set by judgement.

use super::Cue;

/// How many cues there are.
pub(super) const CUES: usize = Cue::ALL.len();

/// What each cue counts at full strength, in log-odds.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights([f64; CUES]);

impl Weights {
    /// Those that the program judges by.
    #[must_use]
    pub const fn shipped() -> &'static Self {
        static SHIPPED: Weights = table();
        &SHIPPED
    }

    /// No cue counts: what to learn from who wants to know what the pairs alone say.
    #[must_use]
    pub const fn none() -> Self {
        Self([0.0; CUES])
    }

    #[must_use]
    pub const fn of(&self, cue: Cue) -> f64 {
        self.0[cue as usize]
    }

    pub(super) const fn set(&mut self, cue: Cue, weight: f64) {
        self.0[cue as usize] = weight;
    }
}

const fn table() -> Weights {
    let mut all = Weights([0.0; CUES]);
    let mut at = 0;
    while at < CUES {
        all.set(Cue::ALL[at], weight(Cue::ALL[at]));
        at += 1;
    }
    all
}

#[allow(clippy::match_same_arms, reason = "one line a cue, so that each can be changed alone")]
const fn weight(cue: Cue) -> f64 {
    match cue {
        Cue::Prior => -7.5,
        Cue::SameUrl => 7.0,
        Cue::SameFrontPage => 0.5,
        Cue::OtherPage => -1.0,
        Cue::SameNativeId => 8.0,
        Cue::TitleExact => 3.0,
        Cue::TitleShared => 5.0,
        Cue::TitleContained => 0.8,
        Cue::TitleLetters => 3.0,
        Cue::TitleClash => -5.0,
        Cue::TellingWord => 0.5,
        Cue::SameMark => 0.5,
        Cue::MarkOnOne => -0.7,
        Cue::SameDay => 2.0,
        Cue::SameEnd => 1.6,
        Cue::OtherEnd => -0.5,
        Cue::NextDay => 0.5,
        Cue::DaysApart => -2.0,
        Cue::NoOverlap => -2.0,
        Cue::FarApart => -6.0,
        Cue::SharedSitting => 3.0,
        Cue::OnceAgreed => 6.0,
        Cue::MonthAgrees => 0.5,
        Cue::DateUnknown => -6.0,
        Cue::SameTime => 1.5,
        Cue::OtherTime => -5.0,
        Cue::SameTown => 1.5,
        Cue::NearTown => 1.0,
        Cue::OtherTown => -3.0,
        Cue::TownUnknown => 0.0,
        Cue::SameCountry => 0.5,
        Cue::OtherCountry => -1.0,
        Cue::BothOnline => 0.5,
        Cue::OnlineOnOne => -0.3,
        Cue::SameProvider => 2.25,
        Cue::OtherProvider => -4.0,
        Cue::SamePrice => 0.75,
        Cue::OtherPrice => -0.5,
        Cue::TextAlike => 3.0,
        Cue::SameSource => -3.0,
        Cue::WhenAndWhere => 1.0,
    }
}
