//! The mailbox to which mail comes back, read in batches: each message is recorded, the batch remembered, and only then marked.
//!
//! Killed anywhere, the next look reads the batch again, and what was recorded is known.

use std::{collections::BTreeMap, path::Path};

use chrono::{DateTime, Utc};

use super::record::{Recorded, Recorder};
use crate::{
    collect::mailbox::{Account, After, BATCH, Dial, Folder, MailboxError, Server},
    domain::{FeedbackOutcome, ReportKind},
    store::{StoreError, mailbox::ReadMessage},
};

/// Batches in one look; the rest waits for the next.
const MOST_BATCHES: usize = 50;

/// What a look read.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ReadReport {
    pub messages: usize,
    /// Statements that were known.
    pub repeated: usize,
    pub kinds: BTreeMap<ReportKind, usize>,
    /// Of new statements.
    pub outcomes: BTreeMap<FeedbackOutcome, usize>,
    /// What was left out, and why reading broke off.
    pub notes: Vec<String>,
}

impl ReadReport {
    /// Counts what one message said.
    pub fn add(&mut self, recorded: &[Recorded]) {
        self.messages += 1;
        for r in recorded {
            *self.kinds.entry(r.kind).or_default() += 1;
            if r.repeated {
                self.repeated += 1;
            } else {
                *self.outcomes.entry(r.outcome).or_default() += 1;
            }
        }
    }
}

/// Why a mailbox was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("reading was interrupted inside Gleaner; please report it")]
    Inside,
}

/// Reads a Maildir, a directory of messages or a file. Nothing there is touched.
pub async fn read_folder(recorder: &Recorder<'_>, path: &Path, now: DateTime<Utc>) -> Result<ReadReport, ReadError> {
    let address = path.display().to_string();
    let known = recorder.store.feedback_messages_read(&address).await?;
    let at = path.to_owned();
    let mut folder = tokio::task::spawn_blocking(move || Folder::open(&at, &known)).await.map_err(|_| ReadError::Inside)??;
    let mut report = ReadReport::default();
    for _ in 0..MOST_BATCHES {
        let mut read = Vec::new();
        while read.len() < BATCH {
            let Some((name, body)) = folder.next_message() else { break };
            report.add(&recorder.message(body, now).await?);
            read.push(ReadMessage { name, uid: None });
        }
        report.notes.append(&mut folder.notes);
        if read.is_empty() {
            break;
        }
        recorder.store.remember_feedback(&address, &read, None, now).await?;
    }
    Ok(report)
}

/// Reads a mailbox over IMAP. What was read before it broke off stands and is remembered; the trouble is the error.
pub async fn read_imap(recorder: &Recorder<'_>, account: &Account, dial: &Dial, now: DateTime<Utc>) -> Result<ReadReport, ReadError> {
    let name = account.address.to_string();
    let mut known = recorder.store.feedback_messages_read(&name).await?;
    let before = recorder.store.feedback_progress(&name).await?;
    let mut server = Server::open(&account.address, account, dial, before).await?;
    let mut report = ReadReport::default();
    for _ in 0..MOST_BATCHES {
        let mut read: BTreeMap<String, ReadMessage> = BTreeMap::new();
        let broken = loop {
            if read.len() >= BATCH {
                break None;
            }
            match server.next_message(&mut report.notes).await {
                Ok(Some((message, body))) => {
                    if known.insert(message.name.clone()) {
                        report.add(&recorder.message(body, now).await?);
                    }
                    let uid = message.uid.filter(|_| account.after != After::Nothing);
                    read.insert(message.name.clone(), ReadMessage { uid, ..message });
                }
                Ok(None) => break None,
                Err(e) => break Some(e),
            }
        };
        let is_last = read.is_empty();
        let read: Vec<ReadMessage> = read.into_values().collect();
        recorder.store.remember_feedback(&name, &read, Some(server.progress), now).await?;
        if let Some(e) = broken {
            return Err(e.into());
        }
        mark(recorder, &mut server, account, &name, &mut report).await?;
        if is_last {
            break;
        }
    }
    server.imap.close().await;
    Ok(report)
}

/// Marks what is recorded, that of an interrupted look as well. Trouble is a note: it is done with the next look.
async fn mark(recorder: &Recorder<'_>, server: &mut Server, account: &Account, name: &str, report: &mut ReadReport) -> Result<(), ReadError> {
    for chunk in recorder.store.feedback_to_mark(name).await?.chunks(BATCH) {
        match server.imap.mark(chunk, account).await {
            Ok(note) => report.notes.extend(note),
            Err(e) => {
                report.notes.push(format!("messages were read but not marked: {e}"));
                return Ok(());
            }
        }
        recorder.store.feedback_marked(name, chunk).await?;
    }
    Ok(())
}
