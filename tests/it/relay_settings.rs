//! A relay that is set up wrongly: the run stops, loses nothing, and names the setting to look at.

use gleaner::{
    domain::EmailAddress,
    mail::{Login, Security, Smtp, Transport},
    store::delivery::Counts,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use crate::edition::TestEdition;

/// A server that says `greeting`, and to each command what `replies` has for its first word, or 250.
async fn scripted(greeting: &'static str, replies: &'static [(&'static str, &'static str)]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (read, mut write) = stream.split();
            let _ = write.write_all(format!("{greeting}\r\n").as_bytes()).await;
            let mut lines = BufReader::new(read).lines();
            let mut in_content = false;
            while let Ok(Some(line)) = lines.next_line().await {
                if in_content && line != "." {
                    continue;
                }
                let verb = line.get(..4).unwrap_or(&line);
                let reply = replies.iter().find(|(v, _)| *v == verb).map_or("250 ok", |(_, r)| r);
                in_content = verb == "DATA" && reply.starts_with('3');
                let _ = write.write_all(format!("{reply}\r\n").as_bytes()).await;
            }
        }
    });
    port
}

const DATA: (&str, &str) = ("DATA", "354 go on");

fn relay(port: u16, security: Security, with_password: bool) -> Transport {
    let login = with_password.then(|| Login { username: "desk".into(), password: "hunter2".to_owned().into() });
    Transport::Smtp(Smtp { host: "127.0.0.1".into(), port, security, login, connections: 2 })
}

/// Greeting, what the server says, how we connect, with a password or without, and what the error must say.
type Case = (&'static str, &'static [(&'static str, &'static str)], Security, bool, &'static str);

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_is_named_and_nothing_is_lost() {
    use Security::{Implicit, None as Plain, Starttls, StarttlsRequired};
    const AUTH: (&str, &str) = ("EHLO", "250-relay.test\r\n250 AUTH PLAIN LOGIN");
    let cases: [Case; 7] = [
        ("220 relay", &[AUTH, ("AUTH", "535 5.7.8 wrong")], Plain, true, "mail.smtp.password"),
        ("220 relay", &[], Plain, true, "mail.smtp.username"),
        ("220 relay", &[], StarttlsRequired, false, "mail.smtp.tls"),
        ("220 relay", &[AUTH], Starttls, true, "not sent in the clear"),
        ("220 relay", &[], Implicit, false, "mail.smtp.tls"),
        (
            "220 relay",
            &[("MAIL", "530 5.7.0 must authenticate first")],
            Plain,
            false,
            "530 5.7.0 must authenticate first; check the bulletin's from_address",
        ),
        ("554 go away", &[], Plain, false, "554 go away"),
    ];
    let edition = TestEdition::published(2).await;
    for (greeting, replies, security, with_password, says) in cases {
        let port = scripted(greeting, replies).await;
        let error = edition.deliver(&relay(port, security, with_password)).await.unwrap_err().to_string();
        assert!(error.contains(says) && error.contains("2 mails wait"), "{says}: {error}");
        assert!(!error.contains("hunter2"));
    }
    let burnt: i64 = sqlx::query_scalar("SELECT SUM(attempts) FROM delivery").fetch_one(edition.store.read()).await.unwrap();
    assert_eq!(burnt, 0);
    let port = scripted("220 relay", &[AUTH, ("AUTH", "235 in"), DATA]).await;
    assert_eq!(edition.deliver(&relay(port, Plain, true)).await.unwrap().counts, Counts { sent: 2, ..Counts::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_only_smtputf8_can_carry_fails_alone_where_it_is_not_offered() {
    let edition = TestEdition::published(3).await;
    let international = EmailAddress::parse("jö@reader.example").unwrap();
    sqlx::query("UPDATE delivery SET email = $1 WHERE email = 'reader1@reader.example'")
        .bind(international.as_str())
        .execute(edition.store.write())
        .await
        .unwrap();
    let port = scripted("220 relay", &[DATA]).await;
    let outcome = edition.deliver(&relay(port, Security::None, false)).await.unwrap();
    assert_eq!(outcome.counts, Counts { sent: 2, failed: 1, ..Counts::default() });
}
