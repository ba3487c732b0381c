//! Mailboxes in a pass: new messages are read in batches, what they say is stored and placed, and only then are they remembered and marked.
//!
//! Killed anywhere, the next pass reads the batch again and finds the same listings. A message that cannot be read does not hide the others.

use std::{collections::HashSet, path::PathBuf};

use chrono::{DateTime, Utc};

use super::{
    Collector, Report, failed, place as put_in_place,
    read::{Answer, Trouble},
    sightings::seen_in_mail,
};
use crate::{
    collect::{
        extract,
        health::Signs,
        mailbox::{self, BATCH, BadImapAddress, Dial, Folder, ImapAddress, MailboxError, Server},
        place::Placer,
    },
    domain::{Checkup, Document, RawEvent, Reading, SourceKind},
    store::{
        StoreError,
        listing::Seen,
        mailbox::ReadMessage,
        source::{Look, Source},
    },
};

/// Batches of one mailbox in one pass; the rest waits for the next.
const MOST_BATCHES: usize = 50;

/// Where a mailbox is.
pub(super) enum Place {
    Here(PathBuf),
    Imap(ImapAddress),
}

/// The place a source's address names, when it is a mailbox.
pub(super) fn place(address: &str) -> Option<Result<Place, BadImapAddress>> {
    let imap = ImapAddress::parse(address).map(|a| a.map(Place::Imap));
    imap.or_else(|| mailbox::local_path(address).map(|path| Ok(Place::Here(path))))
}

/// A mailbox that is being read, with the batch that was read last.
pub(super) struct Inbox {
    post: Post,
    /// Names of messages that are stored.
    known: HashSet<String>,
    reading: Reading,
    links: super::links::Budget,
    batch: Batch,
}

enum Post {
    Here(Folder),
    /// With the account's address.
    Imap(ImapAddress, Box<Server>),
}

/// Messages that are stored together.
#[derive(Default)]
struct Batch {
    messages: Vec<Message>,
    bytes: usize,
    notes: Vec<String>,
    /// Why reading broke off.
    broken: Option<MailboxError>,
}

impl Batch {
    /// Nothing to store, remember or mark.
    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.broken.is_none() && self.notes.is_empty()
    }
}

/// A message, as it is remembered, with what it says.
struct Message {
    read: ReadMessage,
    seen: Vec<Seen>,
}

