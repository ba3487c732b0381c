//! DMARC (RFC 7489): whether the From domain has a policy, found at the domain or above it, and whether SPF or DKIM can be aligned under it.

use super::{Check, Dns, DnsRecord, Sender, Topic::Dmarc, Trouble, ascii, dkim::tag, same_or_below};

pub(super) async fn check(dns: &Dns, sender: &Sender) -> Check {
    let from = ascii(sender.from.domain());
    let (at, record) = match policy(dns, &from).await {
        Ok(Some(found)) => found,
        Ok(None) => {
            let wanted = DnsRecord::txt(format!("_dmarc.{from}"), "v=DMARC1; p=none; rua=mailto:dmarc-reports@".to_owned() + &from);
            return Check::mend(Dmarc, format!("{from} has no DMARC policy; Gmail and Yahoo want one of everybody who mails many"))
                .publishing(wanted);
        }
        Err(trouble) => return Check::unknown(Dmarc, trouble.to_string()),
    };
    let Some(p) = tag(&record, "p") else {
        return Check::mend(Dmarc, format!("`{record}` at _dmarc.{at} has no policy (p=)"))
            .publishing(DnsRecord::txt(format!("_dmarc.{at}"), format!("{record}; p=none")));
    };
    let strict = |name: &str| tag(&record, name).is_some_and(|v| v.eq_ignore_ascii_case("s"));
    let aligned = |domain: &str, strict: bool| {
        let domain = ascii(domain);
        domain == from || (!strict && same_or_below(&domain, &at) && same_or_below(&from, &at))
    };
    let signed = sender.keys.iter().any(|k| aligned(&k.domain, strict("adkim")));
    let spf = aligned(&sender.return_path, strict("aspf"));
    match (signed, spf) {
        (true, _) => Check::good(Dmarc, format!("_dmarc.{at} has p={p}, and the signature is aligned with {from}")),
        (false, true) => Check::good(Dmarc, format!("_dmarc.{at} has p={p}; only the return path is aligned with {from}, which forwarding breaks")),
        (false, false) => {
            Check::mend(Dmarc, format!("_dmarc.{at} has p={p}, and neither signature nor return path is of {from}: the policy will fail"))
        }
    }
}

/// The record at the domain or at the nearest domain above it with two labels or more. (Instead of a list of public suffixes: a suffix
/// publishes no record, with the few exceptions that do so on purpose.)
async fn policy(dns: &Dns, from: &str) -> Result<Option<(String, String)>, Trouble> {
    let mut domain = from;
    loop {
        let records = dns.texts(&format!("_dmarc.{domain}")).await?;
        if let Some(record) = records.into_iter().find(|r| tag(r, "v").as_deref() == Some("DMARC1")) {
            return Ok(Some((domain.to_owned(), record)));
        }
        match domain.split_once('.') {
            Some((_, above)) if above.contains('.') => domain = above,
            _ => return Ok(None),
        }
    }
}
