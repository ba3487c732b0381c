//! What a look says of its source's health, written in the transaction that records the look: yields, alarms, absences and the question
//! "withdrawn?". Withdraws nothing (invariant 1).

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Transaction};
use uuid::Uuid;

use super::{Db, Result, listing::push_ids, new_id};
use crate::domain::{AlarmEnd, AlarmKind, Checkup, ListingId, SourceId, Symptom, Yields};

/// Ids bound in one statement at most.
const CHUNK: usize = 400;

/// Alarms that end when what they complain of becomes the usual.
pub(super) const ABOUT_THE_USUAL: [AlarmKind; 3] = [AlarmKind::Shorter, AlarmKind::FieldLost, AlarmKind::Fallback];

/// Writes a checkup down. `fetch` is the look's row in the log.
pub(super) async fn checkup(tx: &mut Transaction<'static, Db>, source: SourceId, fetch: Uuid, checkup: &Checkup, now: DateTime<Utc>) -> Result<()> {
    if let Some(yields) = &checkup.yields {
        write_yields(tx, fetch, yields, checkup.teaches).await?;
    }
    if let Some(since) = checkup.usual_since {
        learn_anew(tx, source, since).await?;
        close(tx, source, &ABOUT_THE_USUAL, AlarmEnd::Usual, now).await?;
    }
    if checkup.teaches && !checkup.shows(AlarmKind::Fallback) {
        end_fallback_told(tx, source, now).await?;
    }
    for symptom in &checkup.symptoms {
        open(tx, source, symptom, now).await?;
    }
    close(tx, source, &checkup.closes, AlarmEnd::Mended, now).await?;
    count_absences(tx, &checkup.absent).await?;
    if checkup.yields.is_some() {
        clear_doubts(tx, source).await?;
    }
    // After any read, not only when something is newly absent: events may have been merged since.
    if checkup.yields.is_some() || !checkup.absent.is_empty() {
        ask(tx, source, now).await?;
    }
    Ok(())
}

async fn write_yields(tx: &mut Transaction<'static, Db>, fetch: Uuid, yields: &Yields, teaches: bool) -> Result<()> {
    if teaches {
        sqlx::query("UPDATE fetch_log SET teaches = TRUE WHERE id = $1").bind(fetch).execute(&mut **tx).await?;
    }
    if yields.filled.is_empty() {
        return Ok(());
    }
    let mut sql = QueryBuilder::<Db>::new("INSERT INTO fetch_field (fetch_id, field, filled) ");
    sql.push_values(&yields.filled, |mut row, (field, filled)| {
        row.push_bind(fetch).push_bind(field.as_str()).push_bind(i64::try_from(*filled).unwrap_or(i64::MAX));
    });
    sql.build().execute(&mut **tx).await?;
    Ok(())
}

