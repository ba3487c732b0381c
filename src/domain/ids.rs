//! Identifiers: a type each, so that an event's id can never be passed where an edition's is meant.
//! Values are UUIDv7 (RFC 9562 s5.7), made by `store`, so that they sort by the time of their making.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// A text that is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an id such as 01a2000c-5f01-716b-821d-9e8231201937, as `gleaner source list`, `gleaner event list` and `gleaner edition list` show them; of an event its first characters do, four at least"
)]
pub struct BadId;

/// The beginning of an identifier, as a person types it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPrefix(String);

impl IdPrefix {
    /// The least and the greatest identifier that begins so.
    #[must_use]
    pub fn bounds(&self) -> (Uuid, Uuid) {
        let filled = |with: char| {
            let digits: String = self.0.chars().chain(std::iter::repeat_n(with, 32)).take(32).collect();
            // Checked on the way in: thirty-two hexadecimal digits.
            u128::from_str_radix(&digits, 16).map(Uuid::from_u128).unwrap_or_default()
        };
        (filled('0'), filled('f'))
    }
}

impl fmt::Display for IdPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for IdPrefix {
    type Err = BadId;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let digits: String = s.chars().filter(|c| *c != '-').collect();
        let is_one = (4..=32).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        if is_one { Ok(Self(digits.to_ascii_lowercase())) } else { Err(BadId) }
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(s).map(Self).map_err(|_| BadId)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    OrganisationId, ProviderId, SourceId, ListingId, EventId, BulletinId, SectionId, SegmentId,
    SubscriberId, EditionId, ItemId, DeliveryId,
    /// One run of a process that claims work: the owner named on a lease.
    WorkerId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_spans_the_ids_that_begin_with_it() {
        let id: EventId = "01a2000c-5f01-716b-821d-9e8231201937".parse().unwrap();
        for text in ["01a2", "01A2000C-5f01", "01a2000c5f01716b821d9e8231201937", "01a2000c-5f01-716b-821d-9e8231201937"] {
            let (from, to) = text.parse::<IdPrefix>().unwrap().bounds();
            assert!(from <= id.0 && id.0 <= to, "{text}");
        }
        let (from, to) = "01a3".parse::<IdPrefix>().unwrap().bounds();
        assert!(!(from <= id.0 && id.0 <= to));
        for bad in ["", "01a", "xyzt", "01a2000c-5f01-716b-821d-9e82312019370", "01é2"] {
            assert!(bad.parse::<IdPrefix>().is_err(), "{bad}");
        }
    }
}
