//! What comes back: links that readers follow, sign-ups, unsubscribes and the proof that they were meant; bounces and complaints.
//!
//! No function here changes anything on a GET; the web layer calls those that change state from POST alone (invariant 6).

pub mod arf;
pub mod dsn;
pub mod inbox;
pub mod links;
pub mod policy;
pub mod reader;
pub mod record;
pub mod report;
pub mod secret;
pub mod sign_up;

pub use secret::Secret;