impl Collector<'_> {
    /// Opens a mailbox and reads its first new messages.
    pub(super) async fn open_mail(&self, source: &Source, place: Place, reading: Reading) -> Result<Answer, Trouble> {
        let known = self.store.messages_read(source.id).await?;
        let post = match place {
            Place::Here(path) => {
                let opened = tokio::task::spawn_blocking(move || Folder::open(&path, &known).map(|folder| (folder, known)));
                let (folder, known) = opened.await.map_err(|_| Trouble::Inside)??;
                return self.first_batch(Post::Here(folder), known, reading).await;
            }
            Place::Imap(address) => {
                let server = self.open_server(source, &address).await?;
                if server.is_read() && self.store.messages_to_mark(source.id).await?.is_empty() {
                    server.imap.close().await;
                    return Ok(Answer::Unchanged);
                }
                Post::Imap(address, Box::new(server))
            }
        };
        self.first_batch(post, known, reading).await
    }

    async fn first_batch(&self, post: Post, known: HashSet<String>, reading: Reading) -> Result<Answer, Trouble> {
        let here = matches!(post, Post::Here(_));
        let mut inbox = Inbox { post, known, reading, links: super::links::Budget::default(), batch: Batch::default() };
        self.next_batch(&mut inbox).await?;
        if here && inbox.batch.is_empty() { Ok(Answer::Unchanged) } else { Ok(Answer::Mail(Box::new(inbox))) }
    }

    async fn open_server(&self, source: &Source, address: &ImapAddress) -> Result<Server, Trouble> {
        let account = self.accounts.of(address)?;
        let settings = self.fetcher.settings();
        let dial = Dial { guard: settings.guard.clone(), connect_timeout: settings.connect_timeout, command_timeout: settings.total_timeout };
        let before = self.store.mailbox_progress(source.id).await?;
        Ok(Server::open(address, account, &dial, before).await?)
    }

    /// Reads further messages into the inbox's batch. An empty batch: there are no more.
    async fn next_batch(&self, inbox: &mut Inbox) -> Result<(), Trouble> {
        inbox.batch = Batch::default();
        for _ in 0..BATCH {
            let next = match &mut inbox.post {
                Post::Here(folder) => {
                    let next = folder.next_message();
                    inbox.batch.notes.append(&mut folder.notes);
                    next.map(|(name, body)| (ReadMessage { name, uid: None }, body))
                }
                Post::Imap(_, server) => match server.next_message(&mut inbox.batch.notes).await {
                    Ok(next) => next,
                    Err(e) => {
                        inbox.batch.broken = Some(e);
                        None
                    }
                },
            };
            let Some((read, body)) = next else { break };
            let seen = if inbox.known.insert(read.name.clone()) { self.understood(inbox, &read.name, body).await? } else { Vec::new() };
            inbox.batch.messages.push(Message { read, seen });
        }
        Ok(())
    }

    /// What a message says. One that cannot be read says nothing and is noted.
    async fn understood(&self, inbox: &mut Inbox, name: &str, body: Vec<u8>) -> Result<Vec<Seen>, Trouble> {
        inbox.batch.bytes += body.len();
        let reading = inbox.reading;
        let parsed = tokio::task::spawn_blocking(move || {
            let document = Document { url: None, content_type: Some("message/rfc822".into()), body };
            extract::extract(&document, &reading, SourceKind::Mailbox, None)
        });
        let short = name.get(..12).unwrap_or(name);
        let mut events: Vec<RawEvent> = match parsed.await {
            Ok(Ok(found)) => {
                inbox.batch.notes.extend(found.notes);
                found.events
            }
            Ok(Err(e)) => {
                inbox.batch.notes.push(format!("message {short}: {e}"));
                return Ok(Vec::new());
            }
            Err(_) => {
                inbox.batch.notes.push(format!("message {short}: reading it failed inside Gleaner; please report it"));
                return Ok(Vec::new());
            }
        };
        self.follow_links(&mut events, &mut inbox.links, reading.now).await?;
        tokio::task::spawn_blocking(move || seen_in_mail(events, &reading)).await.map_err(|_| Trouble::Inside)
    }

    /// Stores and places what messages say, remembers and marks them, and goes on with the next ones.
    pub(super) async fn digest_mail(
        &self,
        placer: &Placer<'_>,
        source: &Source,
        mut inbox: Inbox,
        now: DateTime<Utc>,
        report: &mut Report,
    ) -> Result<(Look, Checkup), StoreError> {
        let mut tally = Tally::default();
        for _ in 0..MOST_BATCHES {
            let batch = std::mem::take(&mut inbox.batch);
            for message in &batch.messages {
                let sightings = self.store.see_further_listings(source.id, &message.seen, now).await?;
                let (added, changed) = put_in_place(placer, &sightings, now, report).await?;
                tally.add(sightings.len(), added, changed);
            }
            tally.bytes += batch.bytes;
            report.notes.extend(batch.notes.iter().map(|n| format!("{}: {n}", source.url)));
            self.remember(source, &mut inbox.post, &batch, now).await?;
            if let Some(broken) = batch.broken {
                // What was read stands. The source has failed all the same: it is tried again sooner or later, and an operator can see why.
                return Ok(failed(source, &Trouble::Mailbox(broken), report));
            }
            report.notes.extend(self.mark(source, &mut inbox.post).await?.map(|n| format!("{}: {n}", source.url)));
            match self.next_batch(&mut inbox).await {
                Ok(()) if inbox.batch.is_empty() => break,
                Ok(()) => {}
                Err(Trouble::Store(e)) => return Err(e),
                Err(trouble) => return Ok(failed(source, &trouble, report)),
            }
        }
        if let Post::Imap(_, server) = inbox.post {
            server.imap.close().await;
        }
        let mut checkup = Checkup::default();
        // Letters never show all there is, whatever kind the source is called.
        self.after_placing(&mut checkup, source, &Signs { partial: true, ..Signs::default() }, tally.added + tally.changed > 0, now).await?;
        Ok((tally.look(), checkup))
    }

    /// Waits for the disk: only then may messages be marked.
    async fn remember(&self, source: &Source, post: &mut Post, batch: &Batch, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut read: Vec<ReadMessage> = batch.messages.iter().map(|m| m.read.clone()).collect();
        // Two copies of one mail are one message; the later number is the one to mark.
        let mut names = HashSet::new();
        read.reverse();
        read.retain(|m| names.insert(m.name.clone()));
        let progress = match post {
            Post::Here(_) => None,
            Post::Imap(address, server) => {
                let marks = self.accounts.of(address).is_ok_and(|a| a.after != mailbox::After::Nothing);
                if !marks {
                    for message in &mut read {
                        message.uid = None;
                    }
                }
                Some(server.progress)
            }
        };
        self.store.remember_messages(source.id, &read, progress, now).await
    }

    /// Marks on the server what is stored, that of an interrupted pass as well. Trouble is a note: it is done with the next pass.
    async fn mark(&self, source: &Source, post: &mut Post) -> Result<Option<String>, StoreError> {
        let Post::Imap(address, server) = post else { return Ok(None) };
        let Ok(account) = self.accounts.of(address) else { return Ok(None) };
        let uids = self.store.messages_to_mark(source.id).await?;
        for chunk in uids.chunks(BATCH) {
            match server.imap.mark(chunk, account).await {
                Ok(None) => {}
                Ok(note) => {
                    self.store.messages_marked(source.id, chunk).await?;
                    return Ok(note);
                }
                Err(e) => return Ok(Some(format!("messages were read but not marked: {e}"))),
            }
            self.store.messages_marked(source.id, chunk).await?;
        }
        Ok(None)
    }
}

/// What a pass found in a mailbox.
#[derive(Default)]
struct Tally {
    listings: usize,
    added: usize,
    changed: usize,
    bytes: usize,
}

impl Tally {
    fn add(&mut self, listings: usize, added: usize, changed: usize) {
        self.listings += listings;
        self.added += added;
        self.changed += changed;
    }

    fn look(&self) -> Look {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        Look::Read {
            etag: None,
            last_modified: None,
            body_hash: None,
            bytes: count(self.bytes),
            listings: count(self.listings),
            added: count(self.added),
            changed: count(self.changed),
        }
    }
}
