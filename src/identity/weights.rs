//! How much each cue counts, in log-odds: the one table to change, by hand or from labelled pairs (docs/IDENTITY.md says how).
//!
//! Titles, dates and places were learnt from labelled pairs of six curators, by `cargo run --release --example weigh`; addresses,
//! identifiers, providers, prices, times of day and texts, of which those pairs say nothing, are as they were set by judgement.

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
        static SHIPPED: Weights = table(true);
        &SHIPPED
    }

    /// Those that a person set: what learning starts from and is pulled towards.
    #[must_use]
    pub const fn by_hand() -> &'static Self {
        static BY_HAND: Weights = table(false);
        &BY_HAND
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

const fn table(learnt: bool) -> Weights {
    let mut all = Weights::none();
    let mut at = 0;
    while at < CUES {
        let (by_hand, fitted) = weight(Cue::ALL[at]);
        all.set(Cue::ALL[at], if learnt { fitted } else { by_hand });
        at += 1;
    }
    all
}

/// Set by hand, and learnt from there. Where both are equal no labelled pair shows the cue.
#[rustfmt::skip]
#[allow(clippy::match_same_arms, reason = "one line a cue, so that each can be changed alone")]
const fn weight(cue: Cue) -> (f64, f64) {
    match cue {
        Cue::Prior          => (-7.50, -7.22),
        Cue::SameUrl        => ( 7.00,  7.00),
        Cue::SameFrontPage  => ( 0.50,  0.50),
        Cue::OtherPage      => (-1.00, -1.00),
        Cue::SameNativeId   => ( 8.00,  8.00),
        Cue::TitleExact     => ( 3.00,  3.06),
        Cue::TitleShared    => ( 5.00,  4.98),
        Cue::TitleContained => ( 0.80,  0.63),
        Cue::TitleLetters   => ( 3.00,  3.06),
        Cue::TitleClash     => (-5.00, -4.59),
        Cue::TellingWord    => ( 0.50,  0.43),
        Cue::SameMark       => ( 0.50,  0.50),
        Cue::MarkOnOne      => (-0.70, -0.77),
        Cue::SameDay        => ( 2.00,  2.23),
        Cue::SameEnd        => ( 1.60,  1.70),
        Cue::OtherEnd       => (-0.50, -0.32),
        Cue::NextDay        => ( 0.50,  0.51),
        Cue::DaysApart      => (-2.00, -1.96),
        Cue::NoOverlap      => (-2.00, -2.00),
        Cue::FarApart       => (-6.00, -6.00),
        Cue::SharedSitting  => ( 3.00,  3.00),
        Cue::OnceAgreed     => ( 6.00,  6.00),
        Cue::MonthAgrees    => ( 0.50,  0.50),
        Cue::DateUnknown    => (-6.00, -6.00),
        Cue::SameTime       => ( 1.50,  1.50),
        Cue::OtherTime      => (-5.00, -5.00),
        Cue::SameTown       => ( 1.50,  1.64),
        Cue::NearTown       => ( 1.00,  1.03),
        Cue::OtherTown      => (-3.00, -2.97),
        Cue::TownUnknown    => ( 0.00,  0.07),
        Cue::SameCountry    => ( 0.50,  0.57),
        Cue::OtherCountry   => (-1.00, -0.87),
        Cue::BothOnline     => ( 0.50,  0.46),
        Cue::OnlineOnOne    => (-0.30, -0.09),
        Cue::SameProvider   => ( 2.25,  2.25),
        Cue::OtherProvider  => (-4.00, -4.00),
        Cue::SamePrice      => ( 0.75,  0.75),
        Cue::OtherPrice     => (-0.50, -0.50),
        Cue::TextAlike      => ( 3.00,  3.00),
        Cue::SameSource     => (-3.00, -3.00),
        Cue::WhenAndWhere   => ( 1.00,  0.92),
    }
}
