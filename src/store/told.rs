//! Who was told of what: read from the deliveries that went out and the contents they carried.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, types::Uuid};

use super::{Db, Result, Store, edition::LAST_NUMBER, listing::push_ids};
use crate::domain::{BulletinId, EditionId, EventId, SubscriberId};

/// Of some events, what each reader heard and when last. Readers who heard the same share one entry.
#[derive(Debug, Default)]
pub struct Heard {
    sets: Vec<BTreeMap<EventId, DateTime<Utc>>>,
    of: HashMap<SubscriberId, usize>,
}

impl Heard {
    /// The class of a reader: readers of one class heard the same. `None`: nothing.
    #[must_use]
    pub fn class_of(&self, reader: SubscriberId) -> Option<usize> {
        self.of.get(&reader).copied()
    }

    /// What the readers of a class heard, and when last.
    #[must_use]
    pub fn set(&self, class: Option<usize>) -> Option<&BTreeMap<EventId, DateTime<Utc>>> {
        self.sets.get(class?)
    }
}

/// A content that told of some of the events.
#[derive(Debug)]
struct Telling {
    edition: Uuid,
    as_of: DateTime<Utc>,
    events: Vec<EventId>,
}

impl Store {
    /// Of these events, those that each reader of a bulletin was told of, by editions and by alerts alike. With `seldom`, only of readers who
    /// do not get every edition as it comes.
    pub async fn readers_told(&self, bulletin: BulletinId, events: &[EventId], seldom: bool) -> Result<Heard> {
        let tellings = self.tellings(bulletin, events).await?;
        let editions: BTreeSet<Uuid> = tellings.values().map(|t| t.edition).collect();
        let mut contents: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
        for edition in editions {
            let sql = if seldom {
                "SELECT d.subscriber_id, d.content_id FROM delivery d JOIN subscriber p ON p.id = d.subscriber_id
                 WHERE d.edition_id = $1 AND d.state IN ('sent', 'uncertain') AND p.frequency <> 'each'"
            } else {
                "SELECT subscriber_id, content_id FROM delivery
                 WHERE edition_id = $1 AND state IN ('sent', 'uncertain') AND subscriber_id IS NOT NULL"
            };
            let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(sql).bind(edition).fetch_all(self.read()).await?;
            for (reader, content) in rows.into_iter().filter(|(_, content)| tellings.contains_key(content)) {
                contents.entry(reader).or_default().insert(content);
            }
        }
        Ok(classes(contents, &tellings))
    }

    /// The contents that told of these events.
    async fn tellings(&self, bulletin: BulletinId, events: &[EventId]) -> Result<HashMap<Uuid, Telling>> {
        let mut out: HashMap<Uuid, Telling> = HashMap::new();
        for chunk in events.chunks(400) {
            let mut sql = QueryBuilder::<Db>::new(
                "SELECT t.content_id, c.edition_id, e.as_of, COALESCE(x.merged_into, x.id) FROM edition_content_event t
                 JOIN event x ON x.id = t.event_id JOIN edition_content c ON c.id = t.content_id JOIN edition e ON e.id = c.edition_id
                 WHERE e.bulletin_id = ",
            );
            sql.push_bind(bulletin.0).push(" AND COALESCE(x.merged_into, x.id) IN (");
            push_ids(&mut sql, chunk.iter().map(|e| e.0));
            let rows: Vec<(Uuid, Uuid, DateTime<Utc>, Uuid)> = sql.push(")").build_query_as().fetch_all(self.read()).await?;
            for (content, edition, as_of, event) in rows {
                out.entry(content).or_insert_with(|| Telling { edition, as_of, events: Vec::new() }).events.push(event.into());
            }
        }
        Ok(out)
    }

    /// The number of the last edition, since an instant, of which each reader who wants mail once a week or a month got one, or is about to, and
    /// when that edition was. Alerts do not count.
    pub async fn last_mails(&self, bulletin: BulletinId, since: DateTime<Utc>) -> Result<HashMap<SubscriberId, (u32, DateTime<Utc>)>> {
        let editions: Vec<(Uuid, i64, DateTime<Utc>)> = sqlx::query_as(
            "SELECT id, number, as_of FROM edition WHERE bulletin_id = $1 AND published_at IS NOT NULL AND as_of >= $2 AND number <= $3 ORDER BY number",
        )
        .bind(bulletin.0)
        .bind(since)
        .bind(LAST_NUMBER)
        .fetch_all(self.read())
        .await?;
        let mut out = HashMap::new();
        for (edition, number, as_of) in editions {
            let readers: Vec<Uuid> = sqlx::query_scalar(
                "SELECT d.subscriber_id FROM delivery d JOIN subscriber p ON p.id = d.subscriber_id
                 WHERE d.edition_id = $1 AND d.state NOT IN ('failed', 'skipped') AND p.frequency IN ('weekly', 'monthly')",
            )
            .bind(edition)
            .fetch_all(self.read())
            .await?;
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            out.extend(readers.into_iter().map(|r| (SubscriberId(r), (number, as_of))));
        }
        Ok(out)
    }

    /// Editions of a bulletin that went out since an instant, before the one with `number`, newest first. Alerts are none.
    pub async fn editions_since(&self, bulletin: BulletinId, since: DateTime<Utc>, number: u32) -> Result<Vec<EditionId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "SELECT id FROM edition WHERE bulletin_id = $1 AND published_at IS NOT NULL AND as_of >= $2 AND number < $3 AND number <= $4
             AND state <> 'cancelled' ORDER BY number DESC",
        )
        .bind(bulletin.0)
        .bind(since)
        .bind(i64::from(number))
        .bind(LAST_NUMBER)
        .fetch_all(self.read())
        .await?;
        Ok(ids.into_iter().map(Into::into).collect())
    }
}

/// Readers who got the same contents heard the same.
fn classes(contents: HashMap<Uuid, BTreeSet<Uuid>>, tellings: &HashMap<Uuid, Telling>) -> Heard {
    let mut out = Heard::default();
    let mut known: HashMap<BTreeSet<Uuid>, usize> = HashMap::new();
    for (reader, got) in contents {
        let class = *known.entry(got).or_insert_with_key(|got| {
            let mut set = BTreeMap::new();
            for telling in got.iter().filter_map(|c| tellings.get(c)) {
                for event in &telling.events {
                    let at = set.entry(*event).or_insert(telling.as_of);
                    *at = telling.as_of.max(*at);
                }
            }
            out.sets.push(set);
            out.sets.len() - 1
        });
        out.of.insert(reader.into(), class);
    }
    out
}
