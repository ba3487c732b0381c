//! Through a real mail server: Debian's Postfix takes an edition and puts it into a Maildir, where every message is read again.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    process::Command,
};

use gleaner::mail::{Login, Security, Smtp, Transport};
use mail_parser::{MessageParser, MimeHeaders};

use crate::{
    cli::Program,
    dkim::has,
    edition::TestEdition,
    site::{Answer, Site},
};

/// A Postfix of its own on a free port; stopped when dropped.
struct Postfix {
    dir: tempfile::TempDir,
    port: u16,
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postfix.sh")
}

impl Postfix {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let done = Command::new(script()).arg("start").arg(dir.path()).arg(port.to_string()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Self { dir, port }
    }

    fn delivered(&self) -> Vec<Vec<u8>> {
        let new = self.dir.path().join("mail/all/new");
        std::fs::read_dir(new).unwrap().map(|f| std::fs::read(f.unwrap().path()).unwrap()).collect()
    }

    /// Waits until its queue is empty: every message has come or bounced.
    async fn drained(&self) {
        let etc = self.dir.path().join("etc");
        for _ in 0..600 {
            let queue = Command::new("postqueue").arg("-c").arg(&etc).arg("-p").output().unwrap();
            if String::from_utf8_lossy(&queue.stdout).contains("queue is empty") {
                return;
            }
            // Another process's progress cannot be awaited; it is asked again, and the number of questions is bounded.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("Postfix still has mail: {}", std::fs::read_to_string(self.dir.path().join("log")).unwrap());
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new(script()).arg("stop").arg(self.dir.path()).output();
    }
}

/// Postfix's master needs root to start.
fn is_there() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0");
    root && Command::new("postconf").arg("mail_version").output().is_ok_and(|o| o.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_used_when_offered_and_its_certificate_checked_when_required() {
    if !has("Postfix (as root)", is_there()) {
        return;
    }
    let edition = TestEdition::published(3).await;
    let postfix = Postfix::start();
    let relay = |security, login| Transport::Smtp(Smtp { host: "127.0.0.1".into(), port: postfix.port, security, login, connections: 1 });
    let password = Login { username: "u".into(), password: "p".to_owned().into() };
    for (security, login) in [(Security::StarttlsRequired, None), (Security::Starttls, Some(password))] {
        let error = edition.deliver(&relay(security, login)).await.unwrap_err().to_string();
        assert!(error.contains("TLS with") && error.contains("certificate") && error.contains("3 mails wait"), "{security}: {error}");
    }
    edition.deliver(&relay(Security::Starttls, None)).await.unwrap();
    postfix.drained().await;
    let mails = postfix.delivered();
    assert_eq!(mails.len(), 3);
    assert!(mails.iter().all(|m| String::from_utf8_lossy(m).contains("with ESMTPS id")));
}

/// Readers of the edition.
const READERS: usize = 500;

const PAGE: &str = r#"<html><body><script type="application/ld+json">[
{"@type":"EducationEvent","name":"Label writing for museums: a training day","startDate":"2027-05-04T10:00:00+01:00","endDate":"2027-05-04T13:00:00+01:00",
"description":"A workshop for museum staff. Book your place.","location":{"@type":"Place","name":"Old Mill","address":{"@type":"PostalAddress","addressLocality":"Leeds"}},
"offers":{"@type":"Offer","price":"25.00","priceCurrency":"GBP"},"url":"https://museums.example/labels"},
{"@type":"EducationEvent","name":"Zoë’s course on object handling","startDate":"2027-05-06","description":"A course for museum staff and volunteers. Book your place.","url":"https://museums.example/objects"}
]</script></body></html>"#;

const CONFIG: &str = r#"
[web]
public_url = "https://news.sender.example"
[[organisation]]
slug = "body"
name = "Culture Body"
postal_address = "1 Quay Street, Hull HU1 1AA"
contact = "desk@sender.example"
[[bulletin]]
slug = "culture"
name = "Culture Bulletin"
from_name = "Culture Bulletin"
from_address = "bulletin@sender.example"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_program_sends_500_mails_through_postfix_and_each_reads_as_it_was_meant() {
    if !has("Postfix (as root)", is_there()) {
        return;
    }
    let site = Site::start().await;
    site.set("/events", Answer::ok("text/html; charset=utf-8", PAGE));
    let postfix = Postfix::start();
    let program = Program::new();
    let smtp =
        format!("[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"starttls\"\nconnections = 8\n", postfix.port);
    let config = program.write("gleaner.toml", &format!("{CONFIG}{smtp}"));
    let people: String = (0..READERS).map(|n| format!("reader{n}@reader.example,Reader {n}\n")).collect::<Vec<_>>().concat();
    let people = program.write("people.csv", &format!("email,name\n{people}"));
    let run = |args: &[&str]| program.json(&[&["--config", &config, "--as-of", "2027-03-01T09:00:00Z", "--json"], args].concat());
    run(&["source", "add", &site.url("/events"), "--provider", "Fens Museums"]);
    assert_eq!(run(&["collect"])["events"], 2);
    assert_eq!(run(&["subscribers", "import", &people, "--bulletin", "culture", "--basis", "consent", "--note", "test"])["imported"], READERS);
    let edition = run(&["edition", "draft", "--bulletin", "culture"])["edition"].as_str().unwrap().to_owned();
    run(&["edition", "approve", &edition]);
    let sent = run(&["edition", "send", &edition]);
    assert_eq!((sent["sent"].as_u64(), sent["queued"].as_u64(), sent["failed"].as_u64()), (Some(READERS as u64), Some(0), Some(0)));
    postfix.drained().await;
    let (mut recipients, mut ids) = (HashSet::new(), HashSet::new());
    for mail in postfix.delivered() {
        let (to, id) = check(&mail);
        assert!(recipients.insert(to), "one mail for each reader");
        ids.insert(id);
    }
    assert_eq!(recipients, (0..READERS).map(|n| format!("reader{n}@reader.example")).collect::<HashSet<_>>());
    assert_eq!(ids.len(), READERS);
}

/// Recipient and Message-ID of a mail that is valid MIME and holds the five facts, the links and the headers.
fn check(mail: &[u8]) -> (String, String) {
    let parsed = MessageParser::default().parse(mail).unwrap();
    assert!(parsed.content_type().is_some_and(|c| c.ctype() == "multipart" && c.subtype() == Some("alternative")));
    assert_eq!((parsed.text_body_count(), parsed.html_body_count(), parsed.attachment_count()), (1, 1, 0));
    let (text, html) = (parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap());
    let facts = ["Label writing for museums", "Tuesday 4 May 2027, 10am to 1pm", "Leeds", "Fens Museums", "£25"];
    for words in facts.into_iter().chain(["Zoë’s course", "Thursday 6 May 2027", "not stated"]) {
        assert!(text.contains(words) && html.contains(words), "{words} is missing in {text}");
    }
    let header = |name: &str| parsed.header_raw(name).unwrap_or_else(|| panic!("no {name}")).trim().to_owned();
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(header("List-Id").ends_with("<culture.sender.example>"));
    let unsubscribe = header("List-Unsubscribe");
    let link = unsubscribe.split(['<', '>']).nth(1).unwrap();
    assert!(link.starts_with("https://news.sender.example/unsubscribe/") && unsubscribe.contains("<mailto:"));
    assert!(text.contains(link) && html.contains(link));
    assert!(parsed.subject().is_some_and(|s| s.contains("Label writing")), "{:?}", parsed.subject());
    assert!(parsed.date().is_some() && header("MIME-Version") == "1.0" && header("Feedback-ID").contains(":culture:"));
    let to = parsed.to().and_then(|t| t.first()).unwrap();
    let number = to.address().unwrap().trim_start_matches("reader").split('@').next().unwrap().to_owned();
    assert_eq!(to.name(), Some(format!("Reader {number}").as_str()));
    assert!(text.contains(&format!("Hello Reader {number},")) && html.contains(&format!("Hello Reader {number},")));
    (to.address().unwrap().to_owned(), parsed.message_id().unwrap().to_owned())
}
