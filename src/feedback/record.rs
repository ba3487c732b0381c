//! What a report proves, and what follows from it: one transaction for each statement, in which it is written down and acted on once.
//!
//! A report is believed only by a clue that was signed here (return path, Message-ID, unsubscribe token) and only about the person whose
//! mail it was. Whatever else arrives is written down for a person and changes nothing. Readers never pay for what is about us.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Secret,
    dsn::{MOST_WORDS, words},
    links,
    links::Purpose,
    policy::Policy,
    report,
};
use crate::{
    domain::{
        BounceClass, BulletinId, Clues, DeliveryId, EmailAddress, FeedbackOutcome, OrganisationId, Report, ReportKind, SubscriberId,
        text::single_line,
    },
    mail::Verp,
    store::{
        Result, Store,
        feedback::{self, Known, NewFeedback},
    },
};

mod follow;

/// Reports older than this speak of the moment they arrive.
const OLDEST: TimeDelta = TimeDelta::days(400);

/// Refusals at hand-over are counted when they are not older, and so many at a time.
const REFUSED_WITHIN: TimeDelta = TimeDelta::days(30);
const MOST_REFUSALS: u32 = 10_000;

/// What recording works with.
pub struct Recorder<'a> {
    pub store: &'a Store,
    pub secret: &'a Secret,
    /// Readers of the return paths of this installation.
    pub return_paths: &'a [Verp],
    pub policy: Policy,
    /// Whether a wish to leave counts that proves itself by its sender's address alone.
    pub believes_senders: bool,
}

/// What became of one statement.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Recorded {
    pub kind: ReportKind,
    pub class: Option<BounceClass>,
    pub outcome: FeedbackOutcome,
    pub why: String,
    /// It was written down before: nothing was done.
    pub repeated: bool,
}

/// Whom a report proves to be about.
enum Proof {
    /// One of our mails.
    Mail(Known),
    /// A person on a list, by a link of ours or by their own address.
    Person { organisation: OrganisationId, subscriber: SubscriberId, lists: Vec<BulletinId>, how: &'static str },
    /// Nobody, and why.
    Nobody(String),
}

/// The sides of a statement that is being written down.
struct Case<'r> {
    report: &'r Report,
    organisation: OrganisationId,
    delivery: Option<DeliveryId>,
    subscriber: Option<SubscriberId>,
    /// Lists that a wish to leave means.
    lists: Vec<BulletinId>,
    /// Of the person, or of whom the report names.
    address: Option<EmailAddress>,
    digest: String,
    how: Cow<'static, str>,
    at: DateTime<Utc>,
}

