//! What comes back is read: by the daemon at its interval, by the command when it is called. Editors are written to when somebody refuses
//! our mail because of us.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use anyhow::{Context, bail};

use super::{App, Clock};
use crate::{
    collect::mailbox::Dial,
    domain::{BounceClass, OrganisationId},
    feedback::{
        inbox::{self, ReadReport},
        record::Recorder,
    },
    mail::{self, Verp},
    store::feedback_alarm::Refusal,
    telemetry::names,
};

/// Refusals named in one mail at most.
const MOST_NAMED: usize = 20;

impl App {
    /// Readers of the return paths of this installation.
    #[must_use]
    pub fn return_paths(&self) -> Vec<Verp> {
        self.config
            .mail
            .return_path
            .iter()
            .chain(&self.config.feedback.former_return_paths)
            .map(|base| Verp::new(self.secret.return_path_key(), base))
            .collect()
    }

    /// What recording works with.
    #[must_use]
    pub fn recorder<'a>(&'a self, return_paths: &'a [Verp]) -> Recorder<'a> {
        let settings = &self.config.feedback;
        Recorder { store: &self.store, secret: &self.secret, return_paths, policy: settings.policy, believes_senders: settings.believes_senders }
    }

    /// Whether a mailbox is configured.
    #[must_use]
    pub fn has_returned_mail(&self) -> bool {
        self.config.feedback.mailbox.is_some() || self.config.feedback.maildir.is_some()
    }

    /// Counts what servers refused at hand-over, as if it had come back.
    pub async fn count_refusals(&self) -> anyhow::Result<ReadReport> {
        let mut report = ReadReport::default();
        let recorded = self.recorder(&[]).refusals(self.now()).await?;
        if !recorded.is_empty() {
            report.add(&recorded);
            self.after_reading(&report).await?;
        }
        Ok(report)
    }

    /// Reads the configured mailbox or Maildir.
    pub async fn read_returned(&self) -> anyhow::Result<ReadReport> {
        let paths = self.return_paths();
        let recorder = self.recorder(&paths);
        let report = match (&self.config.feedback.mailbox, &self.config.feedback.maildir) {
            (Some(account), _) => {
                if account.password.is_none() && account.password_file.is_none() {
                    bail!("no password is configured for {}; set feedback.mailbox.password_file", account.address);
                }
                let fetch = &self.config.fetch;
                let dial = Dial { guard: fetch.guard.clone(), connect_timeout: fetch.connect_timeout, command_timeout: fetch.total_timeout };
                inbox::read_imap(&recorder, account, &dial, self.now()).await?
            }
            // As the outbox: relative to the data directory.
            (None, Some(path)) => inbox::read_folder(&recorder, &self.data.join(path), self.now()).await?,
            (None, None) => {
                bail!("no mailbox of returned mail is configured; set feedback.mailbox or feedback.maildir, or name one with --maildir or --file")
            }
        };
        self.after_reading(&report).await?;
        Ok(report)
    }

    /// Reads a Maildir, a directory or a file that somebody names.
    pub async fn read_returned_at(&self, path: &Path) -> anyhow::Result<ReadReport> {
        let paths = self.return_paths();
        let report = inbox::read_folder(&self.recorder(&paths), path, self.now()).await?;
        self.after_reading(&report).await?;
        Ok(report)
    }

    /// Reads one message, as a mail server pipes it in.
    pub async fn read_returned_message(&self, message: Vec<u8>) -> anyhow::Result<ReadReport> {
        let paths = self.return_paths();
        let mut report = ReadReport::default();
        report.add(&self.recorder(&paths).message(message, self.now()).await?);
        self.after_reading(&report).await?;
        Ok(report)
    }

