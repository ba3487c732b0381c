//! `gleaner subscribers show`: everything that is held on a person, as JSON: the answer to a subject access request (UK GDPR art. 15).
//!
//! Shows each organisation's own data apart (invariant 9).

use serde_json::{Value, json};

use super::{Globals, output};
use crate::{
    app::App,
    domain::{EmailAddress, OrganisationId, Preference, Preferences, SubscriberId},
    store::organisation::Organisation,
};

/// Prints one JSON object; for people, the same indented.
pub async fn show(globals: &Globals, app: &App, email: &EmailAddress) -> anyhow::Result<()> {
    let mut held = Vec::new();
    for organisation in app.store.organisations().await? {
        held.extend(by_organisation(app, &organisation, email).await?);
    }
    let answer = json!({"email": email.as_str(), "as_of": app.now(), "held": held});
    if globals.json {
        return output::json(&answer);
    }
    output::line(&serde_json::to_string_pretty(&answer)?)
}

/// What one organisation holds; nothing when it never heard of the address.
async fn by_organisation(app: &App, organisation: &Organisation, email: &EmailAddress) -> anyhow::Result<Option<Value>> {
    let (store, hash) = (&app.store, app.secret.email_hash(email));
    let id: OrganisationId = organisation.id;
    let suppression = store.suppression(id, &hash).await?.map(|(reason, detail, at)| json!({"reason": reason, "detail": detail, "at": at}));
    let ledger: Vec<Value> = store
        .consent_history(id, &hash)
        .await?
        .into_iter()
        .map(|c| json!({"act": c.act, "basis": c.basis, "channel": c.channel, "note": c.note, "at": c.at}))
        .collect();
    let person = store.subscriber_by_email(id, email).await?;
    if person.is_none() && suppression.is_none() && ledger.is_empty() {
        return Ok(None);
    }
    let mut held = json!({"organisation": organisation.name, "contact": organisation.contact, "consent": ledger, "suppression": suppression});
    if let Some(person) = person {
        held["name"] = person.name.into();
        held["preferences"] = preferences(&person.preferences);
        held["lists"] = lists(app, person.id).await?;
        held["deliveries"] = deliveries(app, person.id).await?;
        held["feedback"] = serde_json::to_value(store.feedback_about(person.id).await?)?;
    }
    Ok(Some(held))
}

fn preferences(p: &Preferences) -> Value {
    let mut out: serde_json::Map<String, Value> = Preference::ALL.iter().map(|heading| (heading.to_string(), json!(p.terms(*heading)))).collect();
    out.insert("cost_max_pence".into(), json!(p.cost_max.map(|m| m.minor)));
    out.insert("frequency".into(), json!(p.frequency));
    Value::Object(out)
}

async fn lists(app: &App, id: SubscriberId) -> anyhow::Result<Value> {
    let leavings = app.store.leavings(id).await?;
    let mut out = Vec::new();
    for (bulletin, state, changed_at) in app.store.subscriptions_of(id).await? {
        let why =
            leavings.iter().find(|(list, ..)| *list == bulletin).map(|(_, reason, words, at)| json!({"reason": reason, "words": words, "at": at}));
        out.push(json!({"bulletin": app.store.bulletin(bulletin).await?.name, "state": state, "since": changed_at, "left_because": why}));
    }
    Ok(out.into())
}

async fn deliveries(app: &App, id: SubscriberId) -> anyhow::Result<Value> {
    let all = app.store.deliveries_to(id).await?;
    Ok(all
        .into_iter()
        .map(|d| json!({"subject": d.subject, "sent_to": d.email, "state": d.state, "server_said": d.server_reply, "at": d.at, "message_id": d.message_id}))
        .collect::<Vec<_>>()
        .into())
}
