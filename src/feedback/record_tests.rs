//! What each kind of report changes, and that whatever is not proven changes nothing.

use super::*;
use crate::{
    domain::{
        Basis, ConsentAct, LeavingReason,
        SubscriberState::{self, *},
    },
    store::{
        feedback::Feedback,
        sample::{self, Sample},
        subscriber_batch::{Ceiling, Incoming, Intake},
    },
};

const BASE: &str = "bounces@sender.example";

fn at(day: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + day)
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// One bulletin with readers, and mails sent to them.
struct Post {
    sample: Sample,
    secret: Secret,
    paths: Vec<Verp>,
    jo: SubscriberId,
}

impl Post {
    async fn new() -> Self {
        let (sample, secret) = (sample::store().await, Secret::from_bytes([4; 32]));
        let paths = vec![Verp::new(secret.return_path_key(), &address(BASE))];
        let post = Self { sample, secret, paths, jo: SubscriberId(uuid::Uuid::nil()) };
        post.joins("kim@reader.example").await;
        let jo = post.joins("jo@reader.example").await;
        Self { jo, ..post }
    }

    async fn joins(&self, email: &str) -> SubscriberId {
        let email = address(email);
        let intake = Intake { organisation: self.sample.organisation, bulletin: self.sample.bulletin, basis: Basis::Consent, note: "test".into() };
        let hash = self.secret.email_hash(&email);
        let terms = vec![(crate::domain::Preference::Need, vec!["lead".to_owned()])];
        let person = Incoming { email: email.clone(), hash, name: "Reader".into(), terms, cost_max: Ceiling::Lifted, frequency: None };
        self.sample.store.take_in(&intake, &[person], at(0)).await.unwrap();
        self.sample.store.subscriber_by_email(self.sample.organisation, &email).await.unwrap().unwrap().id
    }

    /// A mail to Jo, of an edition of its own: the delivery and its Message-ID.
    async fn mail(&self, number: i64) -> (DeliveryId, String) {
        let (edition, content, delivery) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
        let id = format!("mail{number}@sender.example");
        let db = self.sample.store.write();
        sqlx::query(
            "INSERT INTO edition (id, bulletin_id, number, state, subject, intro, as_of, drafted_at) VALUES ($1, $2, $3, 'sent', 's', '', $4, $4)",
        )
        .bind(edition)
        .bind(self.sample.bulletin.0)
        .bind(number)
        .bind(at(0))
        .execute(db)
        .await
        .unwrap();
        sqlx::query("INSERT INTO edition_content (id, edition_id, content_key, subject, html, plain) VALUES ($1, $2, 'k', 's', 'h', 'p')")
            .bind(content)
            .bind(edition)
            .execute(db)
            .await
            .unwrap();
        sqlx::query(
            "INSERT INTO delivery (id, edition_id, subscriber_id, content_id, email, name, state, attempts, repeats, message_id)
             VALUES ($1, $2, $3, $4, 'Jo@reader.example', 'Jo', 'sent', 1, 0, $5)",
        )
        .bind(delivery)
        .bind(edition)
        .bind(self.jo.0)
        .bind(content)
        .bind(&id)
        .execute(db)
        .await
        .unwrap();
        (DeliveryId(delivery), id)
    }

    fn recorder(&self) -> Recorder<'_> {
        Recorder { store: &self.sample.store, secret: &self.secret, return_paths: &self.paths, policy: Policy::default(), believes_senders: true }
    }

    async fn takes(&self, message: &str, day: i64) -> Recorded {
        let mut all = self.recorder().message(message.as_bytes().to_vec(), at(day)).await.unwrap();
        assert_eq!(all.len(), 1, "{message}");
        all.remove(0)
    }

    async fn state(&self) -> SubscriberState {
        self.sample.store.subscription_state(self.jo, self.sample.bulletin).await.unwrap().unwrap()
    }

    async fn is_suppressed(&self) -> bool {
        self.sample.store.is_suppressed(&self.secret.email_hash(&address("jo@reader.example"))).await.unwrap()
    }

    async fn ledger(&self) -> Vec<(ConsentAct, String)> {
        let hash = self.secret.email_hash(&address("jo@reader.example"));
        let all = self.sample.store.consent_history(self.sample.organisation, &hash).await.unwrap();
        all.into_iter().map(|c| (c.act, c.channel)).collect()
    }

    async fn rows(&self) -> Vec<Feedback> {
        self.sample.store.feedback(false, 100).await.unwrap()
    }
}

