//! What is said about one message: MAIL, RCPT and DATA in one go where the server offers PIPELINING (RFC 2920), the content, and what the
//! answers mean.
//!
//! Never takes a message for lost unless its final dot may have left, and never for taken unless the server said so.

use std::{fmt::Write as _, time::Duration};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt, Rset},
        extension::MailParameter,
    },
};
use tokio::{io::AsyncWriteExt, time::timeout};

use super::{Handed, Message, wire::Wire};
use crate::domain::text;

/// For all that is said about one message. Shorter than the lease of a delivery, so that a live process always records before it ends.
const PATIENCE: Duration = Duration::from_mins(5);

/// What the server said it can do that matters here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offers {
    pub pipelining: bool,
    pub smtputf8: bool,
}

impl Offers {
    /// From the lines of its answer to EHLO.
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut offers = Self::default();
        for line in lines {
            let keyword = line.split_whitespace().next().unwrap_or_default();
            offers.pipelining |= keyword.eq_ignore_ascii_case("PIPELINING");
            offers.smtputf8 |= keyword.eq_ignore_ascii_case("SMTPUTF8");
        }
        offers
    }
}

/// One open connection.
pub struct Conversation {
    /// The socket that lettre reads from, to write past it.
    wire: Wire,
    client: AsyncSmtpConnection,
    offers: Offers,
    /// A transaction was begun and not ended: RSET before the next.
    dirty: bool,
    /// The final dot may have left and no answer has come.
    in_doubt: bool,
    /// Kept for its memory.
    out: Vec<u8>,
}

impl std::fmt::Debug for Conversation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conversation").field("offers", &self.offers).finish_non_exhaustive()
    }
}

impl Conversation {
    pub(super) fn new(wire: Wire, client: AsyncSmtpConnection, offers: Offers) -> Self {
        Self { wire, client, offers, dirty: false, in_doubt: false, out: Vec::new() }
    }

    /// Hands one message over and says what the server did with it. Dropped before its end, [`Conversation::given_up`] says what is known.
    pub async fn send(&mut self, message: &Message) -> Handed {
        match timeout(PATIENCE, self.transaction(message)).await {
            Ok(handed) => handed,
            Err(_) => self.given_up(&format!("no answer within {} s", PATIENCE.as_secs())),
        }
    }

    /// What is known of a message whose answer is not waited for.
    #[must_use]
    pub fn given_up(&self, why: &str) -> Handed {
        if self.in_doubt { Handed::Lost(format!("{why}, after the final dot")) } else { Handed::Away(why.to_owned()) }
    }

    /// Leaves politely; an error here changes nothing.
    pub async fn quit(mut self) {
        let _ = timeout(Duration::from_secs(2), self.client.quit()).await;
    }

    async fn transaction(&mut self, message: &Message) -> Handed {
        self.in_doubt = false;
        let (mail, rcpt) = match self.envelope(message) {
            Ok(both) => both,
            Err(said) => return Handed::Refused(said),
        };
        let reset = std::mem::replace(&mut self.dirty, true);
        let agreed = if self.offers.pipelining { self.in_one_go(reset, mail, rcpt).await } else { self.one_by_one(reset, mail, rcpt).await };
        match agreed {
            Ok(()) => self.content(message).await,
            Err(refused) => refused,
        }
    }

