//! What follows from a statement that was proven: written down and done in one transaction, once.

use chrono::{DateTime, Utc};

use super::{Case, Recorded, Recorder, is_writers_own, recorded, without_person};
use crate::{
    domain::{
        BounceClass, BulletinId, ConsentAct, DeliveryId, EmailHash, FeedbackOutcome, ReportKind, SubscriberId, SubscriberState, SuppressionReason,
    },
    feedback::{
        dsn::head::addresses,
        policy::{Bounce, Effect},
    },
    store::{
        Connection, Result,
        consent::{self, NewConsent},
        feedback::{self, NewFeedback},
        feedback_alarm, subscriber, suppression,
    },
};

impl Recorder<'_> {
    /// Writes the statement down and does what follows, together.
    pub(super) async fn act(&self, case: &Case<'_>, now: DateTime<Utc>) -> Result<Recorded> {
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
            organisation: Some(case.organisation),
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
        follow(&mut tx, effect, case, hash.as_ref(), now).await?;
        tx.commit().await?;
        Ok(recorded(case.report, outcome, &why, false))
    }

    /// The outcome of an effect, in words.
    fn said(&self, effect: Effect, case: &Case<'_>, bounces: &[Bounce], now: DateTime<Utc>) -> (FeedbackOutcome, String) {
        if case.subscriber.is_none() && !matches!(effect, Effect::Alarm | Effect::ShowAPerson) {
            return (FeedbackOutcome::Noted, "the person was erased, or has another address now".to_owned());
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

/// Does what an effect asks for.
async fn follow(tx: &mut Connection, effect: Effect, case: &Case<'_>, hash: Option<&EmailHash>, now: DateTime<Utc>) -> Result<()> {
    let words = &case.report.words;
    match (effect, case.subscriber, hash) {
        (Effect::Suppress, Some(id), Some(hash)) => {
            suppression::suppress_person(tx, id, hash, SuppressionReason::Bounced, words, now).await?;
        }
        (Effect::Complain, Some(id), Some(hash)) => {
            suppression::suppress_person(tx, id, hash, SuppressionReason::Complained, words, now).await?;
        }
        (Effect::Bounced, Some(id), _) => {
            suppression::step_everywhere(tx, id, SubscriberState::Bounced, now).await?;
        }
        (Effect::Unsubscribe, Some(id), Some(hash)) => {
            for list in &case.lists {
                if subscriber::step(tx, id, *list, SubscriberState::Unsubscribed, None, now).await? {
                    let entry = withdrawal(tx, case, id, *list, hash).await?;
                    consent::append(tx, &[entry], now).await?;
                }
            }
        }
        (Effect::Alarm, ..) => {
            if let Some(class) = case.report.class {
                let domain = case.address.as_ref().map_or("", |a| a.domain());
                feedback_alarm::raise(tx, case.organisation, domain, class, &impersonal(words), now).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The entry of the ledger for one who left a list by mail.
async fn withdrawal<'c>(tx: &mut Connection, case: &'c Case<'_>, id: SubscriberId, list: BulletinId, hash: &EmailHash) -> Result<NewConsent<'c>> {
    let channel = if is_writers_own(case.report) { "mailto" } else { "feedback_loop" };
    Ok(NewConsent {
        organisation: case.organisation,
        bulletin: Some(list),
        subscriber: Some(id),
        hash: hash.clone(),
        act: ConsentAct::Withdrawn,
        basis: consent::last_basis(tx, case.organisation, hash).await?,
        channel,
        wording: "",
        note: &case.how,
        origin_hash: None,
    })
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

/// Words without addresses: an alarm belongs to nobody, so erasing a person does not reach it.
fn impersonal(words: &str) -> String {
    addresses(words).iter().fold(words.to_owned(), |text, address| text.replace(address.as_str(), "…"))
}
