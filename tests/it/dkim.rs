//! DKIM signatures as an independent program reads them (dkimpy, when Python has it).

use std::{io::Write, path::Path, process::Command, sync::Arc};

use gleaner::mail::{Dkim, Memory, Transport};
use tokio_util::sync::CancellationToken;

use crate::edition::{TestEdition, settings, start};

const VERIFY: &str = r"
import sys, time, dkim
time.time = lambda: 1803891700  # shortly after the tests' own now: a signature from the future is refused
record = sys.argv[1].encode()
message = sys.stdin.buffer.read()
def dns(name, timeout=5):
    return record if name == b's1._domainkey.sender.example.' else None
d = dkim.DKIM(message)
index = int(sys.argv[2])
sys.exit(0 if d.verify(idx=index, dnsfunc=dns) else 1)
";

fn available(command: &mut Command) -> bool {
    command.output().is_ok_and(|o| o.status.success())
}

/// True when the test can run; says why not otherwise, and fails where everything is required.
pub fn has(what: &str, there: bool) -> bool {
    if !there {
        assert_ne!(std::env::var("GLEANER_TEST_REQUIRE").as_deref(), Ok("all"), "{what} is required and missing");
        println!("skipped: {what} is missing");
    }
    there
}

/// A Python that has dkimpy: the first in the PATH, or the system's own.
fn python() -> Option<&'static str> {
    ["python3", "/usr/bin/python3"].into_iter().find(|p| available(Command::new(p).args(["-c", "import dkim"])))
}

/// Whether the message's signature with this number, from the top, holds.
fn verifies(message: &[u8], record: &str, number: usize) -> bool {
    let mut python =
        Command::new(python().unwrap()).args(["-c", VERIFY, record, &number.to_string()]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(message).unwrap();
    python.wait().unwrap().success()
}

fn openssl(dir: &Path, args: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(args).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

async fn signed(dkim: Dkim) -> Vec<u8> {
    let edition = TestEdition::published(1).await;
    let memory = Memory::default();
    let mut settings = settings(edition.dir.path());
    settings.dkim = Some(dkim);
    let transport = Transport::Memory(memory.clone());
    let stop = CancellationToken::new();
    gleaner::bulletin::deliver::deliver(&edition.store, &transport, &settings, edition.edition, start(), Arc::new(|_| {}), stop).await.unwrap();
    memory.messages().remove(0).bytes
}

#[tokio::test]
async fn signatures_verify_and_cover_the_unsubscribe_headers() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let tools = python().is_some() && available(Command::new("openssl").arg("version"));
    if !has("dkimpy or openssl", tools) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut kinds = vec![("rsa", vec!["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa.pem"])];
    if has("PyNaCl", available(Command::new("python3").args(["-c", "import nacl"]))) {
        kinds.push(("ed25519", vec!["genpkey", "-algorithm", "ED25519", "-out", "ed25519.pem"]));
    }
    let mut keys = Vec::new();
    for (kind, generate) in kinds {
        openssl(dir.path(), &generate);
        let file = format!("{kind}.pem");
        let public = openssl(dir.path(), &["pkey", "-in", &file, "-pubout", "-outform", "DER"]);
        // RFC 8463 s4: for Ed25519 the record holds the bare 32 bytes.
        let bare = if kind == "ed25519" { &public[public.len() - 32..] } else { &public[..] };
        let record = format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(bare));
        let key = std::fs::read(dir.path().join(&file)).unwrap();
        let message = signed(Dkim::from_pem("s1", "sender.example", &key).unwrap()).await;
        assert!(verifies(&message, &record, 0), "{kind}: {}", String::from_utf8_lossy(&message));
        for (was, becomes) in [
            ("Unsubscribe-Post: List-Unsubscribe=One-Click", "Unsubscribe-Post: List-Unsubscribe=None"),
            ("Hello Reader 0", "Hello Reader 1"),
            ("<https://bulletin.example/", "<https://elsewhere.example/"),
        ] {
            let forged = String::from_utf8(message.clone()).unwrap().replacen(was, becomes, 1);
            assert_ne!(forged.as_bytes(), message, "{was}");
            assert!(!verifies(forged.as_bytes(), &record, 0), "{kind}: {was} is not under the signature");
        }
        let two_senders = [b"From: Somebody <somebody@elsewhere.example>\r\n".as_slice(), &message].concat();
        assert!(!verifies(&two_senders, &record, 0), "{kind}: another From can be added");
        keys.push((key, record));
    }
    // Signed with both, each holds by itself.
    if let [(one, first), (two, second)] = &keys[..] {
        let both = Dkim::from_pem("s1", "sender.example", one).unwrap().and(&Dkim::from_pem("s1", "sender.example", two).unwrap());
        let message = signed(both).await;
        assert!(verifies(&message, first, 0) && verifies(&message, second, 1), "{}", String::from_utf8_lossy(&message));
    }
}