    fn envelope(&self, message: &Message) -> Result<(Mail, Rcpt), String> {
        let parse = |a: &str| a.parse::<Address>().map_err(|e| format!("the address cannot be written in SMTP: {e}"));
        let (from, to) = (&message.envelope.from, &message.envelope.to);
        let mut options = Vec::new();
        if to.needs_utf8() || from.needs_utf8() {
            if !self.offers.smtputf8 {
                return Err("the relay does not offer SMTPUTF8, which this address needs".into());
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        Ok((Mail::new(Some(parse(from.as_str())?), options), Rcpt::new(parse(to.as_str())?, Vec::new())))
    }

    /// All commands in one packet. The first refusal counts; what the server says to the rest follows from it.
    async fn in_one_go(&mut self, reset: bool, mail: Mail, rcpt: Rcpt) -> Result<(), Handed> {
        let mut commands = if reset { Rset.to_string() } else { String::new() };
        let _ = write!(commands, "{mail}{rcpt}{Data}");
        // A server that has left may have said why: its words are read before the error counts.
        let written = self.write(commands.as_bytes()).await;
        if reset {
            self.client.read_response().await.map_err(|e| away(&e))?;
        }
        let mail = self.client.read_response().await.err().map(|e| refused_sender(&e));
        if matches!(mail, Some(Handed::Away(_))) {
            return mail.map_or(Ok(()), Err);
        }
        let rcpt = self.client.read_response().await.err().map(|e| answer(&e));
        let refused = mail.or(rcpt);
        if matches!(refused, Some(Handed::Away(_))) {
            return refused.map_or(Ok(()), Err);
        }
        let data = self.client.read_response().await;
        if refused.is_some() && data.is_ok() {
            // A server that asks for the content all the same is given none (RFC 2920 s3.1).
            let _ = self.write(b".\r\n").await;
            let _ = self.client.read_response().await;
        }
        let refused = refused.or(data.err().map(|e| answer(&e)));
        match (refused, written) {
            (Some(refused), _) => Err(refused),
            (None, Err(e)) => Err(Handed::Away(said_text(&e.to_string()))),
            (None, Ok(())) => Ok(()),
        }
    }

    /// Each command after the answer to the one before; after a refusal the rest is not said.
    async fn one_by_one(&mut self, reset: bool, mail: Mail, rcpt: Rcpt) -> Result<(), Handed> {
        if reset {
            self.client.command(Rset).await.map_err(|e| away(&e))?;
        }
        self.client.command(mail).await.map_err(|e| refused_sender(&e))?;
        self.client.command(rcpt).await.map_err(|e| answer(&e))?;
        self.client.command(Data).await.map_err(|e| answer(&e))?;
        Ok(())
    }

    async fn content(&mut self, message: &Message) -> Handed {
        self.out.clear();
        stuffed(&message.bytes, &mut self.out);
        self.out.extend_from_slice(b".\r\n");
        let out = std::mem::take(&mut self.out);
        let written = self.write_with_dot(&out).await;
        self.out = out;
        if let Err(e) = written {
            return self.given_up(&said_text(&e.to_string()));
        }
        match self.client.read_response().await {
            Ok(response) => {
                (self.dirty, self.in_doubt) = (false, false);
                let said: Vec<&str> = response.message().collect();
                Handed::Accepted(said_text(&format!("{} {}", response.code(), said.join(" "))))
            }
            Err(e) if e.status().is_some() => {
                (self.dirty, self.in_doubt) = (false, false);
                answer(&e)
            }
            Err(e) => Handed::Lost(words(&e)),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.wire.write_all(bytes).await?;
        self.wire.flush().await
    }

    /// In doubt from the call that hands the last byte to the system, and not before: until then the server cannot have the message.
    async fn write_with_dot(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            self.in_doubt = true;
            let written = self.wire.write(rest).await?;
            rest = rest.get(written..).unwrap_or_default();
            self.in_doubt = rest.is_empty();
            if written == 0 {
                return Err(std::io::ErrorKind::WriteZero.into());
            }
        }
        self.wire.flush().await
    }
}

/// The content as it goes over the wire: dots at the start of a line doubled (RFC 5321 s4.5.2), a line end at its end.
#[allow(clippy::needless_bitwise_bool, reason = "without branches the loop is vectorised: every byte of every mail passes here")]
fn stuffed(content: &[u8], out: &mut Vec<u8>) {
    out.reserve(content.len() + 16);
    // What `message` makes begins no line with a dot, and one look costs less than copying line by line.
    let first = content.first() == Some(&b'.');
    let inside = content.iter().zip(content.iter().skip(1)).fold(false, |found, (a, b)| found | ((*a == b'\n') & (*b == b'.')));
    if first || inside {
        for line in content.split_inclusive(|b| *b == b'\n') {
            if line.starts_with(b".") {
                out.push(b'.');
            }
            out.extend_from_slice(line);
        }
    } else {
        out.extend_from_slice(content);
    }
    if !content.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
}

/// An answer to RCPT, DATA or the message: 4xx is for now, 5xx for good; 421 is the server leaving, nobody's fault.
fn answer(e: &Error) -> Handed {
    match e.status().map(u16::from) {
        None | Some(421) => away(e),
        Some(400..=499) => Handed::Deferred(words(e)),
        Some(_) => Handed::Refused(words(e)),
    }
}

/// An answer to MAIL: the server does not know the reader yet, so a permanent no is about us. 552 is about this message's size.
fn refused_sender(e: &Error) -> Handed {
    match e.status().map(u16::from) {
        Some(code @ 500..=599) if code != 552 => Handed::Wrong(format!(
            "the relay does not take mail from this sender: {}; check the bulletin's from_address, mail.return_path, mail.smtp.username and mail.smtp.tls",
            words(e)
        )),
        _ => answer(e),
    }
}

fn away(e: &Error) -> Handed {
    Handed::Away(words(e))
}

/// The server's own words with the code before them, or what went wrong on the way.
pub(super) fn words(e: &Error) -> String {
    let source = std::error::Error::source(e).map(ToString::to_string);
    match (e.status(), source) {
        (Some(code), Some(said)) => said_text(&format!("{code} {said}")),
        (_, Some(why)) => said_text(&why),
        _ => said_text(&e.to_string()),
    }
}

fn said_text(s: &str) -> String {
    text::single_line(s, 500)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_server_offers_is_read_from_its_answer() {
        let offers = |lines: &[&str]| Offers::read(lines.iter().copied());
        assert_eq!(offers(&["relay.example", "PIPELINING", "SIZE 1000", "smtputf8"]), Offers { pipelining: true, smtputf8: true });
        assert_eq!(offers(&["PIPELININGS.example", ""]), Offers::default());
    }

    #[test]
    fn a_dot_at_the_start_of_a_line_is_doubled_and_no_other() {
        let out = |content: &[u8]| {
            let mut out = Vec::new();
            stuffed(content, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(out(b".a\r\n.\r\nb.c\r\n"), "..a\r\n..\r\nb.c\r\n");
        assert_eq!(out(b"a.\r\nb"), "a.\r\nb\r\n");
        assert_eq!(out(b""), "\r\n");
    }

    proptest! {
        #[test]
        fn content_never_ends_itself(content in "[.a\r\n]{0,60}") {
            let content = content.replace('\n', "\r\n");
            let mut out = Vec::new();
            stuffed(content.as_bytes(), &mut out);
            prop_assert!(!String::from_utf8(out).unwrap().split_inclusive("\r\n").any(|l| l == ".\r\n"));
        }
    }
}
