//! Bulletins with their sections and segments.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::de::DeserializeOwned;
use sqlx::{FromRow, SqliteConnection, types::Uuid};

use super::{Result, Store, StoreError, new_id, word, zone};
use crate::domain::{
    Approval, BulletinId, EmailAddress, EventIs, Measure, OrganisationId, PersonIs, Rule, SectionId, SegmentId, Slug, UncertainPolicy,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulletin {
    pub id: BulletinId,
    pub organisation_id: OrganisationId,
    pub slug: Slug,
    pub name: String,
    pub strapline: String,
    pub from_name: String,
    pub from_address: EmailAddress,
    pub reply_to: Option<EmailAddress>,
    /// CSS colour of the head.
    pub colour: String,
    /// Cron expression in civil time of `zone`; `None` for one that goes out by hand.
    pub schedule: Option<String>,
    pub zone: Tz,
    /// Minutes after its time in which a late edition may still go.
    pub window_minutes: u32,
    pub approval: Approval,
    pub min_items: u32,
    pub max_items: u32,
    /// Days ahead from which events are taken.
    pub horizon_days: u32,
    pub uncertain_policy: UncertainPolicy,
    /// How much one reader gets.
    pub measure: Measure,
    /// Names of deliverability checks whose failure does not keep it back.
    pub send_despite: Vec<String>,
    /// In order.
    pub sections: Vec<Section>,
    pub segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub id: SectionId,
    pub heading: String,
    pub events: Rule<EventIs>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub id: SegmentId,
    pub name: String,
    pub people: Rule<PersonIs>,
    pub events: Rule<EventIs>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    organisation_id: Uuid,
    slug: String,
    name: String,
    strapline: String,
    from_name: String,
    from_address: String,
    reply_to: Option<String>,
    colour: String,
    schedule: Option<String>,
    zone: String,
    window_minutes: i64,
    approval: String,
    min_items: i64,
    max_items: i64,
    horizon_days: i64,
    uncertain_policy: String,
    most_per_section: i64,
    most_in_all: i64,
    brief_above: i64,
    picks_anyway: bool,
    alerts: bool,
    send_despite: String,
}

impl TryFrom<Row> for Bulletin {
    type Error = StoreError;
    fn try_from(r: Row) -> Result<Self> {
        let id = r.id;
        let count = |n: i64| u32::try_from(n).map_err(|_| StoreError::bad_row("bulletin", id, format!("{n} where a count belongs")));
        Ok(Self {
            id: id.into(),
            organisation_id: r.organisation_id.into(),
            slug: word("bulletin", id, &r.slug)?,
            name: r.name,
            strapline: r.strapline,
            from_name: r.from_name,
            from_address: word("bulletin", id, &r.from_address)?,
            reply_to: r.reply_to.map(|a| word("bulletin", id, &a)).transpose()?,
            colour: r.colour,
            schedule: r.schedule,
            zone: zone("bulletin", id, &r.zone)?,
            window_minutes: count(r.window_minutes)?,
            approval: word("bulletin", id, &r.approval)?,
            min_items: count(r.min_items)?,
            max_items: count(r.max_items)?,
            horizon_days: count(r.horizon_days)?,
            uncertain_policy: word("bulletin", id, &r.uncertain_policy)?,
            measure: Measure {
                per_section: count(r.most_per_section)?,
                in_all: count(r.most_in_all)?,
                brief_above: count(r.brief_above)?,
                picks_anyway: r.picks_anyway,
                alerts: r.alerts,
            },
            send_despite: r.send_despite.split_whitespace().map(str::to_owned).collect(),
            sections: Vec::new(),
            segments: Vec::new(),
        })
    }
}

const COLUMNS: &str = "SELECT id, organisation_id, slug, name, strapline, from_name, from_address, reply_to, colour, schedule, zone, \
     window_minutes, approval, min_items, max_items, horizon_days, uncertain_policy, send_despite, \
     most_per_section, most_in_all, brief_above, picks_anyway, alerts FROM bulletin";

impl Store {
    /// Writes a bulletin with its sections and segments. One that is there under the same slug is brought up to date and keeps its id,
    /// unless it is another organisation's. Sections keep their ids by position, segments by name.
    pub async fn put_bulletin(&self, b: &Bulletin, now: DateTime<Utc>) -> Result<BulletinId> {
        let mut tx = self.begin().await?;
        let id = put_row(&mut tx, b, now).await?;
        put_sections(&mut tx, id, &b.sections).await?;
        put_segments(&mut tx, id, &b.segments).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub async fn bulletin_by_slug(&self, slug: &Slug) -> Result<Option<Bulletin>> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE slug = $1"));
        let row: Option<Row> = sqlx::query_as(sql).bind(slug.as_str()).fetch_optional(self.read()).await?;
        match row {
            Some(row) => self.with_parts(row.try_into()?).await.map(Some),
            None => Ok(None),
        }
    }

    pub async fn bulletin(&self, id: BulletinId) -> Result<Bulletin> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
        let row: Option<Row> = sqlx::query_as(sql).bind(id.0).fetch_optional(self.read()).await?;
        self.with_parts(row.ok_or_else(|| StoreError::not_found("bulletin", id))?.try_into()?).await
    }

    /// When a bulletin was made: what lay before was nobody's to send. UTC.
    pub async fn bulletin_since(&self, id: BulletinId) -> Result<DateTime<Utc>> {
        Ok(sqlx::query_scalar("SELECT created_at FROM bulletin WHERE id = $1").bind(id.0).fetch_one(self.read()).await?)
    }

    /// Every bulletin here, by slug.
    pub async fn bulletins(&self) -> Result<Vec<Bulletin>> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY slug"));
        let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(self.read()).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.with_parts(row.try_into()?).await?);
        }
        Ok(out)
    }

    async fn with_parts(&self, mut bulletin: Bulletin) -> Result<Bulletin> {
        let sections: Vec<(Uuid, String, String)> =
            sqlx::query_as("SELECT id, heading, event_rule FROM section WHERE bulletin_id = $1 ORDER BY position")
                .bind(bulletin.id.0)
                .fetch_all(self.read())
                .await?;
        for (id, heading, events) in sections {
            bulletin.sections.push(Section { id: id.into(), heading, events: rule("section", id, &events)? });
        }
        let segments: Vec<(Uuid, String, String, String)> =
            sqlx::query_as("SELECT id, name, people_rule, event_rule FROM segment WHERE bulletin_id = $1 ORDER BY name")
                .bind(bulletin.id.0)
                .fetch_all(self.read())
                .await?;
        for (id, name, people, events) in segments {
            let segment = Segment { id: id.into(), name, people: rule("segment", id, &people)?, events: rule("segment", id, &events)? };
            bulletin.segments.push(segment);
        }
        Ok(bulletin)
    }
}

