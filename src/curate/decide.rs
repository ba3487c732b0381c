//! An editor's decisions about events: approve, reject, the same or not, merge, split, correct, set, unlock, withdraw, keep, and undo.
//!
//! A shell for the command line and the desk: finds the event that is meant, checks what was typed, writes the decision down and builds the
//! event anew. Every decision says who, when and why, outlives every re-run, and can be taken back (invariant 3).

use crate::{
    collect::{place::Placer, said},
    domain::{
        Aspect, BadId, Correction, Editable, EventId, Field, IdPrefix, ListingId, Status, Verb,
        text::{multi_line, single_line},
    },
    identity::Corpus,
    store::{Store, StoreError, act::Undone, event::Event, merge::Word},
    tag::{Tagger, Taxonomy},
};

use super::typed::{self, BadValue};

/// Events named when a prefix fits several.
const NAMED: i64 = 5;
/// Characters of a note.
const MOST_NOTE: usize = 500;

/// Why a decision was not taken. The words say what to do.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    BadId(#[from] BadId),
    #[error("there is no event `{0}`; `gleaner event list` names events")]
    NoSuchEvent(IdPrefix),
    #[error("`{prefix}` begins the ids of several events, type more of it: {}", .events.iter().map(|(id, title)| format!("{id} ({title})")).collect::<Vec<_>>().join(", "))]
    Ambiguous { prefix: IdPrefix, events: Vec<(EventId, String)> },
    #[error("`{0}` is no listing of event {1}; `gleaner explain {1}` names them")]
    NoSuchListing(IdPrefix, EventId),
    #[error(transparent)]
    BadValue(#[from] BadValue),
    #[error("`{term}` is not a term of {aspect}; expected one of {expected}")]
    UnknownTerm { aspect: Aspect, term: String, expected: String },
    #[error("{0} follows from the facts of the event: set the fact instead, as in `gleaner event set ID --field {1}=...`")]
    Computed(Aspect, &'static str),
    #[error("say which kind it is instead: --kind public, --kind news and so on")]
    NotAKind,
    #[error("name at least one {0}")]
    Nothing(&'static str),
    #[error("both are event {0} already; `gleaner event split` takes listings out of it, `gleaner event undo` takes back a merge")]
    OneAlready(EventId),
    #[error("{0} holds no editor's word; there is nothing to unlock")]
    NotLocked(Editable),
}

type Result<T, E = DecideError> = std::result::Result<T, E>;

/// One thing to correct, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToCorrect {
    pub aspect: Aspect,
    pub term: String,
    /// It is so, or it is not.
    pub holds: bool,
}

/// An editor at work.
#[derive(Clone, Copy)]
pub struct Editor<'a> {
    pub store: &'a Store,
    pub tagger: &'a Tagger,
    /// Below it an event is flagged. 0..=1.
    pub min_confidence: f32,
    /// In whose name, and when.
    pub word: Word<'a>,
}

/// The event whose id begins so, merged or not.
pub async fn named(store: &Store, prefix: &IdPrefix) -> Result<EventId> {
    let mut events = store.events_named(prefix, NAMED).await?;
    match events.as_slice() {
        [] => Err(DecideError::NoSuchEvent(prefix.clone())),
        [(only, _)] => Ok(*only),
        _ => {
            for (_, title) in &mut events {
                *title = single_line(title, 60);
            }
            Err(DecideError::Ambiguous { prefix: prefix.clone(), events })
        }
    }
}

/// A note as it is kept; `None` for an empty one.
#[must_use]
pub fn note(text: &str) -> Option<String> {
    Some(multi_line(text, MOST_NOTE)).filter(|n| !n.is_empty())
}

