//! What editors say of single events: yes or no, a fact in their own words, another kind or tag, whether it takes place. Read back for every
//! building of the event, so that it outlives each re-run (invariant 3); corrections are read by themselves too, because they teach.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Result, Store, StoreError,
    act::{Act, Line, Word},
    event::EventChange,
    event_write::write_change,
    word,
};
use crate::domain::{Aspect, Correction, Editable, EventId, IdPrefix, Verb, standing};

/// A chain of merges is short; one that is longer is a ring that was made from outside.
const MOST_MERGES: i64 = 50;
/// Corrections that teach, the newest.
const MOST_TAUGHT: i64 = 5_000;

/// A field as an editor typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// None: fixed as "not stated".
    pub value: Option<String>,
    pub by: String,
    /// UTC.
    pub at: DateTime<Utc>,
    pub note: Option<String>,
}

/// What editors said of an event, and of those that were merged into it, as far as it counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    pub fields: BTreeMap<Editable, Typed>,
    pub corrections: Vec<Correction>,
}

#[derive(FromRow)]
struct WordRow {
    id: Uuid,
    event_id: Uuid,
    verb: String,
    field: Option<String>,
    value: Option<String>,
    by_whom: String,
    at: DateTime<Utc>,
    note: Option<String>,
}

impl WordRow {
    fn typed(self) -> Result<(Editable, Typed)> {
        let field = word("decision", self.id, self.field.as_deref().unwrap_or_default())?;
        Ok((field, Typed { value: self.value, by: self.by_whom, at: self.at, note: self.note }))
    }

    fn correction(self) -> Result<Correction> {
        let aspect: Aspect = word("decision", self.id, self.field.as_deref().unwrap_or_default())?;
        let (holds, term) = Correction::read_signed(self.value.as_deref().unwrap_or_default());
        Ok(Correction { aspect, term: term.to_owned(), holds, by: self.by_whom, at: self.at, note: self.note })
    }
}

