//! Which addresses may be asked: public ones, and networks that the configuration names. Nothing else, on any hop.
//!
//! Checked twice because reqwest never asks a resolver about IP literals: the host of every URL before dialling, and every address a name
//! resolves to. The connection goes to an address that was checked, so a name that changes its answer in between gains nothing.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Networks that may be asked although they are not public, such as `127.0.0.0/8` in tests.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Arc<[IpNet]>,
}

/// Why an address is not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("only http and https addresses are fetched, not {0}:")]
    Scheme(String),
    #[error("the address names no host")]
    NoHost,
    #[error("user names and passwords in addresses are not sent")]
    Credentials,
    #[error("{0} is not a public address; add its network to fetch.allow_networks if it is meant")]
    Private(IpAddr),
    #[error("port {0} is not 80 or 443; add the server's network to fetch.allow_networks if it is meant")]
    Port(u16),
    #[error("port {0} is not a usual one of this service; add the server's network to fetch.allow_networks if it is meant")]
    UnusualPort(u16),
}

impl Guard {
    #[must_use]
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed: allowed.into() }
    }

    /// Whether a URL may be dialled as far as its text tells. `url` has already turned decimal, octal, hexadecimal and full-width hosts into
    /// the addresses they mean.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let port = url.port_or_known_default().unwrap_or(0);
        let ip = match url.host().ok_or(Refused::NoHost)? {
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
            // A name on another port is let through only where some network was allowed: its addresses are checked when it is resolved.
            Host::Domain(_) if self.allowed.is_empty() => return if matches!(port, 80 | 443) { Ok(()) } else { Err(Refused::Port(port)) },
            Host::Domain(_) => return Ok(()),
        };
        if self.is_listed(ip) {
            return Ok(());
        }
        if !is_public(ip) {
            return Err(Refused::Private(ip));
        }
        if matches!(port, 80 | 443) { Ok(()) } else { Err(Refused::Port(port)) }
    }

    /// The addresses of a host that may be dialled for another service than HTTP: public ones on its `usual` ports, and those of the networks
    /// that the configuration allows on any. [`Refused`] is inside the error when the guard is the reason.
    pub async fn addresses(&self, host: &Host<String>, port: u16, usual: &[u16]) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> = match host {
            Host::Ipv4(ip) => vec![(*ip, port).into()],
            Host::Ipv6(ip) => vec![(*ip, port).into()],
            Host::Domain(name) => tokio::net::lookup_host((name.as_str(), port)).await?.collect(),
        };
        let refusal = found
            .iter()
            .find(|a| !self.is_listed(a.ip()))
            .map(|a| if is_public(a.ip()) { Refused::UnusualPort(port) } else { Refused::Private(a.ip()) });
        let dialled = |a: &SocketAddr| self.is_listed(a.ip()) || is_public(a.ip()) && usual.contains(&port);
        let allowed: Vec<SocketAddr> = found.into_iter().filter(dialled).collect();
        match refusal {
            Some(refused) if allowed.is_empty() => Err(io::Error::other(refused)),
            _ => Ok(allowed),
        }
    }

    fn allows(&self, ip: IpAddr) -> bool {
        self.is_listed(ip) || is_public(ip)
    }

    fn is_listed(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.allowed.iter().any(|net| net.contains(&ip))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let refused = found.first().map(std::net::SocketAddr::ip);
            let allowed: Vec<SocketAddr> = found.into_iter().filter(|a| guard.allows(a.ip())).collect();
            match (allowed.is_empty(), refused) {
                (true, Some(ip)) => Err(Box::new(Refused::Private(ip)) as _),
                (true, None) => Err(Box::new(io::Error::new(io::ErrorKind::NotFound, "the name has no address")) as _),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

/// Global unicast by the IANA special-purpose registries (RFC 6890 and updates), without whatever carries an IPv4 address inside: these are
/// judged by what they carry.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_unspecified()
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let embedded = |hi: u16, lo: u16| is_public_v4(Ipv4Addr::from(u32::from(hi) << 16 | u32::from(lo)));
    match s[0] {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056).
        0x0064 if s[1] == 0xff9b && s[2..6] == [0; 4] => return embedded(s[6], s[7]),
        0x2002 => return embedded(s[1], s[2]),
        _ => {}
    }
    // Global unicast is 2000::/3; inside it Teredo, ORCHID, benchmarking and documentation are not.
    (s[0] & 0xe000) == 0x2000 && !(s[0] == 0x2001 && (s[1] < 0x0200 || s[1] == 0x0db8)) && !(s[0] == 0x3fff && s[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_dialled_however_they_are_written() {
        let guard = Guard::default();
        let refused = [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://0/",
            "http://１２７.0.0.1/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fe80::1]/",
            "http://[fc00::1]/",
            "http://[2001:db8::1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://10.0.0.1/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://100.64.0.1/",
            "http://192.0.0.1/",
            "http://198.18.0.1/",
            "http://240.0.0.1/",
            "http://224.0.0.1/",
            "http://8.8.8.8:22/",
            "http://example.org:6379/",
            "http://user:secret@example.org/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://example.org/",
        ];
        for url in refused {
            assert!(guard.check(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        for url in ["http://example.org/", "https://8.8.8.8/", "https://[2606:4700::1111]/", "http://[64:ff9b::808:808]/"] {
            assert_eq!(guard.check(&Url::parse(url).unwrap()), Ok(()), "{url}");
        }
    }

    #[test]
    fn a_network_of_the_configuration_is_allowed_on_any_port() {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        assert_eq!(guard.check(&Url::parse("http://127.0.0.1:9999/").unwrap()), Ok(()));
        assert_eq!(guard.check(&Url::parse("http://[::ffff:127.0.0.1]:9999/").unwrap()), Ok(()));
        assert!(guard.check(&Url::parse("http://10.0.0.1/").unwrap()).is_err());
    }

    #[tokio::test]
    async fn other_services_pass_the_same_guard() {
        let host = |h: &str| Host::parse(h).unwrap();
        let refused = |e: io::Error| e.get_ref().and_then(|i| i.downcast_ref::<Refused>()).cloned();
        for inside in ["127.0.0.1", "0x7f000001", "[::ffff:10.0.0.1]", "localhost"] {
            let error = Guard::default().addresses(&host(inside), 993, &[993]).await.unwrap_err();
            assert!(matches!(refused(error), Some(Refused::Private(_))), "{inside}");
        }
        let error = Guard::default().addresses(&host("8.8.8.8"), 25, &[993]).await.unwrap_err();
        assert_eq!(refused(error), Some(Refused::UnusualPort(25)));
        let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        assert_eq!(guard.addresses(&host("127.0.0.1"), 1143, &[993]).await.unwrap().len(), 1);
        assert_eq!(guard.addresses(&host("8.8.8.8"), 993, &[993]).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_it_is_resolved() {
        let answer = Guard::default().resolve("localhost".parse().unwrap()).await;
        assert!(answer.is_err_and(|e| e.to_string().contains("allow_networks")));
    }
}
