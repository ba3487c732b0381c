//! Same event? Which listings are about one event, which listing's word wins field by field, and what changed.
//!
//! Pure: only `domain` and text libraries; no I/O, no clock, no randomness. Every merge is explained, and an editor's word
//! always beats a score. See docs/IDENTITY.md.

mod address;
mod bars;
mod batch;
mod bucket;
mod changes;
mod choose;
mod cluster;
mod corpus;
mod cues;
mod dates;
mod kept;
mod keys;
mod learn;
mod place_words;
mod placing;
mod prepared;
mod profile;
mod record;
mod score;
mod title;
mod title_match;
mod weights;
mod words;

pub use batch::{Batch, Ready};
pub use changes::{Change, changes};
pub use choose::{Chosen, Locked, Sourced, choose};
pub use cluster::{Cluster, Link, cluster};
pub use corpus::Corpus;
pub use cues::{Cue, cues, one_provider};
pub use kept::SCHEME;
pub use keys::{KEYS_AT_MOST, Probe, keys, probes};
pub use learn::{Example, learn};
pub use placing::{Decisions, Placement, place};
pub use profile::Profile;
pub use record::Record;
pub use score::{MAYBE, SAME, Score, score};
pub use weights::Weights;
