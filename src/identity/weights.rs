//! How much each cue counts, in log-odds: the one table to change, by hand or from labelled pairs (docs/IDENTITY.md says how).
//!
//! Titles, dates and places were tuned on labelled pairs of six curators; addresses, identifiers, providers, prices, times of day and
//! texts, of which those pairs say nothing, were set by judgement.

use super::Cue;

/// The weight of one cue at full strength.
#[allow(clippy::match_same_arms, reason = "one line a cue, so that each can be changed alone")]
pub(super) const fn weight(cue: Cue) -> f64 {
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