/// Forgets what was usual before `since` and takes every read that found something since then for usual.
pub(super) async fn learn_anew(tx: &mut Transaction<'static, Db>, source: SourceId, since: DateTime<Utc>) -> Result<()> {
    sqlx::query("UPDATE fetch_log SET teaches = (started_at >= $2 AND listings > 0) WHERE source_id = $1 AND outcome = 'read'")
        .bind(source.0)
        .bind(since)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Opens an alarm, or notes on the open one that it was seen again.
async fn open(tx: &mut Transaction<'static, Db>, source: SourceId, symptom: &Symptom, now: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "INSERT INTO alarm (id, source_id, kind, severity, words, opened_at, seen_at, looks) VALUES ($1, $2, $3, $4, $5, $6, $6, 1)
         ON CONFLICT (source_id, kind) WHERE closed_at IS NULL
         DO UPDATE SET words = excluded.words, severity = excluded.severity, seen_at = excluded.seen_at, looks = alarm.looks + 1",
    )
    .bind(new_id::<Uuid>())
    .bind(source.0)
    .bind(symptom.kind.as_str())
    .bind(symptom.kind.severity().as_str())
    .bind(&symptom.words)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn close(tx: &mut Transaction<'static, Db>, source: SourceId, kinds: &[AlarmKind], end: AlarmEnd, now: DateTime<Utc>) -> Result<()> {
    if kinds.is_empty() {
        return Ok(());
    }
    let mut sql = QueryBuilder::<Db>::new("UPDATE alarm SET closed_at = ");
    sql.push_bind(now).push(", closed_because = ").push_bind(end.as_str()).push(" WHERE closed_at IS NULL AND source_id = ").push_bind(source.0);
    sql.push(" AND kind IN (");
    let mut list = sql.separated(", ");
    for kind in kinds {
        list.push_bind(kind.as_str());
    }
    sql.push(")").build().execute(&mut **tx).await?;
    Ok(())
}

pub(super) async fn close_all(tx: &mut Transaction<'static, Db>, source: SourceId, end: AlarmEnd, now: DateTime<Utc>) -> Result<()> {
    close(tx, source, AlarmKind::ALL, end, now).await
}

/// Another way of reading counts as usual once editors were told of it; that it does is no further news.
async fn end_fallback_told(tx: &mut Transaction<'static, Db>, source: SourceId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "UPDATE alarm SET closed_at = $2, closed_because = 'usual', end_told_at = $2
         WHERE source_id = $1 AND kind = 'fallback' AND closed_at IS NULL AND told_at IS NOT NULL",
    )
    .bind(source.0)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn count_absences(tx: &mut Transaction<'static, Db>, absent: &[ListingId]) -> Result<()> {
    for chunk in absent.chunks(CHUNK) {
        let mut sql = QueryBuilder::<Db>::new("UPDATE listing SET absences = absences + 1 WHERE id IN (");
        push_ids(&mut sql, chunk.iter().map(|l| l.0));
        sql.push(")").build().execute(&mut **tx).await?;
    }
    Ok(())
}

/// Of a listing `l` from the source `s` that three good reads in a row did not hold: nobody with at least as good a word still lists the
/// event. The host's own page outweighs a re-poster; equals outweigh each other.
const UNCONTRADICTED: &str = "l.absences >= 3 AND NOT EXISTS (
    SELECT 1 FROM event_listing oel JOIN listing o ON o.id = oel.listing_id JOIN source os ON os.id = o.source_id
    WHERE oel.event_id = el.event_id AND o.absences = 0 AND o.missed = 0 AND os.disabled_at IS NULL
      AND (os.provider_id IS NOT NULL OR s.provider_id IS NULL))";

/// Asks about events of this source that nobody shows any more. The words say of which source, and since when.
async fn ask(tx: &mut Transaction<'static, Db>, source: SourceId, now: DateTime<Utc>) -> Result<()> {
    let sql = format!(
        "UPDATE event SET doubt = (SELECT 'withdrawn? the last 3 good reads of ' || s.url || ' did not list it, though most of what stood beside it is still there'
             FROM source s WHERE s.id = $1)
         WHERE doubt IS NULL AND merged_into IS NULL AND withdrawn_at IS NULL AND starts_at > $2 AND id IN (
             SELECT el.event_id FROM listing l JOIN event_listing el ON el.listing_id = l.id JOIN source s ON s.id = l.source_id
             WHERE l.source_id = $1 AND l.absences > 0 AND {UNCONTRADICTED} AND NOT EXISTS (
                 -- A person answered already that it takes place, and no source has shown it since.
                 SELECT 1 FROM decision d WHERE d.event_id = el.event_id AND d.verb = 'keep' AND d.undone_at IS NULL AND d.at >= l.last_seen_at))"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(source.0).bind(now).execute(&mut **tx).await?;
    Ok(())
}

/// Takes the question back where a listing has come back or another source lists the event.
async fn clear_doubts(tx: &mut Transaction<'static, Db>, source: SourceId) -> Result<()> {
    let sql = format!(
        "UPDATE event SET doubt = NULL WHERE doubt IS NOT NULL
         AND id IN (SELECT el.event_id FROM listing l JOIN event_listing el ON el.listing_id = l.id WHERE l.source_id = $1)
         AND NOT EXISTS (SELECT 1 FROM event_listing el JOIN listing l ON l.id = el.listing_id JOIN source s ON s.id = l.source_id
             WHERE el.event_id = event.id AND {UNCONTRADICTED})"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(source.0).execute(&mut **tx).await?;
    Ok(())
}
