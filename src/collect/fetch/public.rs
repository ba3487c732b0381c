//! Which addresses are public: global unicast by the IANA special-purpose registries (RFC 6890 and its updates), without whatever carries an
//! IPv4 address inside: that is judged by what it carries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether anybody on the internet may answer at this address.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, d] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        // "This network", multicast and everything reserved above it, broadcast included.
        || a == 0
        || a >= 224
        // Carrier-grade NAT (RFC 6598), protocol assignments, the old 6to4 relays, benchmarking (RFC 2544).
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        // Public by the registry, and yet the inside of a cloud: Azure's host answers there.
        || [a, b, c, d] == [168, 63, 129, 16])
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let carried = |hi: u16, lo: u16| is_public_v4(Ipv4Addr::from(u32::from(hi) << 16 | u32::from(lo)));
    match s {
        // Mapped (RFC 4291 s2.5.5.2), NAT64 (RFC 6052), 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0xffff, hi, lo] | [0x0064, 0xff9b, 0, 0, 0, 0, hi, lo] | [0x2002, hi, lo, ..] => carried(hi, lo),
        // IETF protocol assignments, Teredo and ORCHID among them; documentation (RFC 3849, RFC 9637).
        [0x2001, 0..0x0200 | 0x0db8, ..] | [0x3fff, 0..0x1000, ..] => false,
        // Global unicast is 2000::/3: outside are loopback, link-local, unique-local, multicast, the local NAT64 prefix and all the rest.
        [first, ..] => (first & 0xe000) == 0x2000,
    }
}
