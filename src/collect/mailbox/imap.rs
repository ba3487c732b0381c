//! A mailbox over IMAP: dialled under the same guard as pages are fetched, read without marking, marked when told to.
//!
//! Deletes nothing, expunges nothing. Every command has a time limit; what a server says reaches an operator as one short line.

use std::{future::Future, net::SocketAddr, time::Duration};

use async_imap::{Client, Session, error::Error, types::Fetch};
use futures::TryStreamExt;
use secrecy::ExposeSecret;
use tokio::{net::TcpStream, time::timeout};

use super::{
    Account, After, ImapAddress, MOST_BYTES, MailboxError,
    stream::{Measured, Wire},
    utf7,
};
use crate::{
    collect::fetch::{Guard, Refused},
    domain::text::single_line,
    mail::tls,
};

/// Ports on which public servers speak IMAP.
const PORTS: [u16; 2] = [143, 993];
/// Folders named in an error at most.
const MOST_FOLDERS: usize = 40;

/// How connections are made.
#[derive(Debug, Clone)]
pub struct Dial {
    pub guard: Guard,
    pub connect_timeout: Duration,
    /// Longest time for one command with its answer.
    pub command_timeout: Duration,
}

/// A message of the mailbox.
#[derive(Debug)]
pub enum Letter {
    Body(Vec<u8>),
    /// Bytes.
    TooLarge(u64),
    /// Somebody took it away meanwhile, or the server has no body for it.
    Gone,
}

/// A session with a folder open.
pub struct Imap {
    session: Session<Measured>,
    limits: Limits,
    /// Of the open folder: under another one, UIDs mean other messages.
    pub uid_validity: u32,
}

/// The server's name and patience with it.
struct Limits {
    host: String,
    patience: Duration,
}

impl Limits {
    /// Waits for a command's answer within the limit.
    async fn within<T>(&self, command: impl Future<Output = Result<T, Error>>) -> Result<T, MailboxError> {
        match timeout(self.patience, command).await {
            Ok(done) => done.map_err(|e| self.error(&e)),
            Err(_) => Err(MailboxError::TimedOut { host: self.host.clone(), after: self.patience }),
        }
    }

    fn error(&self, e: &Error) -> MailboxError {
        let host = self.host.clone();
        match e {
            Error::No(said) | Error::Bad(said) => MailboxError::Answered { host, said: words(said) },
            Error::Validate(_) => MailboxError::Answered { host, said: "a name holds a line break".to_owned() },
            // Parse errors quote what was parsed, which may be somebody's mail.
            Error::Parse(_) => MailboxError::Broken { host, cause: "its answer is no IMAP".to_owned() },
            Error::Io(e) if e.to_string().contains("during parsing of") => MailboxError::Broken { host, cause: "its answer is no IMAP".to_owned() },
            other => MailboxError::Broken { host, cause: single_line(&other.to_string(), 200) },
        }
    }
}

/// What a server said, out of the library's `code: .., info: Some("..")`.
fn words(said: &str) -> String {
    let text = said.split_once("info: Some(\"").map_or(said, |(_, info)| info.trim_end_matches("\")"));
    single_line(text, 200)
}

impl Imap {
    /// Connects, encrypts, logs in and opens the folder.
    pub async fn open(address: &ImapAddress, account: &Account, dial: &Dial) -> Result<Self, MailboxError> {
        let limits = Limits { host: address.host.to_string(), patience: dial.command_timeout };
        let password = account.secret()?;
        let client = greeted(address, dial, &limits).await?;
        let login = timeout(limits.patience, client.login(&address.user, password.expose_secret())).await;
        let timed_out = |_| MailboxError::TimedOut { host: limits.host.clone(), after: limits.patience };
        let mut session = login.map_err(timed_out)?.map_err(|(e, _)| match limits.error(&e) {
            MailboxError::Answered { host, said } => MailboxError::Login { host, user: address.user.clone(), said },
            other => other,
        })?;
        let opened = limits.within(session.select(utf7::encode(&address.folder))).await;
        let folder = match opened {
            Err(MailboxError::Answered { said, .. }) => {
                let folders = folders(&mut session, &limits).await?;
                return Err(MailboxError::NoFolder { folder: address.folder.clone(), said, folders });
            }
            other => other?,
        };
        Ok(Self { session, limits, uid_validity: folder.uid_validity.unwrap_or(0) })
    }

