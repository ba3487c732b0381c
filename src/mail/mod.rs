//! Ways for a message to leave: SMTP, a Maildir, or memory for tests. The only user of lettre.
//!
//! Never decides who gets what, never retries and never touches the database: it says what became of one message.

use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{RateLimit, WarmUp};

pub mod answer;
pub mod body;
pub mod deliverability;
pub mod dkim;
mod exchange;
pub mod header;
pub mod maildir;
pub mod message;
pub mod note;
pub mod smtp;
pub mod tls;
pub mod verp;
mod wire;

pub use dkim::Dkim;
pub use header::{HeaderText, Mailbox};
pub use maildir::Maildir;
pub use message::{Addressee, CannotBuild, Content, Envelope, Letterhead, Message, assemble, clipping};
pub use note::{Note, note};
pub use smtp::{Login, Security, Smtp};
pub use verp::Verp;

/// What became of one message that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// Taken; the server's words.
    Accepted(String),
    /// Not now (4xx): this message again later.
    Deferred(String),
    /// Never (5xx), or it cannot be expressed in SMTP.
    Refused(String),
    /// The server or the way to it failed before it can have the message: no attempt of the message.
    Away(String),
    /// The answer was lost after the final dot: it may have the message or not.
    Lost(String),
    /// The server takes nothing from us at all: a setting is wrong.
    Wrong(String),
}

impl Handed {
    /// The server's words: `Ok` when it took the message, `Err` whatever else became of it. For mails that nobody tries again.
    pub fn taken(self) -> Result<String, String> {
        match self {
            Self::Accepted(said) => Ok(said),
            Self::Deferred(said) | Self::Refused(said) | Self::Away(said) | Self::Lost(said) | Self::Wrong(said) => Err(said),
        }
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{said}")]
pub struct RelayError {
    /// In words that name the setting to look at.
    pub said: String,
    /// Waiting does not help: a person must change a setting.
    pub for_good: bool,
}

impl RelayError {
    pub(crate) fn away(said: String) -> Self {
        Self { said, for_good: false }
    }

    pub(crate) fn wrong(said: String) -> Self {
        Self { said, for_good: true }
    }
}

/// One of several relays.
#[derive(Debug, Clone)]
pub struct Relay {
    /// As the operator calls it; limits are counted under it.
    pub name: String,
    pub smtp: Smtp,
    /// Its share of the messages, against the others' weights.
    pub weight: u32,
    pub limits: Vec<RateLimit>,
    pub warm_up: Option<WarmUp>,
}

/// Where messages go.
#[derive(Debug, Clone)]
pub enum Transport {
    Smtp(Smtp),
    Relays(Arc<[Relay]>),
    Maildir(Maildir),
    Memory(Memory),
}

/// One way out, kept open.
#[derive(Debug)]
pub enum Connection {
    Smtp(Box<exchange::Conversation>),
    Maildir(Maildir),
    Memory(Memory),
}

impl Transport {
    /// How many messages may be under way at the same time.
    #[must_use]
    pub fn connections(&self) -> u16 {
        match self {
            Self::Smtp(smtp) => smtp.connections.max(1),
            Self::Relays(relays) => relays.iter().map(|r| r.smtp.connections.max(1)).fold(0, u16::saturating_add),
            Self::Maildir(_) => 4,
            Self::Memory(_) => 1,
        }
    }

    /// Each way out by its name.
    #[must_use]
    pub fn each(&self) -> Vec<(String, Self)> {
        match self {
            Self::Relays(relays) => relays.iter().map(|r| (format!("relay {}", r.name), Self::Smtp(r.smtp.clone()))).collect(),
            Self::Smtp(_) => vec![("smtp".to_owned(), self.clone())],
            Self::Maildir(_) => vec![("maildir".to_owned(), self.clone())],
            Self::Memory(_) => vec![("memory".to_owned(), self.clone())],
        }
    }

    /// Sends one message over a connection of its own.
    pub async fn send_one(&self, message: &Message) -> Result<Handed, RelayError> {
        let mut connection = self.connect().await?;
        let handed = connection.send(message).await;
        connection.close().await;
        Ok(handed)
    }

    /// Of several relays, to the first that can be had.
    pub async fn connect(&self) -> Result<Connection, RelayError> {
        match self {
            Self::Smtp(smtp) => Ok(Connection::Smtp(Box::new(smtp.connect().await?))),
            Self::Relays(relays) => first_of(relays).await,
            Self::Maildir(maildir) => maildir.open().map(|()| Connection::Maildir(maildir.clone())),
            Self::Memory(memory) => Ok(Connection::Memory(memory.clone())),
        }
    }
}

async fn first_of(relays: &[Relay]) -> Result<Connection, RelayError> {
    let mut last = RelayError::wrong("no relay is set; add a [[mail.relay]]".to_owned());
    for relay in relays {
        match relay.smtp.connect().await {
            Ok(connection) => return Ok(Connection::Smtp(Box::new(connection))),
            Err(e) => last = RelayError { said: format!("{}: {}", relay.name, e.said), ..e },
        }
    }
    Err(last)
}

impl Connection {
    pub async fn send(&mut self, message: &Message) -> Handed {
        match self {
            Self::Smtp(connection) => connection.send(message).await,
            Self::Maildir(maildir) => {
                let (maildir, message) = (maildir.clone(), message.clone());
                let written = tokio::task::spawn_blocking(move || maildir.deliver(&message)).await;
                written.unwrap_or_else(|e| Handed::Away(format!("writing to the outbox was interrupted: {e}")))
            }
            Self::Memory(memory) => memory.take(message),
        }
    }

    /// What is known of a message whose answer is no longer waited for; the connection is then of no use.
    #[must_use]
    pub fn given_up(&self, why: &str) -> Handed {
        match self {
            Self::Smtp(connection) => connection.given_up(why),
            // A file that was renamed after all is replaced by the next attempt: it bears the message's name.
            Self::Maildir(_) | Self::Memory(_) => Handed::Away(why.to_owned()),
        }
    }

    pub async fn close(self) {
        if let Self::Smtp(connection) = self {
            connection.quit().await;
        }
    }
}

/// Keeps messages, for tests: what was sent can be read, and what to answer can be set.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    kept: Arc<Mutex<Vec<Message>>>,
    answers: Arc<Mutex<Vec<Handed>>>,
}

impl Memory {
    /// What to say to the next messages, first to last; afterwards everything is taken.
    #[must_use]
    pub fn answering(mut answers: Vec<Handed>) -> Self {
        answers.reverse();
        Self { kept: Arc::default(), answers: Arc::new(Mutex::new(answers)) }
    }

    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(&self, message: &Message) -> Handed {
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_else(|| Handed::Accepted("250 kept".into()));
        if matches!(answer, Handed::Accepted(_) | Handed::Lost(_)) {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
        }
        answer
    }
}
