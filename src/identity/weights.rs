//! How much each cue counts, in log-odds. Learnt offline where labelled pairs speak of a cue, set by hand (and marked) where they
//! do not; docs/IDENTITY.md says how to change them.

use super::Cue;

/// The weight of one cue at full strength.
pub(super) const fn weight(cue: Cue) -> f64 {
    match cue {
        Cue::Prior => -9.0,
        Cue::SameUrl => 4.0,
        Cue::SameFrontPage => 0.5,
        Cue::OtherPage => -1.0,
        Cue::SameNativeId => 6.0,
        Cue::TitleExact => 2.0,
        Cue::TitleShared => 5.0,
        Cue::TitleContained => 1.5,
        Cue::TitleLetters => 3.0,
        Cue::TitleClash => -2.0,
        Cue::TellingWord => 1.5,
        Cue::SameMark => 0.5,
        Cue::MarkOnOne => -0.7,
        Cue::SameDay => 2.0,
        Cue::SameEnd => 1.0,
        Cue::OtherEnd => -0.5,
        Cue::NextDay => 0.5,
        Cue::DaysApart => -2.0,
        Cue::NoOverlap => -2.0,
        Cue::FarApart => -6.0,
        Cue::SharedSitting => 3.0,
        Cue::OnceAgreed => 6.0,
        Cue::MonthAgrees => 0.5,
        Cue::DateUnknown => -0.5,
        Cue::SameTime => 1.0,
        Cue::OtherTime => -3.0,
        Cue::SameTown => 1.5,
        Cue::NearTown => 1.0,
        Cue::OtherTown => -3.0,
        Cue::TownUnknown => 0.0,
        Cue::SameCountry => 0.5,
        Cue::OtherCountry => -1.0,
        Cue::BothOnline => 0.5,
        Cue::OnlineOnOne => -0.3,
        Cue::SameProvider => 1.5,
        Cue::OtherProvider => -1.5,
        Cue::SamePrice => 0.5,
        Cue::OtherPrice => -0.5,
        Cue::TextAlike => 3.0,
        Cue::SameSource => -3.0,
        Cue::WhenAndWhere => 1.0,
    }
}