    /// Numbers of the messages after `uid`, ascending.
    pub async fn after(&mut self, uid: u32) -> Result<Vec<u32>, MailboxError> {
        let from = uid.saturating_add(1);
        let found = self.limits.within(self.session.uid_search(format!("UID {from}:*"))).await?;
        // "*" is the last message even when it comes before the first number asked for.
        let mut uids: Vec<u32> = found.into_iter().filter(|u| *u >= from).collect();
        uids.sort_unstable();
        Ok(uids)
    }

    /// One message, without marking it.
    pub async fn message(&mut self, uid: u32) -> Result<Letter, MailboxError> {
        let size = self.fetch(uid, "(UID RFC822.SIZE)").await?.and_then(|f| f.size).map_or(0, u64::from);
        if size > MOST_BYTES {
            return Ok(Letter::TooLarge(size));
        }
        let found = self.fetch(uid, "(UID BODY.PEEK[])").await?;
        Ok(found.and_then(|f| f.body().map(<[u8]>::to_vec)).filter(|b| !b.is_empty()).map_or(Letter::Gone, Letter::Body))
    }

    async fn fetch(&mut self, uid: u32, what: &str) -> Result<Option<Fetch>, MailboxError> {
        let session = &mut self.session;
        let command = async {
            let answers: Vec<Fetch> = session.uid_fetch(uid.to_string(), what).await?.try_collect().await?;
            Ok(answers.into_iter().find(|f| f.uid == Some(uid)))
        };
        self.limits.within(command).await
    }

    /// Marks messages as the account says. Returns a note when it was done otherwise than asked.
    pub async fn mark(&mut self, uids: &[u32], account: &Account) -> Result<Option<String>, MailboxError> {
        let set = sequence(uids);
        match account.after {
            After::Nothing => {}
            After::Seen => self.flag(&set, "\\Seen").await?,
            After::Keyword => self.flag(&set, &account.after_name).await?,
            After::Move => return self.move_to(&set, &account.after_name).await,
        }
        Ok(None)
    }

    async fn flag(&mut self, set: &str, flag: &str) -> Result<(), MailboxError> {
        let session = &mut self.session;
        let command = async {
            let _: Vec<Fetch> = session.uid_store(set, format!("+FLAGS.SILENT ({flag})")).await?.try_collect().await?;
            Ok(())
        };
        self.limits.within(command).await
    }

    /// Moves messages (RFC 6851), into a folder that is made when it is missing. A server that cannot move gets the flag \Seen: a copy with
    /// the original deleted would be a deletion.
    async fn move_to(&mut self, set: &str, folder: &str) -> Result<Option<String>, MailboxError> {
        let capabilities = self.limits.within(self.session.capabilities()).await?;
        if !capabilities.has_str("MOVE") {
            self.flag(set, "\\Seen").await?;
            return Ok(Some(format!("{} cannot move messages; they were marked as seen instead", self.limits.host)));
        }
        let name = utf7::encode(folder);
        match self.limits.within(self.session.uid_mv(set, &name)).await {
            Err(e) if e.is_answer() => {
                self.limits.within(self.session.create(&name)).await?;
                self.limits.within(self.session.uid_mv(set, &name)).await?;
            }
            other => other?,
        }
        Ok(None)
    }

    /// Says goodbye; a server that does not answer is left alone.
    pub async fn close(mut self) {
        let _ = self.limits.within(self.session.logout()).await;
    }
}

/// Numbers as IMAP takes them, runs as ranges.
fn sequence(uids: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
            _ => runs.push((*uid, *uid)),
        }
    }
    runs.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}:{b}") }).collect::<Vec<_>>().join(",")
}

