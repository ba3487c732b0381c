//! How a source is doing after a look: asks the store what is usual, lets `health` judge, and says what to write down.
//!
//! Writes nothing itself and withdraws nothing (invariant 1).

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Collector,
    read::{Reads, Trouble},
};
use crate::{
    collect::{
        fetch::{FetchError, Forbidden},
        health::{self, Fault, Habit, READS, Signs, Standing},
        mailbox::MailboxError,
    },
    domain::{AlarmKind, Checkup, Health, ListingId, SourceKind, Symptom, Yields},
    store::{Result, source::Source},
};

/// Looks with news that a habit is told from.
const NEWS: i64 = 11;

/// What kind of failure it was.
pub(super) fn fault(trouble: &Trouble) -> Fault {
    match trouble {
        Trouble::Fetch(FetchError::Status { status, .. }) => Fault::Status(status.as_u16()),
        Trouble::Fetch(FetchError::Connect(words) | FetchError::Broken(words)) if words.contains("certificate") => Fault::Certificate,
        // A robots.txt that cannot be asked for counts as no, but what is wrong is the way there.
        Trouble::Fetch(FetchError::Forbidden(Forbidden::Unreachable { why, .. })) if why.contains("certificate") => Fault::Certificate,
        Trouble::Fetch(FetchError::Forbidden(Forbidden::Disallowed { .. })) => Fault::Robots,
        Trouble::Mailbox(MailboxError::Connect { .. } | MailboxError::TimedOut { .. } | MailboxError::Broken { .. }) => Fault::Unreachable,
        Trouble::Fetch(FetchError::Refused(_) | FetchError::TooLarge(_)) | Trouble::BadAddress(_) => Fault::Refused,
        Trouble::Imap(_) | Trouble::Mailbox(_) => Fault::Account,
        Trouble::Fetch(FetchError::TooManyRedirects(_) | FetchError::BadRedirect(_)) | Trouble::Extract(_) | Trouble::Store(_) | Trouble::Inside => {
            Fault::Unreadable
        }
        Trouble::Fetch(_) => Fault::Unreachable,
    }
}

/// After a look that failed. A server that answers at all contradicts trouble with its certificate.
pub(super) fn after_failure(source: &Source, trouble: &Trouble) -> Checkup {
    let fault = fault(trouble);
    let closes = if matches!(fault, Fault::Status(_)) { vec![AlarmKind::Certificate] } else { Vec::new() };
    Checkup { symptoms: fault.symptom(source.failures + 1, &trouble.to_string()).into_iter().collect(), closes, ..Checkup::default() }
}

impl Collector<'_> {
    /// After an answer that is as it was. Its quiet is judged once a day.
    pub(super) async fn after_unchanged(&self, source: &Source, now: DateTime<Utc>) -> Result<Checkup> {
        let mut checkup = Checkup { closes: AlarmKind::ALL.iter().copied().filter(|k| k.is_about_access()).collect(), ..Checkup::default() };
        if source.last_ok_at.is_none_or(|last| last.date_naive() != now.date_naive()) {
            checkup.symptoms = health::quiet(&self.habit(source, false, now).await?, now);
        }
        if source.health == Health::Suspect {
            // It is as odd as it was: one look more that shows it.
            let open = self.store.open_alarms_of(source.id).await?;
            checkup.symptoms.extend(open.into_iter().filter(|a| a.kind.is_suspect()).map(|a| Symptom::new(a.kind, a.words)));
            checkup.closes.retain(|k| !checkup.symptoms.iter().any(|s| s.kind == *k));
        } else if source.health == Health::Ok {
            checkup.absent = self.store.absent_already(source.id, now).await?;
        }
        Ok(checkup)
    }

    /// What a read shows by itself, before anything of it is stored.
    pub(super) async fn after_read(&self, source: &Source, reads: &Reads, now: DateTime<Utc>) -> Result<Checkup> {
        let yields = Yields::of(reads.seen.iter().map(|s| &s.candidate));
        // Read at its new address it is no longer redirected, but the operator still holds the old one.
        let believed = Some(source.reads_at()).filter(|at| *at != source.url).map(str::to_owned);
        let signs = Signs { moved_to: reads.signs.moved_to.clone().or(believed), ..reads.signs.clone() };
        let mut symptoms = if source.kind == SourceKind::Mailbox {
            // Every look finds the letters that came since: their number is nobody's habit.
            Vec::new()
        } else {
            let usual = health::usual(&self.store.usual_reads(source.id, READS).await?);
            health::judge(&yields, usual.as_ref(), &signs)
        };
        let mut usual_since = None;
        if symptoms.iter().any(|s| s.kind == AlarmKind::Shorter) {
            let open = self.store.open_alarms_of(source.id).await?;
            let open: Vec<Standing> = open.into_iter().map(|a| Standing { kind: a.kind, opened_at: a.opened_at, looks: a.looks }).collect();
            usual_since = health::has_become_usual(&symptoms, &open, now);
        }
        if usual_since.is_some() {
            symptoms.retain(|s| s.kind != AlarmKind::Shorter);
        }
        if reads.signs.changed_way.is_some() {
            usual_since = Some(now);
        }
        let teaches = yields.listings > 0 && symptoms.iter().all(|s| !s.kind.is_suspect());
        Ok(Checkup { yields: Some(yields), teaches, symptoms, usual_since, ..Checkup::default() })
    }

    /// What only shows once a read is stored: quiet, absences, and which alarms it contradicts.
    pub(super) async fn after_placing(&self, checkup: &mut Checkup, source: &Source, signs: &Signs, news: bool, now: DateTime<Utc>) -> Result<()> {
        let is_suspect = checkup.suspicion().is_some();
        if !is_suspect {
            checkup.symptoms.extend(health::quiet(&self.habit(source, news, now).await?, now));
            if !signs.partial && !matches!(source.kind, SourceKind::Feed | SourceKind::Mailbox) {
                checkup.absent = self.absent(source, now).await?;
            }
        }
        let found = checkup.yields.as_ref().is_some_and(|y| y.listings > 0);
        // A suspect read contradicts only that there is no way in, or nothing there.
        let contradicts = |kind: AlarmKind| !is_suspect || (found && (kind.is_about_access() || kind == AlarmKind::Empty));
        // That another way is in use stays true: it is over once it was told.
        let ends = |kind: AlarmKind| kind != AlarmKind::Fallback && !checkup.shows(kind) && contradicts(kind);
        checkup.closes = AlarmKind::ALL.iter().copied().filter(|k| ends(*k)).collect();
        Ok(())
    }

    async fn habit(&self, source: &Source, news: bool, now: DateTime<Utc>) -> Result<Habit> {
        let mut all = self.store.news_of(source.id, NEWS).await?;
        if news {
            all.insert(0, now);
        }
        let (last_end, undated) = self.store.last_end_of(source.id).await?;
        Ok(Habit { news: all, last_end, undated })
    }

    async fn absent(&self, source: &Source, now: DateTime<Utc>) -> Result<Vec<ListingId>> {
        let until = now.checked_add_signed(TimeDelta::days(self.horizon_days)).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let ahead = self.store.listed_ahead(source.id, now, until).await?;
        Ok(health::absence::absent(&ahead, now))
    }
}
