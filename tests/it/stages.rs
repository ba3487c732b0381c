//! A connection that breaks at each stage of a conversation: nobody is skipped, and at most the message it broke at comes twice, under the
//! same Message-ID; with and without PIPELINING.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

use gleaner::store::delivery::Counts;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::edition::{TestEdition, smtp};

/// Where the connection is reset, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connect,
    Banner,
    Ehlo,
    Mail,
    Rcpt,
    Data,
    GoAhead,
    Content,
    /// The whole message has come; it is kept or not, and no answer goes out.
    DotNotKept,
    DotKept,
    /// The answer has gone out.
    Answered,
}

#[derive(Clone)]
struct Server {
    pipelining: bool,
    breaks_at: Arc<Mutex<Option<Stage>>>,
    /// Messages before it breaks.
    after: usize,
    by_id: Arc<Mutex<HashMap<String, usize>>>,
}

impl Server {
    async fn start(pipelining: bool, stage: Stage) -> (Self, u16) {
        // The first stages come before any message.
        let after = if matches!(stage, Stage::Connect | Stage::Banner | Stage::Ehlo) { 0 } else { 5 };
        let server = Self { pipelining, breaks_at: Arc::new(Mutex::new(Some(stage))), after, by_id: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let running = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // With no linger, closing resets the connection, as a server that dies does.
                stream.set_zero_linger().unwrap();
                let server = running.clone();
                tokio::spawn(async move { server.converse(stream).await });
            }
        });
        (server, port)
    }

    /// An error, which ends the conversation, when it is to break here.
    fn reach(&self, stage: Stage) -> io::Result<()> {
        let mut at = self.breaks_at.lock().unwrap();
        if *at == Some(stage) && self.taken() >= self.after {
            *at = None;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }

    fn taken(&self) -> usize {
        self.by_id.lock().unwrap().values().sum()
    }

    async fn converse(self, mut stream: TcpStream) -> io::Result<()> {
        self.reach(Stage::Connect)?;
        let (read, mut out) = stream.split();
        out.write_all(b"220 stages.example\r\n").await?;
        self.reach(Stage::Banner)?;
        let mut lines = BufReader::new(read);
        let mut line = String::new();
        loop {
            line.clear();
            if lines.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let reply = match line.get(..4).unwrap_or_default() {
                "EHLO" => {
                    self.reach(Stage::Ehlo)?;
                    if self.pipelining { "250-stages.example\r\n250 PIPELINING\r\n" } else { "250 stages.example\r\n" }
                }
                "MAIL" => self.reach(Stage::Mail).map(|()| "250 ok\r\n")?,
                "RCPT" => self.reach(Stage::Rcpt).map(|()| "250 ok\r\n")?,
                "DATA" => {
                    self.reach(Stage::Data)?;
                    out.write_all(b"354 go on\r\n").await?;
                    self.reach(Stage::GoAhead)?;
                    self.content(&mut lines).await?;
                    out.write_all(b"250 taken\r\n").await?;
                    self.reach(Stage::Answered)?;
                    continue;
                }
                _ => "250 ok\r\n",
            };
            out.write_all(reply.as_bytes()).await?;
        }
    }

    async fn content(&self, lines: &mut BufReader<impl AsyncRead + Unpin>) -> io::Result<()> {
        let (mut line, mut id) = (String::new(), String::new());
        while line != ".\r\n" {
            line.clear();
            if lines.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.reach(Stage::Content)?;
            if let Some(value) = line.strip_prefix("Message-ID:") {
                id = value.trim().to_owned();
            }
        }
        self.reach(Stage::DotNotKept)?;
        *self.by_id.lock().unwrap().entry(id).or_default() += 1;
        self.reach(Stage::DotKept)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_at_any_stage_costs_at_most_one_repeat_and_nobody_his_mail() {
    use Stage::{Answered, Banner, Connect, Content, Data, DotKept, DotNotKept, Ehlo, GoAhead, Mail, Rcpt};
    // The most that can come twice.
    let cases = [
        (Connect, 0),
        (Banner, 0),
        (Ehlo, 0),
        (Mail, 0),
        (Rcpt, 0),
        (Data, 0),
        (GoAhead, 0),
        (Content, 0),
        (DotNotKept, 0),
        (DotKept, 1),
        // A reset can overtake the answer that was sent before it.
        (Answered, 1),
    ];
    for pipelining in [true, false] {
        for (stage, most) in cases {
            let case = format!("{stage:?}, pipelining {pipelining}");
            let edition = TestEdition::published(12).await;
            let (server, port) = Server::start(pipelining, stage).await;
            let outcome = edition.deliver(&smtp(port, 1)).await.unwrap_or_else(|e| panic!("{case}: {e}"));
            assert_eq!(*server.breaks_at.lock().unwrap(), None, "{case}: it broke");
            assert_eq!(outcome.counts, Counts { sent: 12, ..Counts::default() }, "{case}");
            let readers = server.by_id.lock().unwrap().len();
            assert_eq!(readers, 12, "{case}: a repeat bears the same Message-ID");
            assert!(server.taken() - 12 <= most, "{case}: {} repeats", server.taken() - 12);
        }
    }
}
