//! The connection to an IMAP server, with a limit on what one answer may hold.
//!
//! The library takes the length of a literal at its word and makes room for it, up to half a gigabyte: so lengths are read here, in passing,
//! and an answer that announces more than a message may have ends the connection.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::MOST_BYTES;
use crate::mail::tls::Encrypted;

/// Bytes of an answer outside literals: the numbers of a hundred thousand messages fit.
const MOST_WORDS: u64 = 1024 * 1024;

/// In the clear, or encrypted.
#[derive(Debug)]
pub enum Wire {
    Plain(TcpStream),
    Encrypted(Box<Encrypted>),
}

/// A connection whose answers are measured.
#[derive(Debug)]
pub struct Measured {
    wire: Wire,
    measure: Measure,
}

impl Measured {
    pub fn new(wire: Wire) -> Self {
        Self { wire, measure: Measure::default() }
    }

    pub fn into_wire(self) -> Wire {
        self.wire
    }
}

/// Where in an answer the stream is.
#[derive(Debug, Default)]
struct Measure {
    /// Bytes of the literal that are still to come.
    literal: u64,
    /// Bytes of literals in this answer.
    literals: u64,
    /// Bytes of this answer outside literals.
    words: u64,
    mark: Mark,
}

/// How much of `{123}` at the end of a line has been seen.
#[derive(Debug, Default, Clone, Copy)]
enum Mark {
    #[default]
    None,
    Open(u64),
    Closed(u64),
}

impl Measure {
    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut at = 0;
        while at < bytes.len() {
            if self.literal > 0 {
                let here = u64::try_from(bytes.len() - at).unwrap_or(u64::MAX).min(self.literal);
                self.literal -= here;
                at += usize::try_from(here).unwrap_or(usize::MAX);
            } else {
                self.word(bytes[at]);
                at += 1;
            }
            if self.words > MOST_WORDS || self.literals > MOST_BYTES {
                return Err(io::Error::other("an answer is larger than a message may be"));
            }
        }
        Ok(())
    }

    fn word(&mut self, byte: u8) {
        self.words += 1;
        self.mark = match (self.mark, byte) {
            (_, b'{') => Mark::Open(0),
            (Mark::Open(n), b'0'..=b'9') => Mark::Open(n.saturating_mul(10).saturating_add(u64::from(byte - b'0'))),
            (Mark::Open(n), b'}') => Mark::Closed(n),
            (Mark::Closed(n), b'\r') => Mark::Closed(n),
            (Mark::Closed(n), b'\n') => {
                self.literal = n;
                self.literals = self.literals.saturating_add(n);
                Mark::None
            }
            (_, b'\n') => {
                (self.words, self.literals) = (0, 0);
                Mark::None
            }
            _ => Mark::None,
        };
    }
}

impl AsyncRead for Measured {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let this = &mut *self;
        let done = match &mut this.wire {
            Wire::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Wire::Encrypted(tls) => Pin::new(tls.as_mut()).poll_read(cx, buf),
        };
        match done {
            // The library takes an end for the end of the answer: a message would seem to be gone, and never be read.
            Poll::Ready(Ok(())) if buf.filled().len() == before => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            Poll::Ready(Ok(())) => Poll::Ready(this.measure.pass(&buf.filled()[before..])),
            other => other,
        }
    }
}

impl AsyncWrite for Measured {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Wire::Encrypted(tls) => Pin::new(tls.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Wire::Encrypted(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Wire::Encrypted(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(answers: &str) -> bool {
        let whole = Measure::default().pass(answers.as_bytes()).is_ok();
        let mut measure = Measure::default();
        let by_byte = answers.bytes().all(|b| measure.pass(&[b]).is_ok());
        assert_eq!(whole, by_byte, "however it arrives");
        whole
    }

    #[test]
    fn literals_are_believed_up_to_the_largest_message() {
        assert!(passes("* 1 FETCH (BODY[] {5}\r\n{99999999999}\r\n)\r\na1 OK {9999999999} done\r\n"));
        assert!(passes(&format!("* 1 FETCH (BODY[] {{{MOST_BYTES}}}\r\n")));
        for bomb in ["* 1 FETCH (BODY[] {20971521}\r\n", "* LIST () {99999999999999999999999}\r\n", "* 1 FETCH (A {99000000}\n"] {
            assert!(!passes(bomb), "{bomb}");
        }
        let many = format!("{}) {{1}}\r\n", "* 1 FETCH (A {9000000}\r\n".to_owned() + &"x".repeat(9_000_000) + " B {12000000}\r\n");
        assert!(!passes(&many), "several literals of one answer count together");
    }

    #[test]
    fn a_line_without_end_is_cut_off() {
        assert!(!passes(&"* SEARCH 1 ".repeat(200_000)));
        assert!(passes(&"* SEARCH 1\r\n".repeat(200_000)));
    }
}