    /// Counts, lets go of what is old, and tells the editors.
    async fn after_reading(&self, report: &ReadReport) -> anyhow::Result<()> {
        for (outcome, n) in &report.outcomes {
            metrics::counter!(names::FEEDBACK, "outcome" => outcome.as_str()).increment(*n as u64);
        }
        self.store.prune_feedback(self.now()).await?;
        self.store.close_quiet_refusals(self.now()).await?;
        self.tell_of_refusals().await
    }

    /// Writes to owners and editors about refusals that they have not heard of. One that cannot be sent is tried with the next look.
    async fn tell_of_refusals(&self) -> anyhow::Result<()> {
        let mut untold: BTreeMap<OrganisationId, Vec<Refusal>> = BTreeMap::new();
        for refusal in self.store.refusals().await?.into_iter().filter(|r| r.told_at.is_none()) {
            tracing::error!(domain = %refusal.domain, class = %refusal.class, words = %refusal.words, "mail is refused because of us");
            untold.entry(refusal.organisation_id).or_default().push(refusal);
        }
        for (organisation, refusals) in untold {
            if self.write_to_editors(organisation, &refusals).await? {
                self.store.refusals_told(&refusals, self.now()).await?;
            }
        }
        Ok(())
    }

    /// Whether anybody got it, or there is nobody to write to.
    async fn write_to_editors(&self, organisation: OrganisationId, refusals: &[Refusal]) -> anyhow::Result<bool> {
        let (bulletins, sender) = (self.store.bulletins().await?, self.store.organisation(organisation).await?);
        let Some(bulletin) = bulletins.iter().find(|b| b.organisation_id == organisation) else { return Ok(true) };
        let (mut written, mut taken) = (false, false);
        for to in self.store.editors().await?.into_iter().filter(|e| e.organisation == organisation) {
            written = true;
            let note = mail::Note {
                from: mail::Mailbox::new(&sender.name, &bulletin.from_address)?,
                to: mail::Mailbox::new("", &to.email)?,
                subject: mail::HeaderText::new(&subject(refusals)),
                text: text(refusals),
                html: None,
            };
            let mut message = mail::note(&note, &format!("refused.{}", uuid::Uuid::now_v7()), Clock::System.now())?;
            if let Some(dkim) = self.dkim()? {
                message.bytes =
                    dkim.sign(&message.bytes, Clock::System.now()).map_err(|e| anyhow::anyhow!("the mail to editors cannot be signed: {e}"))?;
            }
            let handed = self.transport().send_one(&message).await.context("the mail to editors was not sent");
            match handed.map(mail::Handed::taken) {
                Ok(Ok(_)) => taken = true,
                Ok(Err(said)) => tracing::warn!(to = %to.email.masked(), %said, "an editor was not told of refused mail"),
                Err(e) => tracing::warn!(to = %to.email.masked(), error = %e, "an editor was not told of refused mail"),
            }
        }
        Ok(taken || !written)
    }
}

fn subject(refusals: &[Refusal]) -> String {
    match refusals {
        [one] => format!("{} refuses our mail", one.domain),
        more => format!("{} domains refuse our mail", more.len()),
    }
}

fn text(refusals: &[Refusal]) -> String {
    let mut out =
        "Mail to readers is refused for a reason that concerns the sender, not the readers. No reader was taken off a list for it.\n".to_owned();
    for r in refusals.iter().take(MOST_NAMED) {
        let what = if r.class == BounceClass::Content.as_str() { "what the mail holds" } else { "our address, reputation or authentication" };
        let _ = writeln!(out, "\n{}: {} (because of {what})\n  {}", r.domain, plural(r.reports), r.words);
    }
    if refusals.len() > MOST_NAMED {
        let _ = writeln!(out, "\nand {} more.", refusals.len() - MOST_NAMED);
    }
    out + "\nWhat to do: docs/FEEDBACK.md, \"When we are refused\". All of it: gleaner feedback list\n"
}

fn plural(n: i64) -> String {
    if n == 1 { "1 report".to_owned() } else { format!("{n} reports") }
}