impl Store {
    /// What of editors' words about an event counts when it is built.
    pub async fn words_about(&self, event: EventId) -> Result<Words> {
        let rows: Vec<WordRow> = sqlx::query_as(
            // What was said of the event itself comes last: it counts more than what was said of one that went into it.
            "WITH RECURSIVE within (id, depth) AS (
                 SELECT id, 0 FROM event WHERE id = $1
                 UNION SELECT e.id, w.depth + 1 FROM event e JOIN within w ON e.merged_into = w.id WHERE w.depth < $2)
             SELECT d.id, d.event_id, d.verb, d.field, d.value, d.by_whom, d.at, d.note FROM within w JOIN decision d ON d.event_id = w.id
             WHERE d.verb IN ('edit', 'unlock', 'correct') AND d.undone_at IS NULL ORDER BY w.depth DESC, d.at, d.id",
        )
        .bind(event.0)
        .bind(MOST_MERGES)
        .fetch_all(self.read())
        .await?;
        let (mut fields, mut corrections) = (BTreeMap::new(), Vec::new());
        for row in rows {
            match row.verb.as_str() {
                "correct" => corrections.push(row.correction()?),
                "unlock" => {
                    fields.remove(&row.typed()?.0);
                }
                _ => fields.extend([row.typed()?]),
            }
        }
        Ok(Words { fields, corrections: standing(corrections) })
    }

    /// Events whose kind or tags were corrected, each with what still counts, in the order in which they were first corrected.
    pub async fn corrected_events(&self) -> Result<Vec<(EventId, Vec<Correction>)>> {
        let mut rows: Vec<WordRow> = sqlx::query_as(
            "SELECT id, event_id, verb, field, value, by_whom, at, note FROM decision
             WHERE verb = 'correct' AND undone_at IS NULL AND event_id IS NOT NULL ORDER BY at DESC, id DESC LIMIT $1",
        )
        .bind(MOST_TAUGHT)
        .fetch_all(self.read())
        .await?;
        rows.reverse();
        let mut events: Vec<(EventId, Vec<Correction>)> = Vec::new();
        let mut places: BTreeMap<Uuid, usize> = BTreeMap::new();
        for row in rows {
            let place = *places.entry(row.event_id).or_insert_with(|| {
                events.push((row.event_id.into(), Vec::new()));
                events.len() - 1
            });
            events[place].1.push(row.correction()?);
        }
        Ok(events.into_iter().map(|(event, said)| (event, standing(said))).collect())
    }

    /// Events whose identifiers begin so, merged ones too, with their titles; at most `most`.
    pub async fn events_named(&self, prefix: &IdPrefix, most: i64) -> Result<Vec<(EventId, String)>> {
        let (from, to) = prefix.bounds();
        let rows: Vec<(Uuid, String)> = sqlx::query_as("SELECT id, title FROM event WHERE id >= $1 AND id <= $2 ORDER BY id LIMIT $3")
            .bind(from)
            .bind(to)
            .bind(most)
            .fetch_all(self.read())
            .await?;
        Ok(rows.into_iter().map(|(id, title)| (id.into(), title)).collect())
    }

    /// Writes down an approval or a rejection.
    pub async fn approve_or_reject(&self, event: EventId, verb: Verb, word: Word<'_>) -> Result<()> {
        let mut act = Act::begin(self, word).await?;
        act.mark(event).await?;
        act.say(verb, Line { event: Some(event), ..Line::default() }).await?;
        act.commit().await
    }

    /// Fixes fields to values as they are stored; one without a value is "not stated". The caller has read each as what its field holds, and builds
    /// the event anew.
    pub async fn edit_by_word(&self, event: EventId, fields: &[(Editable, Option<String>)], word: Word<'_>) -> Result<()> {
        let mut act = Act::begin(self, word).await?;
        act.touch(event).await?;
        for (field, value) in fields {
            act.say(Verb::Edit, Line { event: Some(event), field: Some(field.as_str()), value: value.as_deref(), ..Line::default() }).await?;
        }
        act.commit().await
    }

    /// Lets the listings state these fields again. The caller builds the event anew.
    pub async fn unlock_by_word(&self, event: EventId, fields: &[Editable], word: Word<'_>) -> Result<()> {
        let mut act = Act::begin(self, word).await?;
        act.touch(event).await?;
        for field in fields {
            act.say(Verb::Unlock, Line { event: Some(event), field: Some(field.as_str()), ..Line::default() }).await?;
        }
        act.commit().await
    }

    /// Writes corrections of kind and tags down: aspect, term, and whether it is so. The caller knows the terms, and builds the event anew.
    pub async fn correct_by_word(&self, event: EventId, corrections: &[Correction], word: Word<'_>) -> Result<()> {
        let mut act = Act::begin(self, word).await?;
        act.touch(event).await?;
        for correction in corrections {
            let signed = correction.signed();
            let line = Line { event: Some(event), field: Some(correction.aspect.as_str()), value: Some(&signed), ..Line::default() };
            act.say(Verb::Correct, line).await?;
        }
        act.commit().await
    }

    /// A person confirms that an event does not take place: those who were told of it are to hear.
    pub async fn withdraw_by_word(&self, event: EventId, word: Word<'_>) -> Result<()> {
        let mut act = Act::begin(self, word).await?;
        act.touch(event).await?;
        let done = sqlx::query("UPDATE event SET withdrawn_at = $2, changed_at = $2, doubt = NULL WHERE id = $1 AND withdrawn_at IS NULL")
            .bind(event.0)
            .bind(word.at)
            .execute(&mut *act.tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Refused(format!("event {event} is withdrawn already")));
        }
        write_change(&mut act.tx, event, &EventChange::withdrawn(true), word.at).await?;
        act.say(Verb::Withdraw, Line { event: Some(event), ..Line::default() }).await?;
        act.commit().await
    }

    /// A person says that an event takes place, though its sources no longer show it: it is not asked again until one shows it and loses it once more.
    /// What a person withdrew before stands again. `edits` are said with it, as by [`Store::edit_by_word`].
    pub async fn keep_by_word(&self, event: EventId, edits: &[(Editable, Option<String>)], word: Word<'_>) -> Result<()> {
        let mut act = Act::begin(self, word).await?;
        act.touch(event).await?;
        let stood = sqlx::query("UPDATE event SET withdrawn_at = NULL, changed_at = $2 WHERE id = $1 AND withdrawn_at IS NOT NULL")
            .bind(event.0)
            .bind(word.at)
            .execute(&mut *act.tx)
            .await?;
        if stood.rows_affected() > 0 {
            write_change(&mut act.tx, event, &EventChange::withdrawn(false), word.at).await?;
        }
        sqlx::query("UPDATE event SET doubt = NULL WHERE id = $1").bind(event.0).execute(&mut *act.tx).await?;
        act.say(Verb::Keep, Line { event: Some(event), ..Line::default() }).await?;
        for (field, value) in edits {
            act.say(Verb::Edit, Line { event: Some(event), field: Some(field.as_str()), value: value.as_deref(), ..Line::default() }).await?;
        }
        act.commit().await
    }
}
