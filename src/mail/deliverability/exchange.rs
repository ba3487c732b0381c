//! Whether mail can come back: replies, bounces and unsubscribing by mail go to the From and the return path's domains.

use super::{Check, Dns, Sender, Topic::Mx, ascii};

pub(super) async fn check(dns: &Dns, sender: &Sender) -> Vec<Check> {
    let mut domains = vec![ascii(sender.from.domain()), ascii(&sender.return_path)];
    domains.dedup();
    let mut checks = Vec::new();
    for domain in domains {
        checks.push(match dns.takes_mail(&domain).await {
            Ok(true) => Check::good(Mx, format!("{domain} takes mail")),
            Ok(false) => {
                Check::mend(Mx, format!("nobody takes mail for {domain} (no MX, no address): replies, bounces and unsubscribing by mail are lost"))
            }
            Err(trouble) => Check::unknown(Mx, trouble.to_string()),
        });
    }
    checks
}
