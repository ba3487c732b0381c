//! Whether receivers will take the mail: what the DNS says of the sending domain, asked of a name server on loopback, and what becomes of
//! an edition whose domain fails.

use std::{collections::BTreeMap, net::IpAddr};

use gleaner::{
    app::daemon,
    domain::{EditionState, EmailAddress},
    mail::deliverability::{Check, Dns, Sender, SigningKey, Topic, Verdict, examine},
};
use tokio_util::sync::CancellationToken;

use crate::{
    name_server::{Zone, answering, zone},
    program::{self, Program, monday, page, training_day},
};

const WELL_KEPT: Zone = &[
    ("sender.example", "TXT", "v=spf1 ip4:192.0.2.25 ~all"),
    ("sender.example", "TXT", "some-other-service=123"),
    ("sender.example", "MX", "mx.sender.example"),
    ("mx.sender.example", "A", "192.0.2.25"),
    ("s1._domainkey.sender.example", "TXT", "v=DKIM1; k=ed25519; p=AAAA"),
    ("_dmarc.sender.example", "TXT", "v=DMARC1; p=quarantine"),
    ("25.2.0.192.in-addr.arpa", "PTR", "mx.sender.example"),
];

fn sender() -> Sender {
    Sender {
        from: EmailAddress::parse("bulletin@sender.example").unwrap(),
        return_path: "sender.example".into(),
        keys: vec![SigningKey { selector: "s1".into(), domain: "sender.example".into(), record: "v=DKIM1; k=ed25519; p=AAAA".into() }],
        addresses: vec!["192.0.2.25".parse().unwrap()],
    }
}

async fn checks(records: Vec<(String, String, String)>, sender: &Sender) -> BTreeMap<&'static str, Check> {
    let dns = Dns::new(Some(answering(records).await)).unwrap();
    examine(&dns, sender).await.into_iter().map(|c| (c.topic.as_str(), c)).collect()
}

/// The well-kept domain without what stands under a name, and with other records instead.
fn but(name: &str, kind: &str, instead: &[&str]) -> Vec<(String, String, String)> {
    let mut records = zone(WELL_KEPT);
    records.retain(|(n, k, _)| !(n == name && k == kind));
    records.extend(instead.iter().map(|value| (name.to_owned(), kind.to_owned(), (*value).to_owned())));
    records
}

#[tokio::test]
async fn a_well_kept_domain_has_nothing_to_mend() {
    let checks = checks(zone(WELL_KEPT), &sender()).await;
    assert_eq!(checks.len(), 5);
    for check in checks.values() {
        assert_eq!(check.verdict, Verdict::Good, "{check:?}");
    }
}

/// Where, what type, what stands there instead, which check fails, and words of the reason.
type Case = (&'static str, &'static str, &'static [&'static str], Topic, &'static str);

#[tokio::test]
async fn each_mistake_is_found_and_named() {
    let cases: [Case; 15] = [
        ("sender.example", "TXT", &[], Topic::Spf, "names no machine"),
        ("sender.example", "TXT", &["v=spf1 ip4:192.0.2.99 -all"], Topic::Spf, "192.0.2.25 sends"),
        ("sender.example", "TXT", &["v=spf1 +all"], Topic::Spf, "the whole world"),
        ("sender.example", "TXT", &["v=spf1 mx -all", "v=spf1 a -all"], Topic::Spf, "2 SPF records"),
        ("sender.example", "TXT", &["v=spf1 include:sender.example -all"], Topic::Spf, "broken"),
        ("sender.example", "MX", &["."], Topic::Mx, "nobody takes mail"),
        ("sender.example", "MX", &[], Topic::Mx, "nobody takes mail"),
        ("s1._domainkey.sender.example", "TXT", &[], Topic::Dkim, "there is no key"),
        ("s1._domainkey.sender.example", "TXT", &["v=DKIM1; k=ed25519; p=BBBB"], Topic::Dkim, "not the one"),
        ("s1._domainkey.sender.example", "TXT", &["v=DKIM1; k=ed25519; p="], Topic::Dkim, "revoked"),
        ("s1._domainkey.sender.example", "TXT", &["v=DKIM1; t=y; p=AAAA"], Topic::Dkim, "for tests"),
        ("_dmarc.sender.example", "TXT", &[], Topic::Dmarc, "no DMARC policy"),
        ("_dmarc.sender.example", "TXT", &["v=DMARC1; rua=mailto:a@b.example"], Topic::Dmarc, "no policy (p=)"),
        ("25.2.0.192.in-addr.arpa", "PTR", &[], Topic::Ptr, "no reverse name"),
        ("25.2.0.192.in-addr.arpa", "PTR", &["else.example"], Topic::Ptr, "another machine"),
    ];
    for (name, kind, instead, topic, words) in cases {
        let found = checks(but(name, kind, instead), &sender()).await;
        let check = &found[topic.as_str()];
        assert_eq!(check.verdict, Verdict::Mend, "{name} {kind} {instead:?}: {check:?}");
        assert!(check.said.contains(words), "{}", check.said);
        let others = found.values().filter(|c| c.verdict != Verdict::Good).count();
        assert_eq!(others, 1, "only {topic} is to mend: {found:?}");
    }
}

