//! Identifiers: a type each, so that an event's id can never be passed where an edition's is meant.
//! Values are UUIDv7 (RFC 9562 s5.7), made by `store`, so that they sort by the time of their making.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// A text that is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an id such as 01a2000c-5f01-716b-821d-9e8231201937, as `gleaner source list`, `gleaner edition list` and `gleaner edition show` show them"
)]
pub struct BadId;

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
