//! Who was told of what: read from the deliveries that went out and the contents they carried.

use std::collections::{BTreeSet, HashMap};

use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{Db, Result, Store, listing::push_ids};
use crate::domain::{BulletinId, EventId, SubscriberId};

impl Store {
    /// Of these events, those that each reader of a bulletin was told of. Readers who were told of none are left out.
    pub async fn readers_told(&self, bulletin: BulletinId, events: &[EventId]) -> Result<HashMap<SubscriberId, BTreeSet<EventId>>> {
        let mut out: HashMap<SubscriberId, BTreeSet<EventId>> = HashMap::new();
        for chunk in events.chunks(400) {
            let mut sql = QueryBuilder::<Db>::new(
                "SELECT d.subscriber_id, COALESCE(x.merged_into, x.id) FROM edition_content_event c JOIN event x ON x.id = c.event_id
                 JOIN delivery d ON d.content_id = c.content_id JOIN edition e ON e.id = d.edition_id
                 WHERE d.state IN ('sent', 'uncertain') AND d.subscriber_id IS NOT NULL AND e.bulletin_id = ",
            );
            sql.push_bind(bulletin.0).push(" AND COALESCE(x.merged_into, x.id) IN (");
            push_ids(&mut sql, chunk.iter().map(|e| e.0));
            let rows: Vec<(Uuid, Uuid)> = sql.push(")").build_query_as().fetch_all(self.read()).await?;
            for (reader, event) in rows {
                out.entry(reader.into()).or_default().insert(event.into());
            }
        }
        Ok(out)
    }
}
