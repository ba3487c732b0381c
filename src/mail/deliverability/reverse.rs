//! Reverse names (forward-confirmed): Gmail refuses mail of a machine whose address names nobody, or somebody who does not own it.

use std::net::IpAddr;

use super::{Check, Dns, Topic::Ptr, Trouble};

pub(super) async fn check(dns: &Dns, addresses: &[IpAddr]) -> Vec<Check> {
    if addresses.is_empty() {
        let said = "which machine sends is not known here; a relay's operator looks after its name (deliverability.addresses has it checked)";
        return vec![Check::unknown(Ptr, said)];
    }
    let mut checks = Vec::new();
    for address in addresses {
        checks.push(confirmed(dns, *address).await.unwrap_or_else(|trouble| Check::unknown(Ptr, trouble.to_string())));
    }
    checks
}

async fn confirmed(dns: &Dns, address: IpAddr) -> Result<Check, Trouble> {
    let names = dns.names(address).await?;
    for name in names.iter().take(4) {
        if dns.addresses(name).await?.contains(&address) {
            return Ok(Check::good(Ptr, format!("{address} is {name}, and {name} is {address}")));
        }
    }
    Ok(match names.first() {
        None => Check::mend(Ptr, format!("{address} has no reverse name; ask who gives you the address to set one (PTR)")),
        Some(name) => Check::mend(Ptr, format!("{address} calls itself {name}, which is another machine; let {name} have the address {address}")),
    })
}
