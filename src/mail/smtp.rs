//! Handing messages to a relay over SMTP (RFC 5321), connections kept open.
//!
//! The sockets are opened here and not by lettre, because lettre leaves Nagle's algorithm on: with delayed acknowledgements each message then
//! waits 40 ms. Never retries by itself: what the server said goes back to the caller, who alone knows what is recorded.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailParameter},
    },
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{net::TcpStream, time::timeout};

use super::{Handed, Message, RelayError, tls};
use crate::domain::{text, vocabulary};

/// For the connection, the greeting and each command; generous, because some servers delay on purpose.
const COMMAND: Duration = Duration::from_mins(1);
/// For the answer after the final dot. Shorter than the lease of a delivery, so that a live process always records before it ends.
const FINAL: Duration = Duration::from_mins(5);

vocabulary! {
    /// How the connection is protected. `mail.smtp.tls`.
    pub enum Security("kind of TLS") {
        None = "none",
        /// Encrypted when the server offers it; its certificate is checked only when a password is sent (RFC 7435).
        Starttls = "starttls",
        StarttlsRequired = "starttls_required",
        /// TLS from the first byte (RFC 8314), usually port 465.
        Implicit = "implicit",
    }
}

/// Where the relay is and how to speak to it.
#[derive(Debug, Clone)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<Login>,
    /// Connections kept open at the same time.
    pub connections: u16,
}

#[derive(Debug, Clone)]
pub struct Login {
    pub username: String,
    pub password: SecretString,
}

/// One open connection.
pub struct SmtpConnection {
    inner: AsyncSmtpConnection,
    /// A transaction was begun and not ended: RSET before the next.
    dirty: bool,
}

impl Smtp {
    /// Connects, encrypts and signs in. The error says which setting is probably wrong.
    pub async fn connect(&self) -> Result<SmtpConnection, RelayError> {
        let at = format!("{}:{}", self.host, self.port);
        let late = || RelayError::away(format!("{at} did not answer within {} s; check mail.smtp.host and mail.smtp.port", COMMAND.as_secs()));
        let mut inner = timeout(COMMAND, self.open(&at)).await.map_err(|_| late())??;
        if matches!(self.security, Security::Starttls | Security::StarttlsRequired) {
            timeout(COMMAND, self.encrypt(&mut inner, &at)).await.map_err(|_| late())??;
        }
        if let Some(login) = &self.login {
            timeout(COMMAND, self.sign_in(&mut inner, login, &at)).await.map_err(|_| late())??;
        }
        Ok(SmtpConnection { inner, dirty: false })
    }

    async fn open(&self, at: &str) -> Result<AsyncSmtpConnection, RelayError> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|e| RelayError::away(format!("cannot connect to {at}: {e}; check mail.smtp.host and mail.smtp.port")))?;
        tcp.set_nodelay(true).map_err(|e| RelayError::away(format!("{at}: {e}")))?;
        let stream: Box<dyn AsyncTokioStream> = match self.security {
            Security::Implicit => Box::new(tls::wrap(tcp, &self.host).await.map_err(|e| {
                RelayError::wrong(format!(
                    "{at} does not speak TLS as expected: {e}; check mail.smtp.tls (implicit is for port 465) and the certificate"
                ))
            })?),
            _ => Box::new(tcp),
        };
        AsyncSmtpConnection::connect_with_transport(stream, &ClientId::default())
            .await
            .map_err(|e| RelayError::away(format!("{at} did not greet: {}; check mail.smtp.port and mail.smtp.tls", words(&e))))
    }

    async fn encrypt(&self, inner: &mut AsyncSmtpConnection, at: &str) -> Result<(), RelayError> {
        if !inner.can_starttls() {
            return match (self.security, &self.login) {
                (Security::Starttls, None) => Ok(()),
                (Security::Starttls, Some(_)) => Err(RelayError::wrong(format!(
                    "{at} offers no TLS and the password is not sent in the clear; set mail.smtp.tls = \"none\" if that is meant"
                ))),
                _ => Err(RelayError::wrong(format!("{at} offers no STARTTLS; check mail.smtp.tls and mail.smtp.port"))),
            };
        }
        // Without a password nothing is lost to an impostor that plain text would not lose as well; with one, the certificate must hold.
        let unchecked = self.security == Security::Starttls && self.login.is_none();
        let parameters = TlsParameters::builder(self.host.clone())
            .dangerous_accept_invalid_certs(unchecked)
            .dangerous_accept_invalid_hostnames(unchecked)
            .build()
            .map_err(|e| RelayError::wrong(format!("mail.smtp.host `{}` cannot be used for TLS: {e}", self.host)))?;
        inner
            .starttls(parameters, &ClientId::default())
            .await
            .map_err(|e| RelayError::wrong(format!("TLS with {at} failed: {}; check its certificate, or mail.smtp.tls", words(&e))))
    }

    async fn sign_in(&self, inner: &mut AsyncSmtpConnection, login: &Login, at: &str) -> Result<(), RelayError> {
        let credentials = Credentials::new(login.username.clone(), login.password.expose_secret().to_owned());
        let outcome = inner.auth(DEFAULT_MECHANISMS, &credentials).await;
        outcome.map(|_| ()).map_err(|e| {
            let said = format!("{at} does not let `{}` in: {}; check mail.smtp.username and mail.smtp.password", login.username, words(&e));
            if e.is_permanent() || e.is_client() { RelayError::wrong(said) } else { RelayError::away(said) }
        })
    }
}

