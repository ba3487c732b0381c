//! Relays that are not what they should be: they leave at once, speak nonsense, say too much or nothing, show the wrong certificate. Each is
//! named with the setting to look at, costs no attempt, and holds nobody up.

use std::{path::Path, process::Command, sync::Arc};

use gleaner::mail::{Login, Security, Smtp, Transport};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use crate::{
    cli::Program,
    dkim::has,
    edition::{TestEdition, smtp},
    smtp_sink::{Answer, Sink},
};

fn relay(port: u16) -> Smtp {
    Smtp { host: "127.0.0.1".into(), port, security: Security::None, login: None::<Login>, connections: 1 }
}

/// Says `greeting`, and `reply` to the first line that comes; then leaves.
async fn saying(greeting: Vec<u8>, reply: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (greeting, reply) = (greeting.clone(), reply.clone());
            tokio::spawn(async move {
                let (read, mut write) = stream.split();
                let mut read = BufReader::new(read);
                let mut line = String::new();
                let _ = write.write_all(&greeting).await;
                let _ = read.read_line(&mut line).await;
                let _ = write.write_all(&reply).await;
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_understood_is_no_relay() {
    let many_lines = b"250-x\r\n".repeat(1_500_000);
    let one_line = [b"250 ".to_vec(), vec![b'x'; 10_000_000], b"\r\n".to_vec()].concat();
    let hello = || b"220 relay\r\n".to_vec();
    let cases: [(&str, Vec<u8>, Vec<u8>, &str); 7] = [
        ("421 at connect", b"421 4.7.0 too busy\r\n".to_vec(), Vec::new(), "421 4.7.0 too busy"),
        ("another protocol", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), Vec::new(), "did not greet"),
        ("bytes", [vec![0xFF; 900], b"\n".to_vec()].concat(), Vec::new(), "did not greet"),
        ("nonsense after a good start", hello(), b"banana\r\n".to_vec(), "did not greet"),
        ("ten megabytes in lines", hello(), many_lines, "did not greet"),
        ("ten megabytes in a line", hello(), one_line, "did not greet"),
        ("421 to EHLO", hello(), b"421 not now\r\n".to_vec(), "421 not now"),
    ];
    for (what, greeting, reply, says) in cases {
        let port = saying(greeting, reply).await;
        let error = relay(port).connect().await.unwrap_err();
        assert!(error.said.contains(says) && error.said.contains("mail.smtp.port") && !error.for_good, "{what}: {error}");
        assert!(error.said.len() < 1_000, "{what}: {} bytes of words", error.said.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_greeting_that_never_comes_is_waited_for_a_minute() {
    let port = saying(Vec::new(), Vec::new()).await;
    let error = relay(port).connect().await.unwrap_err();
    assert!(error.said.contains("did not answer within 60 s") && !error.for_good, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_answers_nonsense_in_the_middle_of_a_message_costs_no_attempt() {
    let edition = TestEdition::published(6).await;
    let sink = Sink::deciding(|to, before| match (to, before) {
        ("reader2@reader.example", 0) => Answer::Nonsense,
        ("reader3@reader.example", 0) => Answer::Flood,
        _ => Answer::Take,
    })
    .await;
    let outcome = edition.deliver(&smtp(sink.port, 2)).await.unwrap();
    assert_eq!((outcome.counts.sent, sink.count()), (6, 6));
    let attempts: i64 = sqlx::query_scalar("SELECT SUM(attempts) FROM delivery").fetch_one(edition.store.read()).await.unwrap();
    assert_eq!(attempts, 6);
}

/// A key and a certificate for 127.0.0.1 or another name, by an authority of our own, good or not any more; or signed by itself.
fn certificate(dir: &Path, name: &str, alternative: &str, days: &str) {
    let run = |args: &[&str]| {
        let out = Command::new("openssl").args(args).current_dir(dir).output().unwrap();
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    };
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let (key, request, file, extensions) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"), format!("{name}.ext"));
    if !dir.join("ca.pem").exists() {
        run(&[&["req", "-x509"][..], &curve, &["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority", "-days", "2"]].concat());
    }
    std::fs::write(dir.join(&extensions), format!("subjectAltName={alternative}")).unwrap();
    run(&[&["req", "-new"][..], &curve, &["-keyout", &key, "-out", &request, "-subj", "/CN=relay"]].concat());
    let signer: &[&str] = if name == "itself" { &["-signkey", &key] } else { &["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"] };
    run(&[&["x509", "-req", "-in", &request, "-days", days, "-extfile", &extensions, "-out", &file][..], signer].concat());
}

/// A relay with TLS from the first byte, which greets and answers 250 to everything.
async fn tls_relay(dir: &Path, name: &str) -> u16 {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let chain = vec![CertificateDer::from_pem_file(dir.join(format!("{name}.pem"))).unwrap()];
    let key = PrivateKeyDer::from_pem_file(dir.join(format!("{name}.key"))).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(tls) = acceptor.accept(tcp).await else { return };
                let mut tls = BufReader::new(tls);
                let _ = tls.write_all(b"220 relay\r\n").await;
                let _ = tls.flush().await;
                let mut line = String::new();
                while tls.read_line(&mut line).await.is_ok_and(|n| n > 0) {
                    let _ = tls.write_all(b"250 ok\r\n").await;
                    let _ = tls.flush().await;
                    line.clear();
                }
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_certificate_is_named_with_what_is_wrong_and_what_to_do() {
    if !has("openssl", Command::new("openssl").arg("version").output().is_ok_and(|o| o.status.success())) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let cases = [
        ("good", "IP:127.0.0.1", "2", "can be reached"),
        ("name", "DNS:elsewhere.example", "2", "certificate is for"),
        ("expired", "IP:127.0.0.1", "-1", "has run out; its operator must renew it"),
        ("itself", "IP:127.0.0.1", "2", "self-signed"),
    ];
    for (name, alternative, days, says) in cases {
        certificate(dir.path(), name, alternative, days);
        let port = tls_relay(dir.path(), name).await;
        let program = Program::new();
        let config = format!("[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"implicit\"\n");
        let config = program.write("gleaner.toml", &config);
        let authority = dir.path().join("ca.pem");
        let said =
            tokio::task::spawn_blocking(move || program.said(&["--config", &config, "check"], &[("SSL_CERT_FILE", &authority)])).await.unwrap();
        let line = said.lines().find(|l| l.contains("mail (smtp)")).unwrap_or_default().to_owned();
        assert!(line.contains(says), "{name}: {said}");
        assert!(name == "good" || line.contains("mail.smtp.tls"), "{name}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_relays_the_one_that_works_sends_everything() {
    let edition = TestEdition::published(40).await;
    let refusing = saying(b"421 4.7.0 too busy\r\n".to_vec(), Vec::new()).await;
    let sink = Sink::taking_all().await;
    let both = crate::relays::relays([("first", refusing, 1), ("second", sink.port, 1)]);
    let outcome = edition.deliver(&both).await.unwrap();
    assert_eq!((outcome.counts.sent, sink.count()), (40, 40));
    let burnt: i64 = sqlx::query_scalar("SELECT SUM(attempts) FROM delivery").fetch_one(edition.store.read()).await.unwrap();
    assert_eq!(burnt, 40);
    let neither = crate::relays::relays([("first", refusing, 1), ("second", refusing, 1)]);
    let other = TestEdition::published(2).await;
    let error = other.deliver(&neither).await.unwrap_err().to_string();
    assert!(error.contains("first: ") && error.contains("second: ") && error.contains("2 mails wait"), "{error}");
    let _: &Transport = &neither;
}
