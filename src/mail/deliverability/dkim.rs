//! DKIM (RFC 6376): whether the key that we sign with is the one that the domain publishes, and whether DMARC will find it aligned.

use super::{Check, Dns, DnsRecord, Sender, SigningKey, Topic::Dkim, ascii, same_or_below};

pub(super) async fn check(dns: &Dns, sender: &Sender) -> Vec<Check> {
    if sender.keys.is_empty() {
        let said = "mails are not signed; set mail.dkim.selector, domain and key_file (config/gleaner.toml explains them). Large providers refuse unsigned lists";
        return vec![Check::mend(Dkim, said)];
    }
    let mut checks = Vec::new();
    for key in &sender.keys {
        checks.push(published(dns, key, sender.from.domain()).await);
    }
    checks
}

async fn published(dns: &Dns, key: &SigningKey, from: &str) -> Check {
    let name = format!("{}._domainkey.{}", key.selector, ascii(&key.domain));
    let wanted = DnsRecord::txt(name.as_str(), key.record.as_str());
    if !same_or_below(from, &key.domain) && !same_or_below(&key.domain, from) {
        return Check::mend(Dkim, format!("mails are from {from} and signed by {}: DMARC will not find them aligned", key.domain));
    }
    let texts = match dns.texts(&name).await {
        Ok(texts) => texts,
        Err(trouble) => return Check::unknown(Dkim, trouble.to_string()),
    };
    let ours = tag(&key.record, "p").unwrap_or_default();
    let Some(record) = texts.iter().find(|t| tag(t, "p").is_some()) else {
        return Check::mend(Dkim, format!("there is no key at {name}")).publishing(wanted);
    };
    match tag(record, "p") {
        Some(p) if p.is_empty() => Check::mend(Dkim, format!("the key at {name} was revoked (an empty p=)")).publishing(wanted),
        Some(p) if p != ours => Check::mend(Dkim, format!("the key at {name} is not the one that mails are signed with")).publishing(wanted),
        _ if tag(record, "t").is_some_and(|t| t.split(':').any(|flag| flag == "y")) => {
            Check::mend(Dkim, format!("the key at {name} says it is for tests (t=y): receivers may take its mail for unsigned")).publishing(wanted)
        }
        _ if texts.len() > 1 => {
            Check::mend(Dkim, format!("there are {} records at {name}; receivers take any one of them", texts.len())).publishing(wanted)
        }
        _ => Check::good(Dkim, format!("the key at {name} is the one that mails are signed with")),
    }
}

/// The value of a tag of a `tag=value; tag=value` list, without white space (RFC 6376 s3.2).
pub(super) fn tag(record: &str, name: &str) -> Option<String> {
    let pair = |part: &str| part.split_once('=').map(|(k, v)| (k.trim().to_owned(), v.chars().filter(|c| !c.is_whitespace()).collect::<String>()));
    record.split(';').filter_map(pair).find(|(k, _)| k == name).map(|(_, v)| v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_with_and_without_space() {
        assert_eq!(tag("v=DKIM1; k=rsa; p=MIGf MA0", "p").as_deref(), Some("MIGfMA0"));
        assert_eq!(tag("v=DKIM1;p=", "p").as_deref(), Some(""));
        assert_eq!(tag("v=DKIM1; k=rsa", "p"), None);
    }
}
