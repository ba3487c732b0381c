//! Through a real mail server: Debian's Postfix takes an edition and puts it into a Maildir, where every message is read again.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    process::Command,
};

use gleaner::{
    mail::{Login, Security, Smtp, Transport},
    store::delivery::Counts,
};
use mail_parser::{MessageParser, MimeHeaders};

use crate::{
    dkim::has,
    edition::{HTML, TEXT, TestEdition, address, smtp},
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
async fn postfix_delivers_an_edition_and_every_mail_reads_as_it_was_meant() {
    if has("Postfix (as root)", is_there()) {
        through_postfix(500, HTML, TEXT, &["Zoë’s course, £25", "You asked Culture Body for Culture Bulletin."]).await;
    }
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

/// Sends an edition with these bodies to so many readers; `says` must be in both parts of every mail.
pub async fn through_postfix(readers: usize, html: &str, text: &str, says: &[&str]) {
    let edition = TestEdition::with_body(readers, html, text).await;
    let postfix = Postfix::start();
    let outcome = edition.deliver(&smtp(postfix.port, 8)).await.unwrap();
    assert_eq!(outcome.counts, Counts { sent: readers as u64, ..Counts::default() });
    postfix.drained().await;
    let mails = postfix.delivered();
    assert_eq!(mails.len(), readers);
    let mut recipients = HashSet::new();
    let mut ids = HashSet::new();
    for mail in &mails {
        let (to, id) = check(mail, says);
        recipients.insert(to);
        ids.insert(id);
    }
    assert_eq!(recipients, (0..readers).map(|n| address(n).to_string()).collect::<HashSet<_>>());
    assert_eq!(ids.len(), readers);
}

/// Recipient and Message-ID of a mail that holds what it must.
fn check(mail: &[u8], says: &[&str]) -> (String, String) {
    let parsed = MessageParser::default().parse(mail).unwrap();
    assert!(parsed.content_type().is_some_and(|c| c.ctype() == "multipart" && c.subtype() == Some("alternative")));
    assert_eq!((parsed.text_body_count(), parsed.html_body_count(), parsed.attachment_count()), (1, 1, 0));
    let (text, html) = (parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap());
    for words in says {
        assert!(text.contains(words) && html.contains(words), "{words} is missing");
    }
    let header = |name: &str| parsed.header_raw(name).unwrap_or_else(|| panic!("no {name}")).trim().to_owned();
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(header("List-Id").ends_with("<culture.sender.example>"));
    let unsubscribe = header("List-Unsubscribe");
    let link = unsubscribe.split(['<', '>']).nth(1).unwrap();
    assert!(link.starts_with("https://") && unsubscribe.contains("<mailto:") && text.contains(link) && html.contains(link));
    assert_eq!(parsed.subject(), Some("Three courses – one closes on Friday"));
    assert!(parsed.date().is_some() && header("MIME-Version") == "1.0" && header("Feedback-ID").contains(":culture:"));
    let to = parsed.to().and_then(|t| t.first()).unwrap();
    let number = to.address().unwrap().trim_start_matches("reader").split('@').next().unwrap().to_owned();
    assert_eq!(to.name(), Some(format!("Reader {number}").as_str()));
    assert!(text.starts_with(&format!("Hello Reader {number},")));
    (to.address().unwrap().to_owned(), parsed.message_id().unwrap().to_owned())
}
