//! `gleaner check`: tests the configuration, the database and the mail relay, and says what to mend.

use anyhow::bail;
use serde::Serialize;

use super::{Globals, output};
use crate::{app::App, config::DkimConfig, domain::Health, store::source::Source};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    ok: bool,
    /// What was found, or what to mend.
    said: String,
}

pub async fn run(globals: &Globals) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    let mut findings = vec![configuration(&app), database(&app).await, templates()];
    findings.extend(relays(&app).await);
    findings.extend(senders(&app).await?);
    findings.push(sources(&app).await?);
    let failed = findings.iter().filter(|f| !f.ok).count();
    if globals.json {
        output::json(&serde_json::json!({"ok": failed == 0, "findings": findings}))?;
    } else {
        for f in &findings {
            output::line(&format!("{}  {}: {}", if f.ok { "ok  " } else { "MEND" }, f.what, f.said))?;
        }
    }
    if failed > 0 {
        bail!("{failed} to mend; see above");
    }
    Ok(())
}

fn finding(what: impl Into<String>, result: Result<String, String>) -> Finding {
    let ok = result.is_ok();
    Finding { what: what.into(), ok, said: result.unwrap_or_else(|e| e) }
}

fn configuration(app: &App) -> Finding {
    let file = app.config.file.as_ref().map_or_else(|| "built-in defaults".to_owned(), |f| f.display().to_string());
    finding("configuration", Ok(format!("{file}: {} bulletins, {} sources", app.config.bulletins.len(), app.config.sources.len())))
}

async fn database(app: &App) -> Finding {
    let sound = app.store.integrity().await;
    finding("database", sound.map(|()| format!("{} is sound", crate::app::database(&app.data).display())).map_err(|e| e.to_string()))
}

/// They were compiled when the program opened; an error would have ended it with file and line.
fn templates() -> Finding {
    finding("templates", Ok("compiled".to_owned()))
}

async fn relays(app: &App) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, transport) in app.transport().each() {
        let reached = match transport.connect().await {
            Ok(connection) => {
                connection.close().await;
                Ok("can be reached".to_owned())
            }
            Err(e) => Err(e.to_string()),
        };
        found.push(finding(format!("mail ({name})"), reached));
    }
    found
}

/// Sources named at most.
const NAMED: usize = 10;

/// How the sources are doing. A source in trouble is its provider's affair first: it is named, and does not fail the check.
async fn sources(app: &App) -> anyhow::Result<Finding> {
    let (all, alarms) = (app.store.sources().await?, app.store.open_alarms().await?);
    if all.is_empty() {
        return Ok(finding("sources", Ok("none yet; add one with `gleaner source add URL`".to_owned())));
    }
    let counts = Health::ALL.iter().map(|h| (h, all.iter().filter(|s| s.health == *h).count()));
    let counts: Vec<String> = counts.filter(|(_, n)| *n > 0).map(|(h, n)| format!("{n} {h}")).collect();
    let mut said = counts.join(", ");
    let open = |s: &&Source| alarms.get(&s.id).map(|open| format!("{}: {}", s.url, open[0].words));
    let ill: Vec<String> = all.iter().filter(|s| s.disabled_at.is_none()).filter_map(|s| open(&s)).collect();
    for words in ill.iter().take(NAMED) {
        said.push_str("\n      ");
        said.push_str(words);
    }
    if ill.len() > NAMED {
        said.push_str("\n      and more");
    }
    if !ill.is_empty() {
        said.push_str("\n      `gleaner source list` shows all, docs/SOURCES.md says what to do");
    }
    Ok(finding("sources", Ok(said)))
}

/// What every bulletin needs before its first edition.
async fn senders(app: &App) -> anyhow::Result<Vec<Finding>> {
    let mut out = Vec::new();
    let bulletins = app.store.bulletins().await?;
    if bulletins.is_empty() {
        out.push(finding("bulletins", Ok("none yet; add a [[bulletin]] to the configuration".to_owned())));
    }
    for b in bulletins {
        let organisation = app.store.organisation(b.organisation_id).await?;
        let result = if organisation.postal_address.trim().is_empty() {
            Err(format!("organisation `{}` has no postal_address; mails must carry one", organisation.slug))
        } else if let Some(d) = unaligned(&app.config.mail.dkim, b.from_address.domain()) {
            Err(format!("from_address is of {}, but mail.dkim.domain is {}: DMARC will not find them aligned", b.from_address.domain(), d.domain))
        } else {
            Ok(format!("sent as {} <{}>", b.from_name, b.from_address))
        };
        out.push(finding(format!("bulletin {}", b.slug), result));
    }
    Ok(out)
}

/// The first key, when none of them is aligned with the sender.
fn unaligned<'a>(keys: &'a [DkimConfig], from: &str) -> Option<&'a DkimConfig> {
    keys.first().filter(|_| !keys.iter().any(|d| aligned(from, &d.domain)))
}

/// Relaxed alignment (RFC 7489 s3.1.1), without the public suffix list: one is the other or below it.
fn aligned(from: &str, signed: &str) -> bool {
    let (from, signed) = (from.to_lowercase(), signed.to_lowercase());
    from == signed || from.ends_with(&format!(".{signed}")) || signed.ends_with(&format!(".{from}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subdomain_is_aligned_and_a_lookalike_is_not() {
        assert!(aligned("news.example.org", "example.org"));
        assert!(aligned("example.org", "Example.ORG"));
        assert!(!aligned("badexample.org", "example.org"));
    }
}
