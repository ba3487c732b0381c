//! Tells owners and editors how the sources are doing: at most one digest a civil day, never lost, repeated at most as often as a process
//! dies while it hands a mail over.
//!
//! Sources belong to no organisation, so every organisation's owners and editors hear of all of them; nothing in it is about people.

use std::collections::{HashMap, hash_map::Entry};

use anyhow::Context;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{App, Clock};
use crate::{
    bulletin::digest::{self, AlarmView, Head, News, Tally},
    domain::{EmailAddress, OrganisationId, SourceId},
    mail::{self, Handed, Message},
    store::{
        bulletin::Bulletin,
        digest::{AlarmNews, DigestMail, DigestState, NewDigestMail},
        health::Alarm,
        organisation::Organisation,
        source::Source,
    },
};

/// How long handing one mail over can take before its process is taken for dead.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// Wait before the second try; doubles up to six hours.
const AGAIN: TimeDelta = TimeDelta::minutes(5);
/// Tries of one mail: three days with these waits.
const MOST_TRIES: i64 = 16;

/// Makes the digest that is due and hands over what waits. Returns how many mails the server took.
pub async fn tend(app: &App) -> anyhow::Result<usize> {
    if app.config.alarms.digest {
        make(app).await?;
    }
    deliver(app).await
}

/// Makes today's digest when it is due. Without anybody to hear of it the alarms stay untold until there is.
async fn make(app: &App) -> anyhow::Result<()> {
    let news = app.store.alarm_news().await?;
    let settings = &app.config.alarms;
    let now = app.now();
    let local = now.with_timezone(&settings.zone).naive_local();
    let tally = Tally { fresh: news.fresh.len(), over: news.over.len(), standing: news.standing.len() };
    if !digest::is_due(tally, news.last, local, settings.hour) {
        return Ok(());
    }
    let view = views(&news, &app.store.sources().await?);
    let mails = mails(app, &view, local.date()).await?;
    if mails.is_empty() {
        tracing::debug!("alarms are open and nobody is to hear of them; `gleaner user add EMAIL --role editor`");
        return Ok(());
    }
    if app.store.make_digest(local.date(), &news, &mails, Clock::System.now(), now).await? {
        tracing::info!(new = tally.fresh, over = tally.over, open = tally.standing, mails = mails.len(), "digest of alarms");
    }
    Ok(())
}

/// One mail for each owner and editor, under the name of their organisation.
async fn mails(app: &App, news: &News, day: NaiveDate) -> anyhow::Result<Vec<NewDigestMail>> {
    let mut out = Vec::new();
    let bulletins = app.store.bulletins().await?;
    let mut letters: HashMap<OrganisationId, digest::Letter> = HashMap::new();
    for to in app.store.editors().await? {
        if let Entry::Vacant(none) = letters.entry(to.organisation) {
            let organisation = app.store.organisation(to.organisation).await?;
            let colour = bulletins.iter().find(|b| b.organisation_id == to.organisation).map(|b| b.colour.as_str());
            let head = head(&organisation, colour, day, app.config.alarms.zone);
            none.insert(digest::render(news, &head, &app.templates).context("the digest of alarms cannot be written")?);
        }
        if let Some(letter) = letters.get(&to.organisation) {
            let digest::Letter { subject, text, html } = letter.clone();
            out.push(NewDigestMail { to, subject, text, html });
        }
    }
    Ok(out)
}

fn head<'a>(o: &'a Organisation, colour: Option<&'a str>, day: NaiveDate, zone: chrono_tz::Tz) -> Head<'a> {
    Head { organisation: &o.name, postal_address: &o.postal_address, contact: &o.contact, colour, day, zone }
}

/// Alarms with the names of their sources.
fn views(news: &AlarmNews, sources: &[Source]) -> News {
    let by_id: HashMap<SourceId, &Source> = sources.iter().map(|s| (s.id, s)).collect();
    let view = |a: &Alarm| by_id.get(&a.source).map(|s| alarm_view(a, s));
    let all = |alarms: &[Alarm]| alarms.iter().filter_map(view).collect();
    News { fresh: all(&news.fresh), over: all(&news.over), standing: all(&news.standing) }
}