impl std::fmt::Debug for SmtpConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmtpConnection")
    }
}

impl SmtpConnection {
    /// Hands one message over and says what the server did with it.
    pub async fn send(&mut self, message: &Message) -> Handed {
        let content_out = AtomicBool::new(false);
        match timeout(FINAL, self.transaction(message, &content_out)).await {
            Ok(handed) => handed,
            Err(_) if content_out.load(Relaxed) => Handed::Lost(format!("no answer within {} s of the final dot", FINAL.as_secs())),
            Err(_) => Handed::Away(format!("no answer within {} s", FINAL.as_secs())),
        }
    }

    /// Leaves politely; an error here changes nothing.
    pub async fn quit(mut self) {
        let _ = timeout(Duration::from_secs(2), self.inner.quit()).await;
    }

    async fn transaction(&mut self, message: &Message, content_out: &AtomicBool) -> Handed {
        let (from, to) = match addresses(message) {
            Ok(both) => both,
            Err(said) => return Handed::Refused(said),
        };
        let mut options = Vec::new();
        if message.envelope.to.needs_utf8() || message.envelope.from.needs_utf8() {
            if !self.inner.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Handed::Refused("the relay does not offer SMTPUTF8, which this address needs".into());
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if self.dirty
            && let Err(e) = self.inner.command(Rset).await
        {
            return Handed::Away(words(&e));
        }
        self.dirty = true;
        if let Err(e) = self.inner.command(Mail::new(Some(from), options)).await {
            return refused_sender(&e);
        }
        if let Err(e) = self.inner.command(Rcpt::new(to, Vec::new())).await {
            return before_content(&e);
        }
        if let Err(e) = self.inner.command(Data).await {
            return before_content(&e);
        }
        self.content(message, content_out).await
    }

    async fn content(&mut self, message: &Message, out: &AtomicBool) -> Handed {
        // The iterator is asked for a second part only after the first was written: from then on the server may have the whole message.
        let mut part = Some(message.bytes.strip_suffix(b"\r\n").unwrap_or(&message.bytes));
        let parts = std::iter::from_fn(|| {
            let next = part.take();
            out.store(next.is_none(), Relaxed);
            next
        });
        match self.inner.message_iter(parts).await {
            Ok(response) => {
                self.dirty = false;
                let said: Vec<&str> = response.message().collect();
                Handed::Accepted(said_text(&format!("{} {}", response.code(), said.join(" "))))
            }
            Err(e) if e.status().is_some() => before_content(&e),
            Err(e) if out.load(Relaxed) => Handed::Lost(words(&e)),
            Err(e) => Handed::Away(words(&e)),
        }
    }
}

fn addresses(message: &Message) -> Result<(Address, Address), String> {
    let parse = |a: &str| a.parse::<Address>().map_err(|e| format!("the address cannot be written in SMTP: {e}"));
    Ok((parse(message.envelope.from.as_str())?, parse(message.envelope.to.as_str())?))
}

/// An answer to RCPT, DATA or the message: 4xx is for now, 5xx for good; 421 is the server leaving, nobody's fault.
fn before_content(e: &Error) -> Handed {
    match e.status().map(u16::from) {
        None | Some(421) => Handed::Away(words(e)),
        Some(400..=499) => Handed::Deferred(words(e)),
        Some(_) => Handed::Refused(words(e)),
    }
}

/// An answer to MAIL: the server does not know the reader yet, so a permanent no is about us. 552 is about this message's size.
fn refused_sender(e: &Error) -> Handed {
    match e.status().map(u16::from) {
        Some(code @ 500..=599) if code != 552 => Handed::Wrong(format!(
            "the relay does not take mail from this sender: {}; check the bulletin's from_address, mail.smtp.username and mail.smtp.tls",
            words(e)
        )),
        _ => before_content(e),
    }
}

/// The server's own words with the code before them, or what went wrong on the way.
fn words(e: &Error) -> String {
    let source = std::error::Error::source(e).map(ToString::to_string);
    match (e.status(), source) {
        (Some(code), Some(said)) => said_text(&format!("{code} {said}")),
        (_, Some(why)) => said_text(&why),
        _ => said_text(&e.to_string()),
    }
}

fn said_text(s: &str) -> String {
    text::single_line(s, 500)
}
