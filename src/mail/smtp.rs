//! A relay over SMTP (RFC 5321): connecting, encrypting and signing in, by lettre on a socket of ours (`wire`). What is said about one
//! message is in `exchange`.
//!
//! Never retries by itself: what the server said goes back to the caller, who alone knows what is recorded.

use std::time::Duration;

use lettre::transport::smtp::{
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::AsyncSmtpConnection,
    commands::{Ehlo, Starttls},
    extension::{ClientId, Extension},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use super::{
    RelayError,
    exchange::{Conversation, Offers, words},
    tls::{self, Trust},
    wire::Wire,
};
use crate::domain::vocabulary;

/// For the connection, the greeting and signing in; generous, because some servers delay on purpose.
const OPENING: Duration = Duration::from_mins(1);

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

impl Smtp {
    /// Connects, encrypts and signs in. The error says which setting is probably wrong.
    pub async fn connect(&self) -> Result<Conversation, RelayError> {
        let at = format!("{}:{}", self.host, self.port);
        let late = || RelayError::away(format!("{at} did not answer within {} s; check mail.smtp.host and mail.smtp.port", OPENING.as_secs()));
        let (wire, mut client) = timeout(OPENING, self.greeted(&at)).await.map_err(|_| late())??;
        if matches!(self.security, Security::Starttls | Security::StarttlsRequired) && self.offers_tls(&client, &at)? {
            client = timeout(OPENING, self.encrypt(&wire, client, &at)).await.map_err(|_| late())??;
        }
        let offers = timeout(OPENING, self.offers(&mut client, &at)).await.map_err(|_| late())??;
        if let Some(login) = &self.login {
            timeout(OPENING, self.sign_in(&mut client, login, &at)).await.map_err(|_| late())??;
        }
        Ok(Conversation::new(wire, client, offers))
    }

    async fn greeted(&self, at: &str) -> Result<(Wire, AsyncSmtpConnection), RelayError> {
        let wire = Wire::open(&self.host, self.port)
            .await
            .map_err(|e| RelayError::away(format!("cannot connect to {at}: {e}; check mail.smtp.host and mail.smtp.port")))?;
        if self.security == Security::Implicit {
            wire.encrypt(&self.host, Trust::Checked, false).await.map_err(|e| {
                RelayError::wrong(format!(
                    "{at} does not speak TLS as expected: {}; check mail.smtp.tls (implicit is for port 465) and the certificate",
                    tls::why(&e, &self.host)
                ))
            })?;
        }
        let client = AsyncSmtpConnection::connect_with_transport(Box::new(wire.clone()), &ClientId::default())
            .await
            .map_err(|e| RelayError::away(format!("{at} did not greet: {}; check mail.smtp.port and mail.smtp.tls", words(&e))))?;
        Ok((wire, client))
    }

    /// Whether to go on to TLS; an error when it is not offered and must be.
    fn offers_tls(&self, client: &AsyncSmtpConnection, at: &str) -> Result<bool, RelayError> {
        match (client.server_info().supports_feature(Extension::StartTls), self.security, &self.login) {
            (true, ..) => Ok(true),
            (false, Security::Starttls, None) => Ok(false),
            (false, Security::Starttls, Some(_)) => Err(RelayError::wrong(format!(
                "{at} offers no TLS and the password is not sent in the clear; set mail.smtp.tls = \"none\" if that is meant"
            ))),
            _ => Err(RelayError::wrong(format!("{at} offers no STARTTLS; check mail.smtp.tls and mail.smtp.port"))),
        }
    }

    /// The conversation begins anew under TLS, so that nothing said in the clear counts (RFC 3207 s4.2).
    async fn encrypt(&self, wire: &Wire, mut client: AsyncSmtpConnection, at: &str) -> Result<AsyncSmtpConnection, RelayError> {
        let failed = |why: String| RelayError::wrong(format!("TLS with {at} failed: {why}; check its certificate, mail.smtp.host and mail.smtp.tls"));
        client.command(Starttls).await.map_err(|e| RelayError::away(format!("{at} does not begin TLS: {}; check mail.smtp.tls", words(&e))))?;
        drop(client);
        // Without a password nothing is lost to an impostor that plain text would not lose as well; with one, the certificate must hold.
        let trust = if self.security == Security::Starttls && self.login.is_none() { Trust::Unchecked } else { Trust::Checked };
        wire.encrypt(&self.host, trust, true).await.map_err(|e| failed(tls::why(&e, &self.host)))?;
        AsyncSmtpConnection::connect_with_transport(Box::new(wire.clone()), &ClientId::default()).await.map_err(|e| failed(words(&e)))
    }

    /// Asked once more, because lettre keeps of the answer only what it uses itself.
    async fn offers(&self, client: &mut AsyncSmtpConnection, at: &str) -> Result<Offers, RelayError> {
        let answer = client.command(Ehlo::new(ClientId::default())).await;
        let answer = answer.map_err(|e| RelayError::away(format!("{at} does not answer EHLO: {}; check mail.smtp.port", words(&e))))?;
        Ok(Offers::read(answer.message()))
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
