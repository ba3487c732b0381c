//! Which addresses may be asked: public ones, and networks that the configuration names. Nothing else, on any hop.
//!
//! Checked twice because reqwest never asks a resolver about IP literals: the host of every URL before dialling, and every address a name
//! resolves to. The connection goes to an address that was checked, so a name that changes its answer in between gains nothing.

use std::{
    error::Error,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::{pacing::host_of, public::is_public};

/// Networks that may be asked although they are not public, such as `127.0.0.0/8` in tests.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Arc<[IpNet]>,
    /// Names lead into these networks or nowhere.
    inside_only: bool,
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
}

impl Guard {
    #[must_use]
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed: allowed.into(), inside_only: false }
    }

    /// The same, but names lead into the networks of the configuration only: for ports on which public servers are not asked. None when
    /// the configuration names no network.
    pub(super) fn inside_only(&self) -> Option<Self> {
        (!self.allowed.is_empty()).then(|| Self { inside_only: true, ..self.clone() })
    }

    /// Whether a URL may be dialled as far as its text tells. `url` has already turned decimal, octal, hexadecimal and full-width hosts into
    /// the addresses they mean.
    ///
    /// Ports other than 80 and 443 are where databases and printers listen, so they are asked only inside networks that the configuration
    /// names, by whatever name.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let usual_port = || match url.port_or_known_default().unwrap_or(0) {
            80 | 443 => Ok(()),
            port => Err(Refused::Port(port)),
        };
        let ip = match url.host().ok_or(Refused::NoHost)? {
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
            // These mean this machine whatever a resolver says (RFC 6761 s6.3).
            Host::Domain(_) if is_localhost(host_of(url)) && !self.is_listed(Ipv4Addr::LOCALHOST.into()) => {
                return Err(Refused::Private(Ipv4Addr::LOCALHOST.into()));
            }
            // On another port a name is let through where some network was allowed: it is then resolved by a guard that knows no other.
            Host::Domain(_) => return if self.allowed.is_empty() { usual_port() } else { Ok(()) },
        };
        match (self.is_listed(ip), is_public(ip)) {
            (true, _) => Ok(()),
            (false, true) => usual_port(),
            (false, false) => Err(Refused::Private(ip)),
        }
    }

    fn allows(&self, ip: IpAddr) -> bool {
        self.is_listed(ip) || (!self.inside_only && is_public(ip))
    }

    fn is_listed(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.allowed.iter().any(|net| net.contains(&ip))
    }

    /// Of the addresses of a name those that may be asked.
    fn filter(&self, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        let Some(first) = found.first().map(SocketAddr::ip) else {
            return Err("the name has no address".into());
        };
        let allowed: Vec<SocketAddr> = found.into_iter().filter(|a| self.allows(a.ip())).collect();
        if allowed.is_empty() { Err(Refused::Private(first).into()) } else { Ok(allowed) }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(guard.filter(found)?.into_iter()) as Addrs)
        })
    }
}

