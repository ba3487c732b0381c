//! Where a request came from: the network address that the consent ledger keeps a hash of.
//!
//! A forwarding server is believed only when it is on this machine: anybody else can write what they like into the header.

use std::{convert::Infallible, net::SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

/// An address as text; empty when it is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(pub String);

impl Origin {
    fn of(peer: Option<SocketAddr>, headers: &HeaderMap) -> Self {
        let Some(peer) = peer else { return Self(String::new()) };
        // The last entry is the one that our own server added (RFC 7239 s5.2 on the older header).
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|v| v.to_str().ok());
        let last = forwarded.and_then(|list| list.rsplit(',').next()).and_then(|entry| entry.trim().parse::<std::net::IpAddr>().ok());
        Self(last.filter(|_| peer.ip().is_loopback()).unwrap_or(peer.ip()).to_string())
    }
}

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0);
        Ok(Self::of(peer, &parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_on_this_machine_is_believed() {
        let check = |peer: &str, header: Option<&str>, expected: &str| {
            let mut headers = HeaderMap::new();
            if let Some(h) = header {
                headers.insert("x-forwarded-for", h.parse().unwrap());
            }
            assert_eq!(Origin::of(Some(peer.parse().unwrap()), &headers).0, expected);
        };
        check("127.0.0.1:5000", Some("203.0.113.9"), "203.0.113.9");
        check("127.0.0.1:5000", Some("198.51.100.1, 203.0.113.9"), "203.0.113.9");
        check("198.51.100.7:5000", Some("203.0.113.9"), "198.51.100.7");
        check("127.0.0.1:5000", Some("<script>"), "127.0.0.1");
        check("127.0.0.1:5000", None, "127.0.0.1");
    }
}
