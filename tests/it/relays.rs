//! Several relays and limits: shares, what a limit lets through and when, that a restart and a second process share the count, and that a
//! deadline ends it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use gleaner::{
    bulletin::deliver::{self, DomainRule, Outcome, Settings},
    domain::RateLimit,
    mail::{Handed, Memory, Relay, Security, Smtp, Transport},
    store::delivery::Counts,
};
use tokio_util::sync::CancellationToken;

use crate::{
    edition::{TestEdition, address, settings, start},
    smtp_sink::{Answer, Sink},
};

/// Relays by name, port and weight.
pub fn relays<const N: usize>(all: [(&str, u16, u32); N]) -> Transport {
    let relay = |(name, port, weight): (&str, u16, u32)| Relay {
        name: name.into(),
        smtp: Smtp { host: "127.0.0.1".into(), port, security: Security::None, login: None, connections: 2 },
        weight,
        limits: Vec::new(),
        warm_up: None,
    };
    Transport::Relays(all.into_iter().map(relay).collect())
}

fn limited(transport: &Transport, limits: &[RateLimit]) -> Transport {
    let Transport::Relays(relays) = transport else { panic!("of relays") };
    Transport::Relays(relays.iter().map(|r| Relay { limits: limits.to_vec(), ..r.clone() }).collect())
}

fn limit(scope: &str, window: TimeDelta, most: u64) -> RateLimit {
    RateLimit { scope: scope.into(), window, most }
}

/// Delivers until everything that may go now has gone, then stops.
async fn deliver_until(edition: &TestEdition, settings: &Settings, transport: &Transport, sent: u64, now: DateTime<Utc>) -> Outcome {
    let stop = CancellationToken::new();
    let done = stop.clone();
    let progress = Arc::new(move |counts: Counts| {
        if counts.sent >= sent {
            done.cancel();
        }
    });
    deliver::deliver(&edition.store, transport, settings, edition.edition, now, progress, stop).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_over_both_relays_by_weight() {
    let edition = TestEdition::published(400).await;
    let (one, two) = (Sink::taking_all().await, Sink::taking_all().await);
    let outcome = edition.deliver(&relays([("large", one.port, 3), ("small", two.port, 1)])).await.unwrap();
    assert_eq!(outcome.counts.sent, 400);
    assert_eq!(one.count() + two.count(), 400);
    assert!(one.count() > two.count() && two.count() >= 40, "{} and {}", one.count(), two.count());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relays_limit_outlives_the_process_and_the_other_relay_goes_on() {
    let edition = TestEdition::published(30).await;
    let sink = Sink::taking_all().await;
    let hourly = limit("relay:only", TimeDelta::hours(1), 10);
    let only = limited(&relays([("only", sink.port, 1)]), std::slice::from_ref(&hourly));
    let settings = settings(edition.dir.path());
    let outcome = deliver_until(&edition, &settings, &only, 10, start()).await;
    assert_eq!((outcome.counts.sent, outcome.counts.queued, sink.count()), (10, 20, 10));
    // Another process at the same instant has nothing left to give, except over another relay.
    let two = Sink::taking_all().await;
    let Transport::Relays(second) = relays([("other", two.port, 1)]) else { unreachable!() };
    let Transport::Relays(first) = &only else { unreachable!() };
    let both = Transport::Relays(first.iter().chain(second.iter()).cloned().collect());
    let outcome = deliver_until(&edition, &settings, &both, 15, start()).await;
    assert!(outcome.counts.sent >= 15 && sink.count() == 10, "{outcome:?}");
    // Two hours later it has, and no more than the limit.
    let before = outcome.counts.sent;
    let outcome = deliver_until(&edition, &settings, &only, before + 10, start() + TimeDelta::hours(2)).await;
    assert_eq!((outcome.counts.sent, sink.count()), (before + 10, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_gets_so_many_and_the_others_do_not_wait_for_it() {
    let edition = TestEdition::published(20).await;
    for n in 0..12 {
        sqlx::query("UPDATE delivery SET email = $1 WHERE email = $2")
            .bind(format!("reader{n}@large.example"))
            .bind(address(n).as_str())
            .execute(edition.store.write())
            .await
            .unwrap();
    }
    let mut settings = settings(edition.dir.path());
    let rule =
        DomainRule { domain: "large.example".into(), limits: vec![limit("domain:large.example", TimeDelta::hours(1), 3)], connections: Some(1) };
    settings.domains = Arc::new([rule]);
    let sink = Sink::taking_all().await;
    let outcome = deliver_until(&edition, &settings, &relays([("r", sink.port, 1)]), 11, start()).await;
    assert_eq!(outcome.counts.sent, 11, "eight of the others and three of theirs");
    let to_large = sink.messages().iter().filter(|m| m.to.ends_with("@large.example")).count();
    assert_eq!(to_large, 3);
    // Those that wait have turns of their own, one after another, and have burnt no attempt.
    let turns: Vec<(DateTime<Utc>, i64)> =
        sqlx::query_as("SELECT not_before, attempts FROM delivery WHERE state = 'queued' AND not_before IS NOT NULL ORDER BY not_before")
            .fetch_all(edition.store.read())
            .await
            .unwrap();
    assert!(turns.windows(2).all(|w| w[1].0 - w[0].0 >= TimeDelta::minutes(15)), "{turns:?}");
    assert!(turns.iter().all(|(at, attempts)| *at > start() && *attempts == 0));
}

#[tokio::test]
async fn what_waits_when_the_deadline_has_passed_has_failed_with_these_words() {
    let edition = TestEdition::published(3).await;
    edition.store.set_deadline(edition.bulletin, Some(60)).await.unwrap();
    let memory = Memory::answering(vec![Handed::Accepted("250".into()), Handed::Deferred("451 later".into())]);
    let transport = Transport::Memory(memory.clone());
    let mut settings = settings(edition.dir.path());
    settings.pace.first_retry = std::time::Duration::from_mins(50);
    let outcome = deliver_until(&edition, &settings, &transport, 2, start()).await;
    assert_eq!((outcome.counts.sent, outcome.counts.queued), (2, 1));
    let outcome = deliver_until(&edition, &settings, &transport, 9, start() + TimeDelta::minutes(61)).await;
    assert_eq!(outcome.counts, Counts { sent: 2, failed: 1, ..Counts::default() });
    let (said, kind): (String, String) =
        sqlx::query_as("SELECT server_reply, failure FROM delivery WHERE state = 'failed'").fetch_one(edition.store.read()).await.unwrap();
    assert_eq!((said.as_str(), kind.as_str()), ("deadline passed; the last answer: 451 later", "too_late"));
    assert_eq!(memory.messages().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_written_down_with_its_kind() {
    let edition = TestEdition::published(3).await;
    let sink = Sink::deciding(|to, _| match to {
        "reader1@reader.example" => Answer::Says("550 5.1.1 no such user here"),
        "reader2@reader.example" => Answer::Says("550 5.7.1 blocked by our policy"),
        _ => Answer::Take,
    })
    .await;
    deliver_until(&edition, &settings(edition.dir.path()), &relays([("r", sink.port, 1)]), u64::MAX, start()).await;
    let kinds: Vec<String> =
        sqlx::query_scalar("SELECT failure FROM delivery WHERE failure IS NOT NULL ORDER BY email").fetch_all(edition.store.read()).await.unwrap();
    assert_eq!(kinds, ["mailbox_unknown", "policy"]);
}