fn alarm_view(alarm: &Alarm, source: &Source) -> AlarmView {
    let host = || url::Url::parse(&source.url).ok().and_then(|u| u.host_str().map(str::to_owned));
    AlarmView {
        source: source.provider_name.clone().or_else(host).unwrap_or_else(|| source.url.clone()),
        url: source.url.clone(),
        id: source.id.to_string(),
        kind: alarm.kind,
        words: alarm.words.clone(),
        since: alarm.opened_at,
        over: alarm.closed,
    }
}

/// Hands over what waits, one mail after the other. By the machine's clock, as deliveries are: leases are compared between processes.
async fn deliver(app: &App) -> anyhow::Result<usize> {
    let mut taken = 0;
    loop {
        let now = Clock::System.now();
        let Some(mail) = app.store.claim_digest_mail(now, now + LEASE).await? else { return Ok(taken) };
        let (state, said, due_at) = hand_over(app, &mail, now).await;
        taken += usize::from(state == DigestState::Sent);
        if state == DigestState::Failed {
            tracing::error!(to = %mail.email.masked(), %said, "a digest of alarms was not sent");
        }
        app.store.settle_digest_mail(mail.id, state, &said, due_at).await?;
    }
}

async fn hand_over(app: &App, mail: &DigestMail, now: DateTime<Utc>) -> (DigestState, String, DateTime<Utc>) {
    match app.store.is_suppressed(&app.secret.email_hash(&mail.email)).await {
        Ok(true) => return (DigestState::Skipped, "the address is suppressed".into(), now),
        Ok(false) => {}
        Err(e) => return later(mail, e.to_string(), now),
    }
    let message = match message(app, mail).await {
        Ok(message) => message,
        Err(e) => return (DigestState::Failed, format!("{e:#}"), now),
    };
    match app.transport().send_one(&message).await {
        Ok(Handed::Accepted(said)) => (DigestState::Sent, said, now),
        Ok(Handed::Refused(said)) => (DigestState::Failed, said, now),
        // Lost may have arrived: it goes again with the same Message-ID, which mail programs show once.
        Ok(Handed::Deferred(said) | Handed::Away(said) | Handed::Lost(said) | Handed::Wrong(said)) => later(mail, said, now),
        Err(e) => later(mail, e.to_string(), now),
    }
}

/// Back to the queue, or given up after [`MOST_TRIES`].
fn later(mail: &DigestMail, said: String, now: DateTime<Utc>) -> (DigestState, String, DateTime<Utc>) {
    if mail.attempts >= MOST_TRIES {
        return (DigestState::Failed, said, now);
    }
    let doubled = AGAIN * i32::try_from(1_i64 << mail.attempts.clamp(1, 10).saturating_sub(1)).unwrap_or(i32::MAX);
    (DigestState::Queued, said, now + doubled.min(TimeDelta::hours(6)))
}

async fn message(app: &App, mail: &DigestMail) -> anyhow::Result<Message> {
    let organisation = app.store.organisation(mail.organisation).await?;
    let bulletins = app.store.bulletins().await?;
    let bulletin = bulletins.iter().find(|b| b.organisation_id == mail.organisation);
    let note = mail::Note {
        from: sender(&organisation, bulletin)?,
        to: mail::Mailbox::new("", &mail.email)?,
        subject: mail::HeaderText::new(&mail.subject),
        text: mail.text.clone(),
        html: Some(mail.html.clone()),
    };
    let mut message = mail::note(&note, &format!("alarms.{}", mail.id), Clock::System.now())?;
    if let Some(dkim) = app.dkim()? {
        message.bytes = dkim.sign(&message.bytes, Clock::System.now()).map_err(|e| anyhow::anyhow!("the digest cannot be signed: {e}"))?;
    }
    Ok(message)
}

/// The address of the organisation's bulletin, which the relay and DKIM know; without a bulletin its contact.
fn sender(organisation: &Organisation, bulletin: Option<&Bulletin>) -> anyhow::Result<mail::Mailbox> {
    let contact = || EmailAddress::parse(&organisation.contact);
    let address = bulletin.map_or_else(contact, |b| Ok(b.from_address.clone())).context("the organisation's contact is no e-mail address")?;
    Ok(mail::Mailbox::new(&organisation.name, &address)?)
}