/// A connection on which a password may be sent, with the server's greeting read.
async fn greeted(address: &ImapAddress, dial: &Dial, limits: &Limits) -> Result<Client<Measured>, MailboxError> {
    let (tcp, at) = connect(address, dial, limits).await?;
    if address.implicit_tls {
        let wire = encrypted(tcp, limits).await?;
        return greeting(Client::new(Measured::new(wire)), limits).await;
    }
    let mut client = greeting(Client::new(Measured::new(Wire::Plain(tcp))), limits).await?;
    if at.ip().to_canonical().is_loopback() {
        return Ok(client);
    }
    match limits.within(client.run_command_and_check_ok("STARTTLS", None)).await {
        Err(e) if e.is_answer() => return Err(MailboxError::NotEncrypted { host: limits.host.clone() }),
        other => other?,
    }
    // What was sent in the clear after the answer is dropped with the client's buffer.
    let Wire::Plain(tcp) = client.into_inner().into_wire() else { return Err(MailboxError::NotEncrypted { host: limits.host.clone() }) };
    Ok(Client::new(Measured::new(encrypted(tcp, limits).await?)))
}

async fn greeting(mut client: Client<Measured>, limits: &Limits) -> Result<Client<Measured>, MailboxError> {
    let greeted = limits.within(async { Ok(client.read_response().await?) }).await?;
    let cause = "it closed the connection before it said anything".to_owned();
    greeted.map(|_| client).ok_or(MailboxError::Broken { host: limits.host.clone(), cause })
}

async fn encrypted(tcp: TcpStream, limits: &Limits) -> Result<Wire, MailboxError> {
    let host = limits.host.trim_matches(['[', ']']);
    let wrapped = timeout(limits.patience, tls::wrap(tcp, host)).await;
    let wrapped = wrapped.map_err(|_| MailboxError::TimedOut { host: limits.host.clone(), after: limits.patience })?;
    let failed = |e: std::io::Error| MailboxError::Tls { host: limits.host.clone(), cause: single_line(&e.to_string(), 200) };
    Ok(Wire::Encrypted(Box::new(wrapped.map_err(failed)?)))
}

/// Dials the first of the host's addresses that answers, of those that the guard lets through.
async fn connect(address: &ImapAddress, dial: &Dial, limits: &Limits) -> Result<(TcpStream, SocketAddr), MailboxError> {
    let failed = |cause: String| MailboxError::Connect { host: format!("{}:{}", limits.host, address.port), cause: single_line(&cause, 200) };
    let found = dial.guard.addresses(&address.host, address.port, &PORTS).await.map_err(|e| {
        let refused = e.get_ref().and_then(|inner| inner.downcast_ref::<Refused>());
        refused.map_or_else(|| failed(e.to_string()), |r| MailboxError::Refused(r.clone()))
    })?;
    let mut last = "the name has no address".to_owned();
    for at in found.into_iter().take(4) {
        match timeout(dial.connect_timeout, TcpStream::connect(at)).await {
            Ok(Ok(tcp)) => {
                let _ = tcp.set_nodelay(true);
                return Ok((tcp, at));
            }
            Ok(Err(e)) => last = e.to_string(),
            Err(_) => last = format!("no answer within {} s", dial.connect_timeout.as_secs()),
        }
    }
    Err(failed(last))
}

/// The mailbox's folders, for an error.
async fn folders(session: &mut Session<Measured>, limits: &Limits) -> Result<String, MailboxError> {
    let listed = async { session.list(None, Some("*")).await?.map_ok(|name| utf7::decode(name.name())).try_collect().await };
    let mut names: Vec<String> = limits.within(listed).await?;
    names.sort();
    let more = names.len().saturating_sub(MOST_FOLDERS);
    names.truncate(MOST_FOLDERS);
    let names = single_line(&names.join(", "), 1_000);
    Ok(if more == 0 { names } else { format!("{names} and {more} more") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_numbers_are_ranges() {
        assert_eq!(sequence(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(sequence(&[u32::MAX]), u32::MAX.to_string());
    }

    #[test]
    fn a_server_is_quoted_in_its_own_words() {
        assert_eq!(
            words("code: None, info: Some(\"[AUTHENTICATIONFAILED] Authentication failed.\")"),
            "[AUTHENTICATIONFAILED] Authentication failed."
        );
        assert_eq!(words("something else"), "something else");
    }
}