fn dsn(to: &str, recipient: &str, status: &str, words: &str, message_id: &str, day: i64) -> String {
    let date = at(day).to_rfc2822();
    format!(
        "From: MAILER-DAEMON@mx.example\nTo: <{to}>\nDate: {date}\nSubject: Undelivered Mail Returned to Sender\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt could not be delivered.\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {recipient}\nAction: failed\nStatus: {status}\nDiagnostic-Code: smtp; {words}\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{message_id}>\n--b--\n"
    )
}

fn arf(kind: &str, recipient: &str, message_id: &str) -> String {
    format!(
        "From: fbl@post.example\nTo: fbl@sender.example\nSubject: complaint\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
         --b\n\nA complaint.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nVersion: 1\nUser-Agent: x\nOriginal-Rcpt-To: <{recipient}>\n\n\
         --b\nContent-Type: message/rfc822\n\nMessage-ID: <{message_id}>\n\nhello\n--b--\n"
    )
}

const GONE: (&str, &str) = ("5.1.1", "550 5.1.1 user unknown");

#[tokio::test]
async fn nobody_there_suppresses_at_once_by_return_path_or_message_id() {
    for by_path in [true, false] {
        let post = Post::new().await;
        let (delivery, id) = post.mail(1).await;
        let (to, id) = if by_path { (post.paths[0].address_for(delivery), "none@x.example".to_owned()) } else { ("news@sender.example".into(), id) };
        let done = post.takes(&dsn(&to, "jo@reader.example", GONE.0, GONE.1, &id, 1), 1).await;
        assert_eq!((done.outcome, done.repeated), (FeedbackOutcome::Suppressed, false), "{done:?}");
        assert_eq!((post.state().await, post.is_suppressed().await), (Bounced, true));
        let again = post.takes(&dsn(&to, "jo@reader.example", GONE.0, GONE.1, &id, 1).replace("From:", "X-Copy: 1\nFrom:"), 2).await;
        assert!(again.repeated && post.rows().await.len() == 1, "a copy of it counts nothing");
    }
}

#[tokio::test]
async fn a_refusal_at_once_counts_as_one_that_comes_back() {
    let post = Post::new().await;
    let (delivery, id) = post.mail(1).await;
    sqlx::query("UPDATE delivery SET state = 'failed', finished_at = $1, server_reply = '550 5.1.1 <jo@reader.example>: user unknown' WHERE id = $2")
        .bind(at(1))
        .bind(delivery.0)
        .execute(post.sample.store.write())
        .await
        .unwrap();
    let done = post.recorder().refusals(at(1)).await.unwrap();
    assert_eq!((done.len(), done[0].outcome, post.state().await), (1, FeedbackOutcome::Suppressed, Bounced));
    assert_eq!(post.recorder().refusals(at(1)).await.unwrap(), [], "counted once");
    let again = post.takes(&dsn("news@sender.example", "jo@reader.example", GONE.0, GONE.1, &id, 2), 2).await;
    assert!(again.repeated);
}

#[tokio::test]
async fn what_is_forged_or_about_somebody_else_changes_nothing_and_waits_for_a_person() {
    let post = Post::new().await;
    let (delivery, id) = post.mail(1).await;
    let path = post.paths[0].address_for(delivery);
    let another = Verp::new([9; 32], &address(BASE)).address_for(delivery);
    let unproven = [
        (dsn("news@sender.example", "jo@reader.example", GONE.0, GONE.1, "made.up@sender.example", 1), "was not sent from here"),
        (dsn(&another, "jo@reader.example", GONE.0, GONE.1, "made.up2@sender.example", 1), "was not sent from here"),
        (dsn(&path, "kim@reader.example", GONE.0, GONE.1, &id, 1), "it speaks of kim@reader.example"),
        (dsn("news@sender.example", "kim@reader.example", GONE.0, GONE.1, &id, 1), "it speaks of kim@reader.example"),
        (arf("abuse", "kim@reader.example", &id), "it speaks of kim@reader.example"),
        (arf("opt-out", "kim@reader.example", &id), "it speaks of kim@reader.example"),
        (arf("abuse", "jo@reader.example", "other@elsewhere.example"), "was not sent from here"),
        (
            "From: MAILER-DAEMON@x.example\nSubject: failure notice\n\nunable to deliver to\n\n<jo@reader.example>:\n550 no such user\n".into(),
            "names no mail",
        ),
    ];
    for (message, why) in &unproven {
        let done = post.takes(message, 1).await;
        assert_eq!(done.outcome, FeedbackOutcome::Unproven, "{message}");
        assert!(done.why.contains(why), "{}", done.why);
    }
    assert_eq!((post.state().await, post.is_suppressed().await), (Active, false));
    assert_eq!(post.sample.store.feedback(true, 100).await.unwrap().len(), unproven.len(), "all of them are kept");
    let kim = post.secret.email_hash(&address("kim@reader.example"));
    assert!(!post.sample.store.is_suppressed(&kim).await.unwrap());
}

