//! `gleaner check`: tests the configuration, the database and the mail relay, and says what to mend.

use std::fmt::Write as _;

use anyhow::bail;
use serde::Serialize;

use super::{Globals, output};
use crate::{
    app::App,
    config::TransportKind,
    domain::Health,
    mail::deliverability::{Check, DnsRecord, Verdict},
    store::{bulletin::Bulletin, source::Source},
};

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Ask the DNS about the sending domains even if mail does not leave this machine yet
    #[arg(long)]
    deliverability: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    ok: bool,
    /// What was found, or what to mend.
    said: String,
    /// The DNS record that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    publish: Option<DnsRecord>,
}

pub async fn run(globals: &Globals, args: &CheckArgs) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    let mut findings = vec![configuration(&app), database(&app).await, templates()];
    findings.extend(relays(&app).await);
    findings.extend(senders(&app, args.deliverability).await?);
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
    Finding { what: what.into(), ok, said: result.unwrap_or_else(|e| e), publish: None }
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

/// What receivers and the law ask of every bulletin. `asked`: also when mail does not leave this machine.
async fn senders(app: &App, asked: bool) -> anyhow::Result<Vec<Finding>> {
    let bulletins = app.store.bulletins().await?;
    if bulletins.is_empty() {
        return Ok(vec![finding("bulletins", Ok("none yet; add a [[bulletin]] to the configuration".to_owned()))]);
    }
    let leaves = asked || app.config.mail.transport == TransportKind::Smtp;
    let mut out = Vec::new();
    for bulletin in bulletins {
        let checks = if leaves { app.deliverability(&bulletin).await? } else { vec![app.identity(&bulletin).await?] };
        out.extend(checks.into_iter().map(|check| about(&bulletin, check)));
    }
    Ok(out)
}

/// A check as a finding. What its owner accepted by name does not fail the command; what nobody could tell does not either, and says so.
fn about(bulletin: &Bulletin, check: Check) -> Finding {
    let accepted = bulletin.send_despite.iter().any(|t| t == check.topic.as_str());
    let mut said = check.said;
    if check.verdict == Verdict::Unknown {
        said.push_str(" (not known)");
    }
    if accepted && check.verdict == Verdict::Mend {
        said.push_str(" (accepted in send_despite)");
    }
    if let Some(record) = &check.publish {
        let _ = write!(said, "\n      publish: {} {} \"{}\"", record.name, record.kind, record.value);
    }
    Finding {
        what: format!("bulletin {}, {}", bulletin.slug, check.topic),
        ok: check.verdict != Verdict::Mend || accepted,
        said,
        publish: check.publish,
    }
}
