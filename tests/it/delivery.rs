//! From rows to the server and back: what each answer does, who is left out, what happens when the server goes.

use std::{collections::HashSet, sync::Arc};

use gleaner::{
    bulletin::{deliver::DeliverError, publish::RenderedContent},
    domain::*,
    mail::{Handed, Memory, Transport},
    store::delivery::Counts,
};
use tokio_util::sync::CancellationToken;

use crate::{
    edition::{HTML, TEXT, TestEdition, address, deliver, open, secret, settings, smtp, start},
    smtp_sink::{Answer, Sink},
};

fn sent(n: u64) -> Counts {
    Counts { sent: n, ..Counts::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reader_gets_one_mail_and_the_edition_is_sent() {
    let edition = TestEdition::published(300).await;
    assert_eq!(edition.published.queued, 300);
    let sink = Sink::taking_all().await;
    let outcome = edition.deliver(&smtp(sink.port, 4)).await.unwrap();
    assert_eq!((outcome.counts, outcome.drained), (sent(300), true));
    let recipients: HashSet<String> = sink.messages().into_iter().map(|m| m.to).collect();
    assert_eq!((recipients.len(), sink.count()), (300, 300));
    assert!(sink.connections() <= 4, "connections are kept open");
    assert_eq!(edition.store.edition(edition.edition).await.unwrap().state, EditionState::Sent);
    let again = edition.deliver(&smtp(sink.port, 4)).await.unwrap();
    assert_eq!((again.counts, sink.count()), (sent(300), 300), "run again it sends nothing");
}

#[tokio::test]
async fn a_mail_holds_the_readers_name_and_links_that_work() {
    let edition = TestEdition::published(1).await;
    let memory = Memory::default();
    edition.deliver(&Transport::Memory(memory.clone())).await.unwrap();
    let message = memory.messages().remove(0);
    let parsed = mail_parser::MessageParser::default().parse(&message.bytes).unwrap();
    let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
    assert!(text.starts_with("Hello Reader 0,\n\nZoë’s course, £25\n.\nFrom Monday\n\nYou asked Culture Body for Culture Bulletin.\n"), "{text}");
    let link = parsed.header_raw("List-Unsubscribe").unwrap().split(['<', '>']).nth(1).unwrap().to_owned();
    assert!(parsed.body_html(0).unwrap().contains(&link) && text.contains(&link));
    let token = link.strip_prefix("https://bulletin.example/unsubscribe/").unwrap();
    let claim = gleaner::feedback::links::verify(&secret(), gleaner::feedback::links::Purpose::Unsubscribe, token, start()).unwrap();
    assert_eq!(claim.subscriber, edition.person(0).await.id);
}

#[tokio::test]
async fn who_left_or_was_suppressed_after_publishing_gets_nothing() {
    let edition = TestEdition::published(5).await;
    let (one, two) = (edition.person(1).await, edition.person(2).await);
    let claim = gleaner::feedback::links::Claim {
        purpose: gleaner::feedback::links::Purpose::Unsubscribe,
        subscriber: one.id,
        bulletin: edition.bulletin,
        until: None,
        nonce: 0,
    };
    let channel = gleaner::feedback::reader::Channel { name: "one_click", note: "", origin: None };
    gleaner::feedback::reader::unsubscribe(&edition.store, &secret(), &claim, channel, start()).await.unwrap();
    let hash = secret().email_hash(&two.email);
    edition.store.suppress(edition.organisation, &hash, SuppressionReason::Operator, "asked by telephone", start()).await.unwrap();
    let three = secret().email_hash(&address(3));
    edition.store.forget(edition.organisation, &address(3), &three, start()).await.unwrap();
    let memory = Memory::default();
    let outcome = edition.deliver(&Transport::Memory(memory.clone())).await.unwrap();
    assert_eq!(outcome.counts, Counts { sent: 2, skipped: 3, ..Counts::default() });
    let to: HashSet<String> = memory.messages().iter().map(|m| m.envelope.to.as_str().to_owned()).collect();
    assert_eq!(to, HashSet::from([address(0).to_string(), address(4).to_string()]));
}

#[tokio::test]
async fn a_row_that_cannot_be_built_fails_alone() {
    let edition = TestEdition::published(3).await;
    sqlx::query("UPDATE delivery SET email = 'no address' || char(13) || char(10), name = 'x' || char(0) WHERE email = $1")
        .bind(address(1).as_str())
        .execute(edition.store.write())
        .await
        .unwrap();
    let outcome = edition.deliver(&Transport::Memory(Memory::default())).await.unwrap();
    assert_eq!(outcome.counts, Counts { sent: 2, failed: 1, ..Counts::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_for_now_is_tried_again_and_a_no_for_good_is_kept_in_the_servers_words() {
    let edition = TestEdition::published(20).await;
    let sink = Sink::deciding(|to, before| match (to, before) {
        ("reader3@reader.example", 0 | 1) => Answer::Code(451),
        ("reader4@reader.example", _) => Answer::Code(550),
        ("reader5@reader.example", _) => Answer::Code(452),
        _ => Answer::Take,
    })
    .await;
    let outcome = edition.deliver(&smtp(sink.port, 2)).await.unwrap();
    assert_eq!(outcome.counts, Counts { sent: 18, failed: 2, ..Counts::default() });
    let words: Vec<(String, i64)> = sqlx::query_as("SELECT server_reply, attempts FROM delivery WHERE state = 'failed' ORDER BY email")
        .fetch_all(edition.store.read())
        .await
        .unwrap();
    assert_eq!(words[0], ("550 550 said the sink".into(), 1));
    assert_eq!(words[1], ("not accepted in 4 attempts; the last answer: 452 452 said the sink".into(), 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_repeated_once_with_the_same_message_id() {
    let edition = TestEdition::published(10).await;
    let sink = Sink::deciding(|to, before| match (to, before) {
        ("reader1@reader.example", 0) | ("reader2@reader.example", _) => Answer::TakeSilently,
        _ => Answer::Take,
    })
    .await;
    let outcome = edition.deliver(&smtp(sink.port, 2)).await.unwrap();
    assert_eq!(outcome.counts, Counts { sent: 9, uncertain: 1, ..Counts::default() });
    assert_eq!((sink.count(), sink.by_message_id().len()), (12, 10));
    let doubtful = edition.store.uncertain_deliveries(edition.edition).await.unwrap();
    assert_eq!(doubtful[0].email, "reader2@reader.example");
}

#[tokio::test]
async fn a_lost_answer_is_left_for_a_person_when_the_policy_says_so() {
    let edition = TestEdition::published(2).await;
    sqlx::query("UPDATE bulletin SET uncertain_policy = 'hold'").execute(edition.store.write()).await.unwrap();
    let memory = Memory::answering(vec![Handed::Lost("connection reset".into())]);
    let outcome = edition.deliver(&Transport::Memory(memory.clone())).await.unwrap();
    assert_eq!(outcome.counts, Counts { sent: 1, uncertain: 1, ..Counts::default() });
    assert_eq!(memory.messages().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_and_comes_back_costs_no_attempt() {
    let edition = TestEdition::published(60).await;
    let first = Sink::deciding(|_, _| Answer::Take).await;
    let port = first.port;
    // The server dies while mails are under way; its connections die with it.
    let stopper = tokio::spawn(async move {
        while first.count() < 20 {
            tokio::task::yield_now().await;
        }
        first.stop().await
    });
    let transport = smtp(port, 2);
    let running = edition.deliver(&transport);
    let second = async {
        let before = stopper.await.unwrap();
        (before, Sink::start(port, Arc::new(|_, _| Answer::Take)).await)
    };
    let (outcome, (before, second)) = tokio::join!(running, second);
    assert_eq!(outcome.unwrap().counts, sent(60));
    assert!(before + second.count() <= 60 + 2, "at most one repeat per connection");
    let burnt: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM delivery WHERE attempts > 1 + repeats").fetch_one(edition.store.read()).await.unwrap();
    assert_eq!(burnt, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_at_which_the_server_leaves_does_not_stop_the_others() {
    let edition = TestEdition::published(20).await;
    let sink = Sink::deciding(|to, _| if to == "reader7@reader.example" { Answer::Leave } else { Answer::Take }).await;
    let outcome = edition.deliver(&smtp(sink.port, 2)).await.unwrap();
    assert_eq!(outcome.counts, Counts { sent: 19, failed: 1, ..Counts::default() });
}

#[tokio::test]
async fn a_relay_that_is_not_there_is_named_with_the_setting_and_loses_nothing() {
    let edition = TestEdition::published(3).await;
    let port = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    let error = edition.deliver(&smtp(port, 2)).await.unwrap_err();
    assert!(matches!(error, DeliverError::Relay(..)));
    let said = error.to_string();
    assert!(said.contains("mail.smtp.port") && said.contains("3 mails wait"), "{said}");
    let sink = Sink::taking_all().await;
    assert_eq!(edition.deliver(&smtp(sink.port, 2)).await.unwrap().counts, sent(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_send_nothing_twice() {
    let edition = TestEdition::published(400).await;
    let sink = Sink::taking_all().await;
    let other = open(edition.dir.path()).await;
    let transport = smtp(sink.port, 3);
    let second = deliver(&other, edition.dir.path(), edition.edition, &transport, CancellationToken::new());
    let (one, two) = tokio::join!(edition.deliver(&transport), second);
    assert_eq!((one.unwrap().counts, two.unwrap().counts), (sent(400), sent(400)));
    assert_eq!((sink.count(), sink.by_message_id().len()), (400, 400));
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_at_once_send_nothing_twice_even_what_must_come_again() {
    let edition = TestEdition::published(2_000).await;
    // Some must come again, so that both meet the same rows in every state.
    let sink = Sink::deciding(|to, before| if before == 0 && to.contains('7') { Answer::Code(451) } else { Answer::Take }).await;
    let program = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gleaner"));
        command.arg("--data").arg(edition.dir.path()).args(["edition", "send", &edition.edition.to_string(), "--json"]);
        command.env("GLEANER__MAIL__TRANSPORT", "smtp").env("GLEANER__MAIL__SMTP__HOST", "127.0.0.1").env("GLEANER__MAIL__SMTP__TLS", "none");
        command.env("GLEANER__MAIL__SMTP__PORT", sink.port.to_string()).current_dir(edition.dir.path());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let mut programs = [program(), program(), program()];
    for program in &mut programs {
        assert!(tokio::task::block_in_place(|| program.wait()).unwrap().success());
    }
    assert_eq!(edition.store.delivery_counts(edition.edition).await.unwrap(), sent(2_000));
    assert_eq!((sink.count(), sink.by_message_id().len()), (2_000, 2_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_asked_to_stop_it_records_what_is_in_flight_and_gives_back_the_rest() {
    let edition = TestEdition::published(200).await;
    let stop = CancellationToken::new();
    let trigger = stop.clone();
    let sink = Sink::deciding(move |to, _| {
        if to == "reader50@reader.example" {
            trigger.cancel();
        }
        Answer::Take
    })
    .await;
    let transport = smtp(sink.port, 3);
    let outcome = deliver(&edition.store, edition.dir.path(), edition.edition, &transport, stop).await.unwrap();
    assert!(!outcome.drained);
    assert_eq!(outcome.counts, Counts { sent: sink.count() as u64, queued: 200 - sink.count() as u64, ..Counts::default() });
    let leased: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM delivery WHERE lease_owner IS NOT NULL").fetch_one(edition.store.read()).await.unwrap();
    assert_eq!(leased, 0);
    assert_eq!(edition.deliver(&transport).await.unwrap().counts, sent(200));
    assert_eq!(sink.count(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_asked_to_stop_a_server_that_does_not_answer_is_not_waited_for_longer_than_it_may() {
    let edition = TestEdition::published(4).await;
    let stop = CancellationToken::new();
    let trigger = stop.clone();
    let sink = Sink::deciding(move |to, before| match (to, before) {
        ("reader2@reader.example", 0) => {
            trigger.cancel();
            Answer::Hang
        }
        _ => Answer::Take,
    })
    .await;
    let mut settings = settings(edition.dir.path());
    settings.pace.drain = std::time::Duration::from_millis(200);
    let transport = smtp(sink.port, 1);
    let outcome =
        gleaner::bulletin::deliver::deliver(&edition.store, &transport, &settings, edition.edition, start(), Arc::new(|_| {}), stop).await.unwrap();
    assert!(!outcome.drained && outcome.counts.queued >= 1, "{outcome:?}");
    assert_eq!(edition.deliver(&transport).await.unwrap().counts, sent(4));
    assert_eq!((sink.count(), sink.by_message_id().len()), (5, 4), "the doubtful one came again, under its name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_path_names_the_delivery_and_nothing_else_of_the_mail_changes() {
    let edition = TestEdition::published(2).await;
    let memory = Memory::default();
    let verp = gleaner::mail::Verp::new([3; 32], &EmailAddress::parse("bounces@sender.example").unwrap());
    let settings = gleaner::bulletin::deliver::Settings { return_path: Some(verp.clone()), ..settings(edition.dir.path()) };
    let transport = Transport::Memory(memory.clone());
    let stop = CancellationToken::new();
    gleaner::bulletin::deliver::deliver(&edition.store, &transport, &settings, edition.edition, start(), Arc::new(|_| {}), stop).await.unwrap();
    for message in memory.messages() {
        let delivery = verp.read(message.envelope.from.as_str()).unwrap();
        let email: String =
            sqlx::query_scalar("SELECT email FROM delivery WHERE id = $1").bind(delivery.0).fetch_one(edition.store.read()).await.unwrap();
        assert_eq!(email, message.envelope.to.as_str());
        let parsed = mail_parser::MessageParser::default().parse(&message.bytes).unwrap();
        assert_eq!(parsed.from().unwrap().first().unwrap().address(), Some("bulletin@sender.example"));
    }
}

#[tokio::test]
async fn an_edition_that_is_held_sends_nothing_more() {
    let edition = TestEdition::published(3).await;
    edition.store.step_edition(edition.edition, EditionState::Sending, EditionState::Held, "", Some("a wrong date"), start()).await.unwrap();
    let memory = Memory::default();
    let outcome = edition.deliver(&Transport::Memory(memory.clone())).await.unwrap();
    assert_eq!((outcome.counts.queued, outcome.drained, memory.messages().len()), (3, false, 0));
}

#[tokio::test]
async fn a_test_goes_to_one_address_and_leaves_no_row() {
    let edition = TestEdition::published(1).await;
    let memory = Memory::default();
    let rendered = RenderedContent { key: "k".into(), subject: "Three courses".into(), html: HTML.into(), text: TEXT.into(), events: Vec::new() };
    let (transport, settings, to) = (Transport::Memory(memory.clone()), settings(edition.dir.path()), address(77));
    gleaner::bulletin::deliver::send_test(&edition.store, &transport, &settings, edition.bulletin, &rendered, &to, start()).await.unwrap();
    let sent = memory.messages().remove(0);
    assert_eq!(sent.envelope.to.as_str(), "reader77@reader.example");
    assert!(String::from_utf8(sent.bytes).unwrap().contains("Subject: [Test] Three courses"));
    assert_eq!(edition.store.delivery_counts(edition.edition).await.unwrap().queued, 1);
}

#[tokio::test]
async fn another_machines_rows_are_taken_over_when_its_lease_is_over_and_not_before() {
    for (lease_until, sent_here) in [(start() + chrono::TimeDelta::hours(1), 2), (start() - chrono::TimeDelta::seconds(1), 3)] {
        let edition = TestEdition::published(3).await;
        sqlx::query("UPDATE delivery SET state = 'handing_over', lease_owner = $1, lease_until = $2 WHERE email = $3")
            .bind(uuid::Uuid::now_v7())
            .bind(lease_until)
            .bind(address(1).as_str())
            .execute(edition.store.write())
            .await
            .unwrap();
        let memory = Memory::default();
        let stop = CancellationToken::new();
        let transport = Transport::Memory(memory.clone());
        let settings = settings(edition.dir.path());
        let done = stop.clone();
        // Stops as soon as everything else is sent: the other machine's row would be waited for.
        let progress = Arc::new(move |counts: Counts| {
            if counts.sent == sent_here {
                done.cancel();
            }
        });
        gleaner::bulletin::deliver::deliver(&edition.store, &transport, &settings, edition.edition, start(), progress, stop).await.unwrap();
        assert_eq!(memory.messages().len() as u64, sent_here);
    }
}

/// `cargo test --release --test it -- --ignored --nocapture rate_`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn rate_of_sending() {
    for connections in [1, 4, 16, 32] {
        let edition = TestEdition::with_body(10_000, &crate::edition::HTML.repeat(40), &crate::edition::TEXT.repeat(40)).await;
        let sink = Sink::taking_all().await;
        let began = std::time::Instant::now();
        let outcome = edition.deliver(&smtp(sink.port, connections)).await.unwrap();
        let size = sink.messages()[0].data.len();
        println!("{connections} connections: {:.0} messages/s of {size} bytes, {:?}", 10_000.0 / began.elapsed().as_secs_f64(), outcome.counts);
    }
}

/// As above.
#[tokio::test]
#[ignore = "a measurement"]
async fn rate_of_publishing() {
    let edition = TestEdition::published(100_000).await;
    println!("{:?} in {:?}", edition.published, edition.publishing_took);
}
