//! Regions as readers and segments name them (taxonomy section 11).

use super::vocabulary;

vocabulary! {
    /// A region or nation of the UK; `uk` for anywhere or online without restriction, `int` for abroad.
    pub enum Region("region") {
        NorthWest = "nw",
        NorthEast = "ne",
        YorkshireHumber = "yh",
        EastMidlands = "em",
        WestMidlands = "wm",
        East = "ee",
        London = "lon",
        SouthEast = "se",
        SouthWest = "sw",
        Wales = "wal",
        Scotland = "sco",
        NorthernIreland = "ni",
        Uk = "uk",
        International = "int",
    }
}

impl Region {
    /// The name readers see.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NorthWest => "North West",
            Self::NorthEast => "North East",
            Self::YorkshireHumber => "Yorkshire and the Humber",
            Self::EastMidlands => "East Midlands",
            Self::WestMidlands => "West Midlands",
            Self::East => "East of England",
            Self::London => "London",
            Self::SouthEast => "South East",
            Self::SouthWest => "South West",
            Self::Wales => "Wales",
            Self::Scotland => "Scotland",
            Self::NorthernIreland => "Northern Ireland",
            Self::Uk => "UK-wide",
            Self::International => "International",
        }
    }
}
