//! SPF (RFC 7208): whether the return path's domain names the machines that send. Google, Yahoo and Microsoft ask for it of every sender.

use mail_auth::{SpfResult, spf::verify::SpfParameters};

use super::{Check, Dns, DnsRecord, Sender, Topic::Spf, ascii};

pub(super) async fn check(dns: &Dns, sender: &Sender) -> Check {
    let domain = ascii(&sender.return_path);
    let texts = match dns.texts(&domain).await {
        Ok(texts) => texts,
        Err(trouble) => return Check::unknown(Spf, trouble.to_string()),
    };
    let records: Vec<&String> = texts.iter().filter(|t| is_spf(t)).collect();
    match records.as_slice() {
        [] => Check::mend(Spf, format!("{domain} names no machine that may send for it")).publishing(wanted(&domain, sender)),
        [record] if allows_everybody(record) => {
            Check::mend(Spf, format!("{domain} lets the whole world send for it: `{record}`")).publishing(wanted(&domain, sender))
        }
        [record] => authorised(dns, sender, &domain, record).await,
        many => Check::mend(Spf, format!("{domain} has {} SPF records; receivers then honour none. Put them together in one", many.len())),
    }
}

fn is_spf(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text == "v=spf1" || text.starts_with("v=spf1 ")
}

fn allows_everybody(record: &str) -> bool {
    record.split_whitespace().any(|term| term.eq_ignore_ascii_case("all") || term.eq_ignore_ascii_case("+all"))
}

/// The record that is missing, as far as it can be known.
fn wanted(domain: &str, sender: &Sender) -> DnsRecord {
    let machines: Vec<String> = sender.addresses.iter().map(|a| format!("{}:{a}", if a.is_ipv4() { "ip4" } else { "ip6" })).collect();
    let machines = if machines.is_empty() { "include:YOUR-RELAY'S-SPF-NAME".to_owned() } else { machines.join(" ") };
    DnsRecord::txt(domain, format!("v=spf1 {machines} ~all"))
}

/// Whether the record lets the machines that send; with none known, whether it can be evaluated at all.
async fn authorised(dns: &Dns, sender: &Sender, domain: &str, record: &str) -> Check {
    let from = format!("bounces@{domain}");
    for address in &sender.addresses {
        let asked = SpfParameters::verify_mail_from(*address, domain, domain, &from);
        let result = dns.authenticator.verify_spf(asked).await.result();
        match result {
            SpfResult::Pass => {}
            SpfResult::TempError => return Check::unknown(Spf, format!("the DNS did not answer while `{record}` of {domain} was followed")),
            SpfResult::PermError => return Check::mend(Spf, format!("`{record}` of {domain} is broken: a mistake in it, or more than ten look-ups")),
            _ => {
                let term = format!("{}:{address}", if address.is_ipv4() { "ip4" } else { "ip6" });
                let mended = with_term(record, &term);
                return Check::mend(Spf, format!("{address} sends, and `{record}` of {domain} does not name it"))
                    .publishing(DnsRecord::txt(domain, mended));
            }
        }
    }
    if sender.addresses.is_empty() {
        let hint = "which machine sends is not known here; name it in deliverability.addresses to have it checked";
        return Check::unknown(Spf, format!("{domain} has `{record}`; {hint}"));
    }
    Check::good(Spf, format!("`{record}` of {domain} names the machines that send"))
}

/// The record with one more machine, before what it says of all others.
fn with_term(record: &str, term: &str) -> String {
    let mut terms: Vec<&str> = record.split_whitespace().collect();
    let is_last = |t: &str| t.trim_start_matches(['+', '-', '~', '?']).eq_ignore_ascii_case("all") || t.starts_with("redirect=");
    let end = terms.iter().position(|t| is_last(t)).unwrap_or(terms.len());
    terms.insert(end, term);
    terms.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_added_before_what_is_said_of_the_rest() {
        assert_eq!(with_term("v=spf1 mx -all", "ip4:192.0.2.1"), "v=spf1 mx ip4:192.0.2.1 -all");
        assert_eq!(with_term("v=spf1 a redirect=_spf.example.org", "ip4:192.0.2.1"), "v=spf1 a ip4:192.0.2.1 redirect=_spf.example.org");
        assert_eq!(with_term("v=spf1 mx", "ip4:192.0.2.1"), "v=spf1 mx ip4:192.0.2.1");
    }

    #[test]
    fn only_a_record_of_its_version_is_one() {
        assert!(is_spf("v=spf1") && is_spf("V=SPF1 mx ~all"));
        assert!(!is_spf("v=spf10 mx") && !is_spf("spf2.0/pra mx"));
        assert!(allows_everybody("v=spf1 +all") && allows_everybody("v=spf1 mx all") && !allows_everybody("v=spf1 mx ~all"));
    }
}