impl Recorder<'_> {
    /// Reads a message and records what it says. Read again, it changes nothing.
    pub async fn message(&self, message: Vec<u8>, now: DateTime<Utc>) -> Result<Vec<Recorded>> {
        let digest = blake3::hash(&message).to_hex().to_string();
        let reports = tokio::task::spawn_blocking(move || report::read(&message)).await.unwrap_or_else(|_| vec![unreadable()]);
        let mut out = Vec::with_capacity(reports.len());
        for (n, report) in reports.iter().enumerate() {
            out.push(self.report(report, &format!("{digest}.{n}"), now).await?);
        }
        Ok(out)
    }

    /// Counts what servers refused as it was handed over, as if it had come back: one policy for both. Counted once.
    pub async fn refusals(&self, now: DateTime<Utc>) -> Result<Vec<Recorded>> {
        let mut out = Vec::new();
        for (delivery, said) in self.store.refusals_to_count(now - REFUSED_WITHIN, MOST_REFUSALS).await? {
            out.extend(self.refused(delivery, &said, now).await?);
        }
        Ok(out)
    }

    /// Records what a server said when it refused a mail for good. `None` when the delivery is not known.
    async fn refused(&self, delivery: DeliveryId, said: &str, now: DateTime<Utc>) -> Result<Option<Recorded>> {
        let Some(known) = self.store.delivery_by_id(delivery).await? else { return Ok(None) };
        let status = words::status_in(said);
        let report = Report {
            kind: ReportKind::Bounce,
            class: Some(words::class_of(status, said)),
            status,
            words: single_line(said, MOST_WORDS),
            by: String::new(),
            at: Some(now),
            clues: Clues { recipients: EmailAddress::parse(&known.email).into_iter().collect(), ..Clues::default() },
        };
        let case = self.about_a_mail(&report, known, "", now).await?;
        self.act(&case, now).await.map(Some)
    }

    async fn report(&self, report: &Report, message: &str, now: DateTime<Utc>) -> Result<Recorded> {
        let at = report.at.filter(|at| *at <= now && *at > now - OLDEST).unwrap_or(now);
        let case = match self.proof(report, now).await? {
            Proof::Mail(known) => self.about_a_mail(report, known, message, at).await?,
            Proof::Person { organisation, subscriber, lists, how } => Case {
                report,
                organisation,
                delivery: None,
                subscriber: Some(subscriber),
                lists,
                address: self.store.subscriber(subscriber).await?.map(|s| s.email),
                digest: message.to_owned(),
                how: how.into(),
                at,
            },
            Proof::Nobody(why) => return self.unproven(report, message, &why, at, now).await,
        };
        if let Some(other) = stranger(report, &case) {
            let why = format!("it speaks of {other}, and the mail went to somebody else: forwarded, or made up");
            return self.unproven(report, message, &why, at, now).await;
        }
        self.act(&case, now).await
    }

    async fn about_a_mail<'r>(&self, report: &'r Report, known: Known, message: &str, at: DateTime<Utc>) -> Result<Case<'r>> {
        // One mail can be refused, delayed and complained of once each, however often the report arrives.
        let said_once =
            matches!(report.kind, ReportKind::Bounce | ReportKind::Delayed | ReportKind::Delivered | ReportKind::Complaint | ReportKind::NotSpam);
        let class = report.class.map_or("", BounceClass::as_str);
        let digest = if said_once { format!("{}.{}.{class}", known.delivery, report.kind) } else { message.to_owned() };
        let address = EmailAddress::parse(&known.email).ok();
        let mut subscriber = known.subscriber();
        if let Some(id) = subscriber {
            // Who has another address now is not gone because the old one is.
            let now = self.store.subscriber(id).await?.map(|s| s.email.key());
            subscriber = subscriber.filter(|_| now == address.as_ref().map(EmailAddress::key));
        }
        Ok(Case {
            report,
            organisation: known.organisation,
            delivery: Some(known.delivery),
            subscriber,
            lists: vec![known.bulletin],
            address,
            digest,
            how: "by the mail that it is about".into(),
            at,
        })
    }

    /// Looks for a clue that we signed, the surest first.
    async fn proof(&self, report: &Report, now: DateTime<Utc>) -> Result<Proof> {
        let clues = &report.clues;
        let named = clues.sent_to.iter().find_map(|address| self.return_paths.iter().find_map(|path| path.read(address)));
        if let Some(id) = named {
            let known = self.store.delivery_by_id(id).await?;
            return Ok(known.map_or_else(|| Proof::Nobody("the mail that its return path names is no longer known here".into()), Proof::Mail));
        }
        for id in &clues.message_ids {
            if let Some(known) = self.store.delivery_by_message_id(id).await? {
                return Ok(Proof::Mail(known));
            }
        }
        for token in &clues.tokens {
            let Ok(claim) = links::verify(self.secret, Purpose::Unsubscribe, token, now) else { continue };
            if let Some(person) = self.store.subscriber(claim.subscriber).await? {
                let (organisation, how) = (person.organisation_id, "by the token of its unsubscribe link");
                return Ok(Proof::Person { organisation, subscriber: person.id, lists: vec![claim.bulletin], how });
            }
        }
        match (&clues.from, report.kind) {
            (Some(from), ReportKind::Unsubscribe) if self.believes_senders => self.by_sender(from, clues).await,
            _ => Ok(Proof::Nobody(unknown(clues).into())),
        }
    }

    /// A wish that names itself by its sender alone: the lists that were written to, or all of the person's.
    async fn by_sender(&self, from: &EmailAddress, clues: &Clues) -> Result<Proof> {
        let lists = self.store.lists_of_address(&from.key()).await?;
        let Some((subscriber, organisation, _)) = lists.first().copied() else {
            return Ok(Proof::Nobody("its sender is on no list here".into()));
        };
        let own: Vec<BulletinId> = lists.iter().filter(|(s, ..)| *s == subscriber).map(|(.., list)| *list).collect();
        let mut meant = Vec::new();
        for bulletin in self.store.bulletins().await?.iter().filter(|b| own.contains(&b.id)) {
            let addresses = std::iter::once(&bulletin.from_address).chain(&bulletin.reply_to);
            if addresses.into_iter().any(|a| clues.sent_to.iter().any(|to| to.eq_ignore_ascii_case(a.as_str()))) {
                meant.push(bulletin.id);
            }
        }
        let lists = if meant.is_empty() { own } else { meant };
        Ok(Proof::Person { organisation, subscriber, lists, how: "by its sender's address alone" })
    }

    async fn unproven(&self, report: &Report, message: &str, why: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Recorded> {
        let hash = report.clues.recipients.first().map(|a| self.secret.email_hash(a));
        let nameless = without_person(report);
        let kept = match &hash {
            Some(hash) if self.store.is_erased(hash).await? => &nameless,
            _ => report,
        };
        // An answer of a machine to nothing that we know is nobody's work.
        let outcome = if report.kind == ReportKind::AutoReply { FeedbackOutcome::Noted } else { FeedbackOutcome::Unproven };
        let new = NewFeedback {
            digest: message,
            organisation: None,
            delivery: None,
            subscriber: None,
            report: kept,
            hash: hash.as_ref(),
            outcome,
            why,
            happened_at: at,
        };
        let mut tx = self.store.begin().await?;
        let is_new = feedback::add(&mut tx, &new, now).await?;
        tx.commit().await?;
        Ok(recorded(report, outcome, why, !is_new))
    }
}