#[tokio::test]
async fn soft_bounces_add_up_over_mails_and_end_without_suppression() {
    let post = Post::new().await;
    for week in 0..4 {
        let (_, id) = post.mail(week).await;
        let text = dsn("news@sender.example", "jo@reader.example", "5.2.2", "552 5.2.2 mailbox full", &id, week * 7);
        let done = post.takes(&text, week * 7).await;
        let expected = if week < 3 { FeedbackOutcome::Counted } else { FeedbackOutcome::Bounced };
        assert_eq!(done.outcome, expected, "{}", done.why);
        // The same mail refused once more in other words counts once.
        let again = post.takes(&text.replace("552 5.2.2 mailbox full", "552 5.2.2 over quota"), week * 7).await;
        assert!(again.repeated);
    }
    assert_eq!((post.state().await, post.is_suppressed().await), (Bounced, false), "who comes back may sign up again");
}

#[tokio::test]
async fn what_is_about_us_raises_an_alarm_and_costs_no_reader() {
    let post = Post::new().await;
    for n in 0..30 {
        let (_, id) = post.mail(n).await;
        let words = "554 5.7.1 <jo@reader.example>: Client host [192.0.2.1] blocked using bl.example";
        let done = post.takes(&dsn("news@sender.example", "jo@reader.example", "5.7.1", words, &id, n), n).await;
        assert_eq!(done.outcome, FeedbackOutcome::Alarmed);
    }
    assert_eq!((post.state().await, post.is_suppressed().await), (Active, false));
    let store = &post.sample.store;
    let open = store.refusals().await.unwrap();
    assert_eq!((open.len(), open[0].domain.as_str(), open[0].class.as_str(), open[0].reports), (1, "reader.example", "policy", 30));
    assert_eq!(open[0].words, "554 5.7.1 <…>: Client host [192.0.2.1] blocked using bl.example");
    store.close_quiet_refusals(at(33)).await.unwrap();
    assert_eq!(store.refusals().await.unwrap().len(), 1);
    store.close_quiet_refusals(at(40)).await.unwrap();
    assert!(store.refusals().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_complaint_ends_everything_at_once_even_when_it_names_nobody() {
    for recipient in ["jo@reader.example", "redacted@reader.example"] {
        let post = Post::new().await;
        let (_, id) = post.mail(1).await;
        let done = post.takes(&arf("abuse", recipient, &id), 1).await;
        assert_eq!(done.outcome, FeedbackOutcome::Suppressed);
        assert!(post.takes(&arf("abuse", recipient, &id), 2).await.repeated);
        assert_eq!((post.state().await, post.is_suppressed().await), (Complained, true));
        assert_eq!(post.ledger().await.last().unwrap(), &(ConsentAct::Withdrawn, "complaint".to_owned()));
        assert_eq!(post.ledger().await.len(), 2, "imported, and withdrawn once");
    }
}

#[tokio::test]
async fn a_wish_to_leave_by_mail_is_the_same_step_as_one_click() {
    let post = Post::new().await;
    let (delivery, id) = post.mail(1).await;
    let url = links::unsubscribe_url(&post.secret, &"https://b.example/".parse().unwrap(), post.jo, post.sample.bulletin);
    let token = url.rsplit('/').next().unwrap();
    let mail = |from: &str, to: &str, subject: &str| format!("From: {from}\nTo: {to}\nSubject: {subject}\n\n");
    let path = post.paths[0].address_for(delivery);
    let ways = [
        mail("other@elsewhere.example", "news@sender.example", &format!("unsubscribe {token}")),
        mail("other@elsewhere.example", &path, "unsubscribe"),
        mail("Jo <JO@reader.example>", "bulletin@sender.example", "Unsubscribe"),
        arf("opt-out", "jo@reader.example", &id),
    ];
    for (n, message) in ways.iter().enumerate() {
        sqlx::query("UPDATE subscription SET state = 'active'").execute(post.sample.store.write()).await.unwrap();
        let done = post.takes(message, 1).await;
        assert_eq!((done.outcome, post.state().await), (FeedbackOutcome::Unsubscribed, Unsubscribed), "{message}");
        assert!(post.takes(message, 1).await.repeated);
        assert_eq!(post.ledger().await.iter().filter(|(act, _)| *act == ConsentAct::Withdrawn).count(), n + 1);
    }
    let ways: Vec<String> = post.ledger().await.into_iter().skip(1).map(|(_, way)| way).collect();
    assert_eq!(ways, ["mailto", "mailto", "mailto", "feedback_loop"]);
    assert!(!post.is_suppressed().await);
    let stranger = post.takes(&mail("stranger@elsewhere.example", "bulletin@sender.example", "unsubscribe"), 1).await;
    assert_eq!(stranger.outcome, FeedbackOutcome::Unproven);
    let careful = Recorder { believes_senders: false, ..post.recorder() };
    sqlx::query("UPDATE subscription SET state = 'active'").execute(post.sample.store.write()).await.unwrap();
    let done = careful.message(mail("jo@reader.example", "bulletin@sender.example", "unsubscribe me").into_bytes(), at(2)).await.unwrap();
    assert_eq!((done[0].outcome, post.state().await), (FeedbackOutcome::Unproven, Active));
}

#[tokio::test]
async fn answers_of_machines_are_noted_and_of_people_are_shown() {
    let post = Post::new().await;
    let (delivery, _) = post.mail(1).await;
    let path = post.paths[0].address_for(delivery);
    let mail = |head: &str, body: &str| format!("From: jo@reader.example\nTo: {path}\n{head}\n\n{body}\n");
    let away = post.takes(&mail("Auto-Submitted: auto-replied\nSubject: Automatic reply: news", "Back on Monday."), 1).await;
    assert_eq!((away.kind, away.outcome), (ReportKind::AutoReply, FeedbackOutcome::Noted));
    let moved = post.takes(&mail("Subject: news", "My new email address is jo@elsewhere.example"), 1).await;
    assert_eq!((moved.kind, moved.outcome), (ReportKind::AddressChanged, FeedbackOutcome::ForAPerson));
    assert_eq!((post.state().await, post.is_suppressed().await), (Active, false));
    assert_eq!(post.sample.store.feedback(true, 10).await.unwrap().len(), 1);
    post.sample.store.feedback_looked_at(at(3)).await.unwrap();
    assert!(post.sample.store.feedback(true, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_is_erased_is_erased_here_too_and_later_reports_change_nothing() {
    let post = Post::new().await;
    let (store, jo) = (&post.sample.store, address("jo@reader.example"));
    let (_, id) = post.mail(1).await;
    post.takes(&dsn("news@sender.example", "jo@reader.example", "4.4.1", "connection of jo@reader.example timed out", &id, 1), 1).await;
    post.takes(&dsn("news@sender.example", "jo@reader.example", GONE.0, GONE.1, "unknown@x.example", 1), 1).await;
    let mut tx = store.begin().await.unwrap();
    feedback::leave(&mut tx, post.jo, post.sample.bulletin, LeavingReason::Other, "my jo@reader.example words", at(1)).await.unwrap();
    tx.commit().await.unwrap();
    store.forget(post.sample.organisation, &jo, &post.secret.email_hash(&jo), at(2)).await.unwrap();
    let rows = post.rows().await;
    assert!(rows.len() == 2 && rows.iter().all(|r| r.words.is_empty() && r.recipient.is_empty()), "{rows:?}");
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM leaving").fetch_one(store.read()).await.unwrap();
    assert_eq!(left, 0);
    let late = post.takes(&dsn("news@sender.example", "jo@reader.example", GONE.0, GONE.1, &id, 3), 3).await;
    assert_eq!(late.outcome, FeedbackOutcome::Noted, "{late:?}");
    post.takes(&dsn("news@sender.example", "jo@reader.example", GONE.0, GONE.1, "another@x.example", 3), 3).await;
    assert!(post.rows().await.iter().all(|r| r.recipient.is_empty()), "what comes later does not bring the address back");
}

#[tokio::test]
async fn who_has_another_address_now_is_not_gone_with_the_old_one() {
    let post = Post::new().await;
    let (_, id) = post.mail(1).await;
    sqlx::query("UPDATE subscriber SET email = 'jo@new.example', email_key = 'jo@new.example' WHERE id = $1")
        .bind(post.jo.0)
        .execute(post.sample.store.write())
        .await
        .unwrap();
    let done = post.takes(&dsn("news@sender.example", "jo@reader.example", GONE.0, GONE.1, &id, 1), 1).await;
    assert_eq!((done.outcome, post.state().await), (FeedbackOutcome::Noted, Active));
}

#[tokio::test]
async fn what_anybody_can_send_does_not_pile_up() {
    let post = Post::new().await;
    for day in [0, 100] {
        post.takes(&dsn("news@sender.example", "x@reader.example", GONE.0, GONE.1, &format!("{day}@x.example"), day), day).await;
    }
    assert_eq!(post.sample.store.prune_feedback(at(100)).await.unwrap(), 1);
    assert_eq!(post.rows().await.len(), 1);
}
