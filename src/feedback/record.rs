//! What a report proves, and what follows from it: one transaction for each statement, in which it is written down and acted on once.
//!
//! A report is believed only by a clue that was signed here (return path, Message-ID, unsubscribe token) and only about the person whose
//! mail it was. Whatever else arrives is written down for a person and changes nothing. Readers never pay for what is about us.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Secret,
    dsn::{MOST_WORDS, head::addresses, words},
    links,
    links::Purpose,
    policy::{Bounce, Effect, Policy},
    report,
};
use crate::{
    domain::{
        BounceClass, BulletinId, Clues, ConsentAct, DeliveryId, EmailAddress, EmailHash, FeedbackOutcome, OrganisationId, Report, ReportKind,
        SubscriberId, SubscriberState, SuppressionReason, text::single_line,
    },
    mail::Verp,
    store::{
        Result, Store,
        consent::{self, NewConsent},
        feedback::{self, Known, NewFeedback},
        feedback_alarm, subscriber, suppression,
    },
};

/// Reports older than this speak of the moment they arrive.
const OLDEST: TimeDelta = TimeDelta::days(400);

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
    organisation: Option<OrganisationId>,
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

    /// Records what a server said when it refused a mail for good as it was handed over: it counts as a bounce that came back. `None` when the
    /// delivery is not known.
    pub async fn refused(&self, delivery: DeliveryId, said: &str, now: DateTime<Utc>) -> Result<Option<Recorded>> {
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
        let case = self.about_a_mail(&report, known, "", now);
        self.act(&case, now).await.map(Some)
    }

    async fn report(&self, report: &Report, message: &str, now: DateTime<Utc>) -> Result<Recorded> {
        let at = report.at.filter(|at| *at <= now && *at > now - OLDEST).unwrap_or(now);
        let case = match self.proof(report, now).await? {
            Proof::Mail(known) => self.about_a_mail(report, known, message, at),
            Proof::Person { organisation, subscriber, lists, how } => Case {
                report,
                organisation: Some(organisation),
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

    fn about_a_mail<'r>(&self, report: &'r Report, known: Known, message: &str, at: DateTime<Utc>) -> Case<'r> {
        // One mail can be refused, delayed and complained of once each, however often the report arrives.
        let said_once =
            matches!(report.kind, ReportKind::Bounce | ReportKind::Delayed | ReportKind::Delivered | ReportKind::Complaint | ReportKind::NotSpam);
        let class = report.class.map_or("", BounceClass::as_str);
        let digest = if said_once { format!("{}.{}.{class}", known.delivery, report.kind) } else { message.to_owned() };
        Case {
            report,
            organisation: Some(known.organisation),
            delivery: Some(known.delivery),
            subscriber: known.subscriber(),
            lists: vec![known.bulletin],
            address: EmailAddress::parse(&known.email).ok(),
            digest,
            how: "by the mail that it is about".into(),
            at,
        }
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

    /// Writes the statement down and does what follows, together.
    async fn act(&self, case: &Case<'_>, now: DateTime<Utc>) -> Result<Recorded> {
        let hash = case.address.as_ref().map(|a| self.secret.email_hash(a));
        let mut tx = self.store.begin().await?;
        let mut bounces = Vec::new();
        if let Some(id) = case.subscriber {
            bounces = once_each(feedback::bounces(&mut tx, id).await?, case);
        }
        let effect = self.policy.effect(case.report, &bounces, now);
        let (outcome, why) = self.said(effect, case, &bounces, now);
        let nameless = without_person(case.report);
        let kept = if case.subscriber.is_none() { &nameless } else { case.report };
        let new = NewFeedback {
            digest: &case.digest,
            organisation: case.organisation,
            delivery: case.delivery,
            subscriber: case.subscriber,
            report: kept,
            hash: hash.as_ref(),
            outcome,
            why: &why,
            happened_at: case.at,
        };
        if !feedback::add(&mut tx, &new, now).await? {
            return Ok(recorded(case.report, outcome, &why, true));
        }
        let words = &case.report.words;
        match (effect, case.subscriber, &hash) {
            (Effect::Suppress, Some(id), Some(hash)) => {
                suppression::suppress_person(&mut tx, id, hash, SuppressionReason::Bounced, words, now).await?;
            }
            (Effect::Complain, Some(id), Some(hash)) => {
                suppression::suppress_person(&mut tx, id, hash, SuppressionReason::Complained, words, now).await?;
            }
            (Effect::Bounced, Some(id), _) => {
                suppression::step_everywhere(&mut tx, id, SubscriberState::Bounced, now).await?;
            }
            (Effect::Unsubscribe, Some(id), Some(hash)) => {
                for list in &case.lists {
                    if subscriber::step(&mut tx, id, *list, SubscriberState::Unsubscribed, None, now).await? {
                        let entry = self.withdrawal(&mut tx, case, id, *list, hash).await?;
                        consent::append(&mut tx, &[entry], now).await?;
                    }
                }
            }
            (Effect::Alarm, ..) => {
                if let (Some(org), Some(class)) = (case.organisation, case.report.class) {
                    let domain = case.address.as_ref().map_or("", |a| a.domain());
                    feedback_alarm::raise(&mut tx, org, domain, class, &impersonal(words), now).await?;
                }
            }
            _ => {}
        }
        tx.commit().await?;
        Ok(recorded(case.report, outcome, &why, false))
    }

    async fn withdrawal<'c>(
        &self,
        tx: &mut crate::store::Connection,
        case: &'c Case<'_>,
        id: SubscriberId,
        list: BulletinId,
        hash: &EmailHash,
    ) -> Result<NewConsent<'c>> {
        let organisation = case.organisation.unwrap_or(OrganisationId(uuid::Uuid::nil()));
        let channel = if case.delivery.is_some() && case.report.clues.from.as_ref() != case.address.as_ref() { "feedback_loop" } else { "mailto" };
        Ok(NewConsent {
            organisation,
            bulletin: Some(list),
            subscriber: Some(id),
            hash: hash.clone(),
            act: ConsentAct::Withdrawn,
            basis: consent::last_basis(tx, organisation, hash).await?,
            channel,
            note: &case.how,
            origin_hash: None,
        })
    }

    /// The outcome of an effect, in words.
    fn said(&self, effect: Effect, case: &Case<'_>, bounces: &[Bounce], now: DateTime<Utc>) -> (FeedbackOutcome, String) {
        if case.subscriber.is_none() && !matches!(effect, Effect::Alarm | Effect::ShowAPerson) {
            return (FeedbackOutcome::Noted, "the person was erased".to_owned());
        }
        let score = self.policy.score(bounces, now);
        match effect {
            Effect::Suppress => (FeedbackOutcome::Suppressed, "nobody is there; the address gets nothing any more".to_owned()),
            Effect::Complain => (FeedbackOutcome::Suppressed, "the reader complained; the address gets nothing any more".to_owned()),
            Effect::Bounced => (FeedbackOutcome::Bounced, format!("soft bounces reached {score:.2} of {:.2}", self.policy.soft_score)),
            Effect::Count => (FeedbackOutcome::Counted, format!("soft bounces are at {score:.2} of {:.2}", self.policy.soft_score)),
            Effect::Alarm => (FeedbackOutcome::Alarmed, "it is about us, not about the reader".to_owned()),
            Effect::Unsubscribe => (FeedbackOutcome::Unsubscribed, format!("known {}", case.how)),
            Effect::Note => (FeedbackOutcome::Noted, String::new()),
            Effect::ShowAPerson => (FeedbackOutcome::ForAPerson, String::new()),
        }
    }
}