impl Editor<'_> {
    /// The event that is meant, as it stands: the one that it went into, when it was merged.
    pub async fn standing(&self, prefix: &IdPrefix) -> Result<EventId> {
        let id = named(self.store, prefix).await?;
        Ok(self.store.stands_as(id).await?.unwrap_or(id))
    }

    /// The event that is meant, merged or not.
    pub async fn standing_or_merged(&self, prefix: &IdPrefix) -> Result<EventId> {
        named(self.store, prefix).await
    }

    /// Lets it go out, or keeps it out.
    pub async fn approve_or_reject(&self, event: EventId, approve: bool) -> Result<()> {
        let verb = if approve { Verb::Approve } else { Verb::Reject };
        Ok(self.store.approve_or_reject(event, verb, self.word).await?)
    }

    /// Says that two are one event. The one that was found first stays: readers may have been told of it. Says which.
    pub async fn same(&self, a: EventId, b: EventId) -> Result<EventId> {
        let (into, from) = if a <= b { (a, b) } else { (b, a) };
        self.merge(from, into).await?;
        Ok(into)
    }

    /// Puts the listings of one event to another.
    pub async fn merge(&self, from: EventId, into: EventId) -> Result<()> {
        if from == into {
            return Err(DecideError::OneAlready(into));
        }
        self.store.merge_by_word(from, into, self.word).await?;
        self.rebuild(&[into]).await
    }

    /// Says that two are not one event, and answers the question if one asked.
    pub async fn not_same(&self, a: EventId, b: EventId) -> Result<()> {
        if a == b {
            return Err(DecideError::OneAlready(a));
        }
        self.store.tell_apart(a, b, self.word).await?;
        self.rebuild(&[a, b]).await
    }

    /// Takes listings, named by the beginnings of their ids, out of an event. Says which event they are now.
    pub async fn split(&self, event: EventId, listings: &[IdPrefix]) -> Result<EventId> {
        let members = self.store.listings_of(&[event]).await?.remove(&event).unwrap_or_default();
        let found = |prefix: &IdPrefix| {
            let (from, to) = prefix.bounds();
            let mut fitting = members.iter().filter(|l| from <= l.0 && l.0 <= to);
            match (fitting.next(), fitting.next()) {
                (Some(only), None) => Ok(*only),
                _ => Err(DecideError::NoSuchListing(prefix.clone(), event)),
            }
        };
        let listings: Vec<ListingId> = listings.iter().map(found).collect::<Result<_>>()?;
        let (tagger, corpus) = (said::taught(self.store, self.tagger).await?, Corpus::neutral());
        Ok(self.placer(&tagger, &corpus).split(event, &listings, self.word).await?)
    }

    /// Says that the kind or tags of an event are wrong or missing. Teaches what is like it from the next pass on.
    pub async fn correct(&self, event: EventId, corrections: Vec<ToCorrect>) -> Result<()> {
        if corrections.is_empty() {
            return Err(DecideError::Nothing("correction: --kind, --need, --activity, --provider-type or --tag"));
        }
        let mut said = Vec::with_capacity(corrections.len());
        for ToCorrect { aspect, term, holds } in corrections {
            check_correction(self.tagger.taxonomy(), aspect, &term, holds)?;
            let note = self.word.note.map(str::to_owned);
            said.push(Correction { aspect, term, holds, by: self.word.by.to_owned(), at: self.word.at, note });
        }
        self.store.correct_by_word(event, &said, self.word).await?;
        self.rebuild(&[event]).await
    }

    /// Fixes fields to what was typed; an empty value fixes "not stated". What is typed for one field is read as that field is.
    pub async fn set(&self, event: EventId, fields: &[(Editable, String)]) -> Result<()> {
        if fields.is_empty() {
            return Err(DecideError::Nothing("field: --field start=2027-05-04T10:00"));
        }
        let known = self.event(event).await?;
        let read = |(field, text): &(Editable, String)| Ok((*field, typed::read(*field, text, known.zone)?));
        let fields: Vec<(Editable, Option<String>)> = fields.iter().map(read).collect::<Result<_, BadValue>>()?;
        self.store.edit_by_word(event, &fields, self.word).await?;
        self.rebuild(&[event]).await
    }

    /// Lets the listings state these fields again.
    pub async fn unlock(&self, event: EventId, fields: &[Editable]) -> Result<()> {
        if fields.is_empty() {
            return Err(DecideError::Nothing("field: --field start"));
        }
        let words = self.store.words_about(event).await?;
        if let Some(free) = fields.iter().find(|f| !words.fields.contains_key(f)) {
            return Err(DecideError::NotLocked(*free));
        }
        self.store.unlock_by_word(event, fields, self.word).await?;
        self.rebuild(&[event]).await
    }

    /// Says that it does not take place.
    pub async fn withdraw(&self, event: EventId) -> Result<()> {
        self.store.withdraw_by_word(event, self.word).await?;
        self.rebuild(&[event]).await
    }

    /// Says that it takes place: answers "withdrawn?", and where words of a listing seemed to call it off, they do not.
    pub async fn keep(&self, event: EventId) -> Result<()> {
        let known = self.event(event).await?;
        let is_off = known.facts.status.as_ref().is_some_and(|s| s.value == Status::Cancelled);
        let status = (Editable::Fact(Field::Status), Some(Status::Scheduled.to_string()));
        self.store.keep_by_word(event, if is_off { std::slice::from_ref(&status) } else { &[] }, self.word).await?;
        self.rebuild(&[event]).await
    }

    /// Takes back the last decision about an event that still stands. A merged event may be named: its merge is then the last, or one after it.
    pub async fn undo(&self, event: EventId) -> Result<Undone> {
        let undone = self.store.undo(event, self.word).await?;
        self.rebuild(&undone.rebuild).await?;
        Ok(undone)
    }

    async fn event(&self, id: EventId) -> Result<Event> {
        Ok(self.store.events(&[id]).await?.pop().ok_or_else(|| StoreError::not_found("event", id))?)
    }

    /// Builds events anew from their listings and all that was said of them, tagged as every correction taught.
    async fn rebuild(&self, events: &[EventId]) -> Result<()> {
        let (tagger, corpus) = (said::taught(self.store, self.tagger).await?, Corpus::neutral());
        let placer = self.placer(&tagger, &corpus);
        for event in events {
            placer.rebuild(*event, self.word.at).await?;
        }
        Ok(())
    }

    const fn placer<'p>(&'p self, tagger: &'p Tagger, corpus: &'p Corpus) -> Placer<'p> {
        Placer { store: self.store, tagger, corpus, min_confidence: self.min_confidence }
    }
}

/// Whether the vocabulary has the term, and whether saying so decides anything.
fn check_correction(taxonomy: &Taxonomy, aspect: Aspect, term: &str, holds: bool) -> Result<()> {
    if let Some(field) = aspect.follows_from() {
        return Err(DecideError::Computed(aspect, field));
    }
    let terms: Vec<&str> = taxonomy.terms_about(aspect).map(|t| t.id.as_str()).collect();
    if !terms.contains(&term) {
        return Err(DecideError::UnknownTerm { aspect, term: single_line(term, 40), expected: terms.join(", ") });
    }
    if aspect == Aspect::Kind && !holds { Err(DecideError::NotAKind) } else { Ok(()) }
}