async fn put_row(db: &mut SqliteConnection, b: &Bulletin, now: DateTime<Utc>) -> Result<BulletinId> {
    let found: Option<Uuid> = sqlx::query_scalar(
        "INSERT INTO bulletin (id, organisation_id, slug, name, strapline, from_name, from_address, reply_to, colour, schedule, zone,
             window_minutes, approval, min_items, max_items, horizon_days, uncertain_policy, most_per_section, most_in_all, brief_above, picks_anyway, alerts,
             created_at, send_despite)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
         ON CONFLICT (slug) DO UPDATE SET name = excluded.name, strapline = excluded.strapline, from_name = excluded.from_name,
             from_address = excluded.from_address, reply_to = excluded.reply_to, colour = excluded.colour, schedule = excluded.schedule,
             zone = excluded.zone, window_minutes = excluded.window_minutes, approval = excluded.approval, min_items = excluded.min_items,
             max_items = excluded.max_items, horizon_days = excluded.horizon_days, uncertain_policy = excluded.uncertain_policy,
             most_per_section = excluded.most_per_section, most_in_all = excluded.most_in_all, brief_above = excluded.brief_above,
             picks_anyway = excluded.picks_anyway, alerts = excluded.alerts,
             send_despite = excluded.send_despite
         WHERE bulletin.organisation_id = excluded.organisation_id
         RETURNING id",
    )
    .bind(b.id.0)
    .bind(b.organisation_id.0)
    .bind(b.slug.as_str())
    .bind(&b.name)
    .bind(&b.strapline)
    .bind(&b.from_name)
    .bind(b.from_address.as_str())
    .bind(b.reply_to.as_ref().map(EmailAddress::as_str))
    .bind(&b.colour)
    .bind(&b.schedule)
    .bind(b.zone.name())
    .bind(i64::from(b.window_minutes))
    .bind(b.approval.as_str())
    .bind(i64::from(b.min_items))
    .bind(i64::from(b.max_items))
    .bind(i64::from(b.horizon_days))
    .bind(b.uncertain_policy.as_str())
    .bind(i64::from(b.measure.per_section))
    .bind(i64::from(b.measure.in_all))
    .bind(i64::from(b.measure.brief_above))
    .bind(b.measure.picks_anyway)
    .bind(b.measure.alerts)
    .bind(now)
    .bind(b.send_despite.join(" "))
    .fetch_optional(db)
    .await?;
    found.map(Into::into).ok_or_else(|| StoreError::Refused(format!("another organisation has a bulletin `{}`", b.slug)))
}

async fn put_sections(db: &mut SqliteConnection, id: BulletinId, sections: &[Section]) -> Result<()> {
    for (position, section) in (0_i64..).zip(sections) {
        sqlx::query(
            "INSERT INTO section (id, bulletin_id, position, heading, event_rule) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (bulletin_id, position) DO UPDATE SET heading = excluded.heading, event_rule = excluded.event_rule",
        )
        .bind(new_id::<Uuid>())
        .bind(id.0)
        .bind(position)
        .bind(&section.heading)
        .bind(json(&section.events)?)
        .execute(&mut *db)
        .await?;
    }
    let count = i64::try_from(sections.len()).unwrap_or(i64::MAX);
    sqlx::query("DELETE FROM section WHERE bulletin_id = $1 AND position >= $2").bind(id.0).bind(count).execute(db).await?;
    Ok(())
}

async fn put_segments(db: &mut SqliteConnection, id: BulletinId, segments: &[Segment]) -> Result<()> {
    let there: Vec<String> = sqlx::query_scalar("SELECT name FROM segment WHERE bulletin_id = $1").bind(id.0).fetch_all(&mut *db).await?;
    for gone in there.iter().filter(|name| !segments.iter().any(|s| s.name == **name)) {
        sqlx::query("DELETE FROM segment WHERE bulletin_id = $1 AND name = $2").bind(id.0).bind(gone).execute(&mut *db).await?;
    }
    for segment in segments {
        sqlx::query(
            "INSERT INTO segment (id, bulletin_id, name, people_rule, event_rule) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (bulletin_id, name) DO UPDATE SET people_rule = excluded.people_rule, event_rule = excluded.event_rule",
        )
        .bind(new_id::<Uuid>())
        .bind(id.0)
        .bind(&segment.name)
        .bind(json(&segment.people)?)
        .bind(json(&segment.events)?)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

fn json(rule: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(rule).map_err(|e| StoreError::Refused(format!("a rule cannot be written as JSON: {e}")))
}

fn rule<T: DeserializeOwned>(table: &'static str, id: Uuid, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| StoreError::bad_row(table, id, format!("a rule that cannot be read: {e}")))
}