fn is_localhost(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(guard: &Guard, url: &str) -> Result<(), Refused> {
        guard.check(&Url::parse(url).unwrap_or_else(|e| panic!("{url}: {e}")))
    }

    /// Not public, each with the registry or the trick it stands for.
    const PRIVATE: &[&str] = &[
        // Loopback and its spellings: short, decimal, octal, hexadecimal, mixed, full-width, trailing dot, escaped, with a backslash.
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "017700000001",
        "１２７.0.0.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "127。0。0。1",
        "0",
        "0.0.0.0",
        "0x0",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]",
        // IPv4 inside IPv6: mapped, compatible, NAT64 (well-known and local), 6to4, Teredo.
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::ffff:0:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::7f00:1]",
        "[64:ff9b:1::808:808]",
        "[2002:7f00:1::]",
        "[2002:a00:1::1]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        // Private, link-local, unique-local, site-local.
        "10.0.0.1",
        "012.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.0.1",
        "[fe80::1]",
        "[febf::1]",
        "[fc00::1]",
        "[fdff::1]",
        "[fec0::1]",
        // Metadata of clouds: AWS, GCP and Azure; AWS over IPv6; ECS; Alibaba; Oracle; Azure's wire server.
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "[fd00:ec2::254]",
        "169.254.170.2",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        // Multicast, broadcast, reserved, discard-only.
        "224.0.0.1",
        "239.255.255.250",
        "[ff02::1]",
        "255.255.255.255",
        "240.0.0.1",
        "[100::1]",
        // Documentation, benchmarking, carrier-grade NAT, protocol assignments, 6to4 relays, ORCHID, segment routing.
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "[2001:db8::1]",
        "[3fff::1]",
        "198.18.0.1",
        "198.19.255.255",
        "[2001:2::1]",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.1",
        "192.88.99.1",
        "[2001:20::1]",
        "[5f00::1]",
        // Names of this machine.
        "localhost",
        "LOCALHOST",
        "localhost.",
        "printer.localhost",
        "ｌocalhost",
    ];

    const PUBLIC: &[&str] = &[
        "example.org",
        "example.org.",
        "localhost.example.org",
        "8.8.8.8",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "168.63.129.17",
        "[2606:4700::1111]",
        "[2001:4860:4860::8888]",
        "[64:ff9b::808:808]",
        "[2002:808:808::1]",
        "[::ffff:8.8.8.8]",
    ];

    #[test]
    fn ssrf_table_only_public_addresses_are_dialled_however_they_are_written() {
        let guard = Guard::default();
        for host in PRIVATE {
            for scheme in ["http", "https"] {
                let found = check(&guard, &format!("{scheme}://{host}/"));
                assert!(matches!(found, Err(Refused::Private(_))), "{scheme}://{host}/: {found:?}");
            }
        }
        for host in PUBLIC {
            assert_eq!(check(&guard, &format!("http://{host}/")), Ok(()), "{host}");
            assert_eq!(check(&guard, &format!("https://{host}:443/")), Ok(()), "{host}");
        }
    }

    #[test]
    fn ssrf_table_other_schemes_ports_and_credentials_are_refused() {
        let guard = Guard::default();
        for (url, expected) in [
            ("ftp://example.org/", Refused::Scheme("ftp".into())),
            ("file:///etc/passwd", Refused::Scheme("file".into())),
            ("gopher://example.org/_QUIT", Refused::Scheme("gopher".into())),
            ("data:text/html,hello", Refused::Scheme("data".into())),
            ("javascript:alert(1)", Refused::Scheme("javascript".into())),
            ("webcal://example.org/a.ics", Refused::Scheme("webcal".into())),
            ("http://user:secret@example.org/", Refused::Credentials),
            ("http://user@example.org/", Refused::Credentials),
            ("http://:secret@example.org/", Refused::Credentials),
            ("http://example.org@127.0.0.1/", Refused::Credentials),
            ("http://8.8.8.8:22/", Refused::Port(22)),
            ("http://[2606:4700::1111]:25/", Refused::Port(25)),
            ("http://example.org:6379/", Refused::Port(6379)),
            ("https://example.org:8443/", Refused::Port(8443)),
            ("http://example.org:0/", Refused::Port(0)),
            ("http:\\\\127.0.0.1\\", Refused::Private(Ipv4Addr::LOCALHOST.into())),
            ("http:///127.0.0.1/", Refused::Private(Ipv4Addr::LOCALHOST.into())),
            ("http://127.0.0.1:80/", Refused::Private(Ipv4Addr::LOCALHOST.into())),
            ("http://127.0.0.1#@example.org/", Refused::Private(Ipv4Addr::LOCALHOST.into())),
            ("http://127.0.0.1?@example.org/", Refused::Private(Ipv4Addr::LOCALHOST.into())),
        ] {
            assert_eq!(check(&guard, url), Err(expected), "{url}");
        }
        for hopeless in
            ["http://", "http://[fe80::1%25eth0]/", "http://256.256.256.256/", "http://1.2.3.4.5/", "http://exa mple.org/", "http://a\0b/"]
        {
            assert!(Url::parse(hopeless).is_err(), "{hopeless} is no address at all");
        }
    }

    #[test]
    fn a_network_of_the_configuration_is_allowed_on_any_port() {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap(), "fd00:1::/64".parse().unwrap()]);
        for url in [
            "http://127.0.0.1:9999/",
            "http://[::ffff:127.0.0.1]:9999/",
            "http://[fd00:1::5]:8080/",
            "http://localhost:9999/",
            "http://intranet.example:8080/",
        ] {
            assert_eq!(check(&guard, url), Ok(()), "{url}");
        }
        for url in ["http://10.0.0.1/", "http://[::1]/", "http://[fd00:2::5]/", "http://8.8.8.8:8080/"] {
            assert!(check(&guard, url).is_err(), "{url}");
        }
    }

    #[test]
    fn of_the_addresses_of_a_name_only_those_that_may_be_asked_are_dialled() {
        let filtered = |guard: &Guard, found: &[&str]| {
            let found = found.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect();
            guard.filter(found).map(|left| left.iter().map(|a| a.ip().to_string()).collect::<Vec<_>>()).map_err(|e| e.to_string())
        };
        let open = Guard::default();
        assert_eq!(filtered(&open, &["10.0.0.1", "8.8.8.8", "::1", "64:ff9b::7f00:1"]).unwrap(), ["8.8.8.8"], "a name may lead to both");
        assert!(filtered(&open, &["169.254.169.254"]).unwrap_err().contains("169.254.169.254 is not a public address"));
        assert!(filtered(&open, &[]).unwrap_err().contains("no address"));
        let some = Guard::new(vec!["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(filtered(&some, &["10.0.0.1", "8.8.8.8", "192.168.0.1"]).unwrap(), ["10.0.0.1", "8.8.8.8"]);
        let inside = some.inside_only().unwrap();
        assert_eq!(filtered(&inside, &["10.0.0.1", "8.8.8.8"]).unwrap(), ["10.0.0.1"], "on an unusual port the rest of the world is not asked");
        assert!(open.inside_only().is_none());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_it_is_resolved() {
        let answer = Guard::default().resolve("localhost".parse().unwrap()).await;
        assert!(answer.is_err_and(|e| e.to_string().contains("allow_networks")));
    }
}