/// The bounces of a person, each mail once by its worst, with this statement.
fn once_each(before: Vec<(DeliveryId, BounceClass, DateTime<Utc>)>, case: &Case<'_>) -> Vec<Bounce> {
    let this = case.delivery.zip(case.report.class).filter(|_| case.report.kind == ReportKind::Bounce).map(|(id, class)| (id, class, case.at));
    let mut all: Vec<_> = before.into_iter().chain(this).collect();
    // Hard before full, full before temporary, what is about us last.
    all.sort_by_key(|(id, class, _)| (*id, *class));
    all.dedup_by_key(|(id, ..)| *id);
    all.into_iter().map(|(_, class, at)| Bounce { class, at }).collect()
}

/// The address that a report speaks of, when the mail went to another one. Forwarded mail comes back like this, and forged reports do.
fn stranger(report: &Report, case: &Case<'_>) -> Option<EmailAddress> {
    let speaks =
        matches!(report.kind, ReportKind::Bounce | ReportKind::Delayed | ReportKind::Delivered | ReportKind::Complaint | ReportKind::NotSpam);
    let named = &report.clues.recipients;
    // A wish names its writer, who may write from elsewhere; a provider's "opt-out" names its reader.
    let for_another = report.kind == ReportKind::Unsubscribe && report.clues.from.as_ref() != named.first();
    let address = case.address.as_ref().filter(|_| speaks || for_another)?;
    if named.iter().any(|a| a.key() == address.key()) { None } else { named.first().cloned() }
}

/// Why nothing is known of it.
fn unknown(clues: &Clues) -> &'static str {
    if clues.message_ids.is_empty() { "it names no mail" } else { "it names a mail that was not sent from here" }
}

fn recorded(report: &Report, outcome: FeedbackOutcome, why: &str, repeated: bool) -> Recorded {
    Recorded { kind: report.kind, class: report.class, outcome, why: single_line(why, 300), repeated }
}

/// Words without addresses: an alarm belongs to nobody, so erasing a person does not reach it.
fn impersonal(words: &str) -> String {
    addresses(words).iter().fold(words.to_owned(), |text, address| text.replace(address.as_str(), "…"))
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
