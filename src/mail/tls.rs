//! TLS on sockets of ours, for relays and mailboxes: what is trusted, and in words what is wrong with a certificate.
//!
//! Never falls back to an unchecked connection by itself.

use std::{io, sync::Arc, sync::OnceLock};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// An encrypted stream.
pub type Encrypted = TlsStream<TcpStream>;

/// What a certificate must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// That it is the host's, by the machine's and Mozilla's roots.
    Checked,
    /// Nothing: against those who only listen (RFC 7435).
    Unchecked,
}

/// Encrypts and checks the certificate for `host`.
pub async fn wrap(tcp: TcpStream, host: &str) -> io::Result<Encrypted> {
    wrap_trusting(tcp, host, Trust::Checked).await
}

/// Encrypts, and checks what `trust` says.
pub async fn wrap_trusting(tcp: TcpStream, host: &str, trust: Trust) -> io::Result<Encrypted> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let config = config(trust).map_err(io::Error::other)?;
    TlsConnector::from(config).connect(name, tcp).await
}

/// What is wrong and what to do about it, when it is the certificate; otherwise the error's own words.
#[must_use]
pub fn why(e: &io::Error, host: &str) -> String {
    match e.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(of)) => certificate(of, host),
        Some(Error::InvalidMessage(_)) => "what it says is not TLS".to_owned(),
        _ => e.to_string(),
    }
}

fn certificate(e: &CertificateError, host: &str) -> String {
    use CertificateError as C;
    match e {
        C::NotValidForName => format!("its certificate is not for `{host}`; name the host as the certificate does"),
        C::NotValidForNameContext { presented, .. } => {
            format!("its certificate is for {}, not for `{host}`; name the host as the certificate does", names(presented))
        }
        C::Expired | C::ExpiredContext { .. } => {
            "its certificate has run out; its operator must renew it (or the clock of this machine is wrong)".to_owned()
        }
        C::NotValidYet | C::NotValidYetContext { .. } => "its certificate is not valid yet; check the clock of this machine".to_owned(),
        C::UnknownIssuer => "its certificate is self-signed or comes from an authority that this machine does not know; \
             add that authority to the machine's certificates (SSL_CERT_FILE names them)"
            .to_owned(),
        C::Other(_) => "its certificate is self-signed or not one for a server; it needs one from an authority that this machine knows".to_owned(),
        C::Revoked => "its certificate was revoked; its operator must replace it".to_owned(),
        other => format!("its certificate cannot be used: {other}"),
    }
}

fn names(presented: &[String]) -> String {
    if presented.is_empty() { "no name".to_owned() } else { presented.iter().take(5).map(|n| format!("`{n:.80}`")).collect::<Vec<_>>().join(", ") }
}

fn config(trust: Trust) -> Result<Arc<ClientConfig>, Error> {
    static CHECKED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    static UNCHECKED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let kept = if trust == Trust::Checked { &CHECKED } else { &UNCHECKED };
    if let Some(ready) = kept.get() {
        return Ok(Arc::clone(ready));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let made = match trust {
        Trust::Checked => builder.with_root_certificates(roots()).with_no_client_auth(),
        Trust::Unchecked => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))).with_no_client_auth(),
    };
    Ok(Arc::clone(kept.get_or_init(|| Arc::new(made))))
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots
}

/// Takes any certificate, but lets nobody use one whose key he does not hold.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
