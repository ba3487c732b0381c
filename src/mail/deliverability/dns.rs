//! Asking the DNS: a stub resolver (hickory) with one difference between "there is none" and "nobody answered".

use std::net::{IpAddr, SocketAddr};

use mail_auth::{
    MessageAuthenticator,
    hickory_resolver::{
        config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts},
        net::NetError,
        proto::rr::RData,
    },
};

/// Nobody answered, so nothing is known: not the same as a record that is absent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the DNS did not answer for {name}: {said}")]
pub struct Trouble {
    pub name: String,
    pub said: String,
}

/// A resolver.
#[derive(Clone)]
pub struct Dns {
    pub(super) authenticator: MessageAuthenticator,
}

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dns")
    }
}

impl Dns {
    /// Asks the name server at this address, or those that the system is set up with.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, Trouble> {
        let made = match server {
            None => MessageAuthenticator::new_system_conf(),
            Some(server) => MessageAuthenticator::new(asking(server), ResolverOpts::default()),
        };
        made.map(|authenticator| Self { authenticator })
            .map_err(|e| Trouble { name: server.map_or_else(|| "the system's resolver".to_owned(), |s| s.to_string()), said: e.to_string() })
    }

    /// The texts of a name, each with its parts put together (RFC 7208 s3.3).
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, Trouble> {
        let answer = self.authenticator.resolver().txt_lookup(absolute(name)).await;
        let texts = found(name, answer.map(|a| a.answers().iter().filter_map(|r| text(&r.data)).collect()))?;
        Ok(texts.unwrap_or_default())
    }

    /// Whether anybody takes mail for the domain: the exchangers, or the domain's own address (RFC 5321 s5.1); none for a null MX (RFC 7505).
    pub async fn takes_mail(&self, domain: &str) -> Result<bool, Trouble> {
        let answer = self.authenticator.resolver().mx_lookup(absolute(domain)).await;
        let hosts = |r: &RData| if let RData::MX(mx) = r { Some(mx.exchange.is_root()) } else { None };
        let exchangers: Option<Vec<bool>> = found(domain, answer.map(|a| a.answers().iter().filter_map(|r| hosts(&r.data)).collect()))?;
        match exchangers {
            Some(roots) if !roots.is_empty() => Ok(roots.iter().any(|root| !root)),
            _ => Ok(!self.addresses(domain).await?.is_empty()),
        }
    }

    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Trouble> {
        let answer = self.authenticator.resolver().lookup_ip(absolute(host)).await;
        Ok(found(host, answer.map(|a| a.iter().collect()))?.unwrap_or_default())
    }

    /// The names that an address claims.
    pub async fn names(&self, address: IpAddr) -> Result<Vec<String>, Trouble> {
        let answer = self.authenticator.resolver().reverse_lookup(address).await;
        let name = |r: &RData| if let RData::PTR(ptr) = r { Some(ptr.to_utf8().trim_end_matches('.').to_lowercase()) } else { None };
        let names = found(&address.to_string(), answer.map(|a| a.answers().iter().filter_map(|r| name(&r.data)).collect()))?;
        Ok(names.unwrap_or_default())
    }
}

/// Without the final dot a resolver would try the machine's own search domains.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn found<T>(name: &str, answer: Result<T, NetError>) -> Result<Option<T>, Trouble> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(e) if e.is_no_records_found() || e.is_nx_domain() => Ok(None),
        Err(e) => Err(Trouble { name: name.to_owned(), said: e.to_string() }),
    }
}

fn text(data: &RData) -> Option<String> {
    let RData::TXT(txt) = data else { return None };
    let bytes: Vec<u8> = txt.txt_data.iter().flat_map(|part| part.iter().copied()).collect();
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn asking(server: SocketAddr) -> ResolverConfig {
    let mut name_server = NameServerConfig::udp_and_tcp(server.ip());
    let with_port = |mut c: ConnectionConfig| {
        c.port = server.port();
        c
    };
    name_server.connections = name_server.connections.into_iter().map(with_port).collect();
    ResolverConfig::from_name_servers(vec![name_server])
}