/// The address that a report speaks of, when the mail went to another one. Forwarded mail comes back like this, and forged reports do.
fn stranger(report: &Report, case: &Case<'_>) -> Option<EmailAddress> {
    let speaks =
        matches!(report.kind, ReportKind::Bounce | ReportKind::Delayed | ReportKind::Delivered | ReportKind::Complaint | ReportKind::NotSpam);
    let named = &report.clues.recipients;
    // A wish names its writer, who may write from elsewhere; a provider's "opt-out" names its reader.
    let for_another = report.kind == ReportKind::Unsubscribe && !is_writers_own(report);
    let address = case.address.as_ref().filter(|_| speaks || for_another)?;
    if named.iter().any(|a| a.key() == address.key()) { None } else { named.first().cloned() }
}

/// Whether a wish to leave is its writer's, and not what a provider says for its user.
fn is_writers_own(report: &Report) -> bool {
    report.clues.from.is_some() && report.clues.from.as_ref() == report.clues.recipients.first()
}

/// Why nothing is known of it.
fn unknown(clues: &Clues) -> &'static str {
    if clues.message_ids.is_empty() { "it names no mail" } else { "it names a mail that was not sent from here" }
}

fn recorded(report: &Report, outcome: FeedbackOutcome, why: &str, repeated: bool) -> Recorded {
    Recorded { kind: report.kind, class: report.class, outcome, why: single_line(why, 300), repeated }
}

/// A report without what tells whom it is about: of one who was erased nothing is kept again.
fn without_person(report: &Report) -> Report {
    Report { words: String::new(), clues: Clues::default(), ..report.clone() }
}

/// Stands for a message that could not be read at all.
fn unreadable() -> Report {
    let words = "reading it failed inside Gleaner; please report it".to_owned();
    Report { kind: ReportKind::Other, class: None, status: None, words, by: String::new(), at: None, clues: Clues::default() }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
