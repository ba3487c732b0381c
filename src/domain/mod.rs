//! The words of the product as types: what a listing, an event, an edition and a delivery are.
//!
//! No I/O, no async, no clock, no database: a value of these types is the proof that it was checked.

pub mod alarm;
pub mod authority;
pub mod bulletin;
pub mod decision;
pub mod delivery;
pub mod edition;
pub mod facts;
pub mod feedback;
pub mod field;
pub mod ids;
pub mod limit;
pub mod listing;
pub mod money;
pub mod person;
pub mod place;
pub mod preference;
pub mod segment;
pub mod segment_check;
pub mod source;
pub mod tag;
pub mod text;
pub mod when;

pub use alarm::*;
pub use authority::*;
pub use bulletin::*;
pub use decision::*;
pub use delivery::*;
pub use edition::*;
pub use facts::*;
pub use feedback::*;
pub use field::*;
pub use ids::*;
pub use limit::*;
pub use listing::*;
pub use money::*;
pub use person::*;
pub use place::*;
pub use preference::*;
pub use segment::*;
pub use segment_check::*;
pub use source::*;
pub use tag::*;
pub use when::*;

/// A word that is not in a closed vocabulary; says which one was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a {what}; expected one of {expected}")]
pub struct UnknownWord {
    pub what: &'static str,
    pub word: String,
    pub expected: String,
}

/// Declares an enum whose variants are written as fixed words: in the database, in JSON and on the command line alike.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $vis:vis enum $name:ident ($what:literal) { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        $vis enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every word of this vocabulary, in its natural order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word as it is stored and printed.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok($name::$variant),)+
                    _ => Err($crate::domain::UnknownWord {
                        what: $what,
                        word: word.to_owned(),
                        expected: [$($word),+].join(", "),
                    }),
                }
            }
        }
    };
}
pub(crate) use vocabulary;