#[tokio::test]
async fn the_record_to_publish_is_the_one_that_mends_it() {
    for (name, kind) in [("sender.example", "TXT"), ("s1._domainkey.sender.example", "TXT"), ("_dmarc.sender.example", "TXT")] {
        let broken = checks(but(name, kind, &[]), &sender()).await;
        let record = broken.values().find_map(|c| c.publish.clone()).unwrap();
        assert_eq!(record.name, name);
        let mut mended = but(name, kind, &[]);
        mended.push((record.name, record.kind.to_owned(), record.value));
        for check in checks(mended, &sender()).await.values() {
            assert_eq!(check.verdict, Verdict::Good, "{check:?}");
        }
    }
}

#[tokio::test]
async fn alignment_is_as_strict_as_the_policy_says() {
    let mut below = sender();
    below.from = EmailAddress::parse("bulletin@news.sender.example").unwrap();
    let mut records = zone(WELL_KEPT);
    records.push(("news.sender.example".into(), "MX".into(), "mx.sender.example".into()));
    assert_eq!(checks(records.clone(), &below).await["dmarc"].verdict, Verdict::Good, "the policy of the domain above holds, relaxed");
    records.retain(|(name, ..)| !name.starts_with("_dmarc"));
    records.push(("_dmarc.sender.example".into(), "TXT".into(), "v=DMARC1; p=reject; adkim=s; aspf=s".into()));
    assert!(checks(records, &below).await["dmarc"].said.contains("neither"));
    let mut stranger = sender();
    stranger.keys[0].domain = "relay.example".into();
    assert!(checks(zone(WELL_KEPT), &stranger).await["dkim"].said.contains("aligned"));
}

#[tokio::test]
async fn a_dumb_name_server_proves_nothing() {
    // Bound, and never read.
    let dumb = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    tokio::time::pause();
    let dns = Dns::new(Some(dumb.local_addr().unwrap())).unwrap();
    for check in examine(&dns, &sender()).await {
        assert_eq!(check.verdict, Verdict::Unknown, "{check:?}");
    }
}

#[tokio::test]
async fn without_knowing_the_machine_nothing_is_claimed() {
    let anywhere = Sender { addresses: Vec::<IpAddr>::new(), keys: Vec::new(), ..sender() };
    let found = checks(zone(WELL_KEPT), &anywhere).await;
    assert_eq!((found["spf"].verdict, found["ptr"].verdict), (Verdict::Unknown, Verdict::Unknown));
    assert!(found["dkim"].said.contains("not signed"));
}

/// A scheduled bulletin in production mode whose domain has no records at all.
async fn in_production(accepted: &str) -> Program {
    let server = answering(Vec::new()).await;
    let bulletin = format!(
        "schedule = \"0 7 * * TUE\"\napproval = \"auto\"\n{accepted}\n[deliverability]\nenforce = true\nresolver = \"{server}\"\naddresses = [\"192.0.2.25\"]"
    );
    let program = Program::new(&bulletin, &page(&[training_day("Collections care training for museum staff", "2027-03-16T10:00:00+00:00")])).await;
    let app = program.at(monday()).await;
    program::collect(&app).await;
    program::subscribe(&app, &["one@reader.example"]).await;
    app.store.close().await;
    program
}

async fn on_tuesday(program: &Program) -> (EditionState, Option<String>) {
    let app = program.at("2027-03-02T07:00:05Z".parse().unwrap()).await;
    let bulletin = program::bulletin(&app).await;
    daemon::tend(&app, &bulletin, &CancellationToken::new()).await.unwrap();
    let edition = app.store.editions(bulletin.id).await.unwrap().remove(0);
    app.store.close().await;
    (edition.state, edition.held_because)
}

#[tokio::test]
async fn in_production_a_failing_domain_holds_the_edition_and_says_why() {
    let program = in_production("").await;
    let (state, because) = on_tuesday(&program).await;
    let because = because.unwrap();
    assert_eq!(state, EditionState::Held);
    for topic in ["spf (", "dkim (", "dmarc (", "ptr (", "mx (", "send_despite"] {
        assert!(because.contains(topic), "{topic}: {because}");
    }
    assert!(program.outbox().is_empty());
}

#[tokio::test]
async fn what_its_owner_accepted_by_name_goes() {
    let program = in_production("send_despite = [\"spf\", \"dkim\", \"dmarc\", \"ptr\", \"mx\", \"unsubscribe\"]").await;
    assert_eq!(on_tuesday(&program).await.0, EditionState::Sent);
    assert_eq!(program.outbox().len(), 1);
    let program = in_production("send_despite = [\"spf\", \"dkim\", \"dmarc\", \"ptr\", \"mx\"]").await;
    let (state, because) = on_tuesday(&program).await;
    assert_eq!(state, EditionState::Held);
    assert!(because.unwrap().contains("unsubscribe ("), "what was not accepted still counts");
}
