//! A mail server for tests: real SMTP over TCP on a free port, which keeps what it takes and answers as it is told.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// What to do with a message whose final dot has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Take,
    /// Keep it and close the connection without a word: the answer is lost.
    TakeSilently,
    /// Keep it, and say nothing for as long as the connection lasts.
    Hang,
    /// Refuse at the recipient with this code.
    Code(u16),
    /// Refuse at the recipient with these words.
    Says(&'static str),
    /// Close the connection at the recipient, before any content.
    Leave,
    /// Answer the recipient with what is no answer.
    Nonsense,
    /// Answer the recipient with ten megabytes.
    Flood,
}

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub to: String,
    pub message_id: String,
    pub data: Vec<u8>,
}

type Decide = Arc<dyn Fn(&str, usize) -> Answer + Send + Sync>;

#[derive(Default)]
struct Kept {
    messages: Vec<Received>,
    asked: HashMap<String, usize>,
    connections: usize,
}

/// Stops when dropped.
pub struct Sink {
    pub port: u16,
    kept: Arc<Mutex<Kept>>,
    server: JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Sink {
    pub async fn taking_all() -> Self {
        Self::start(0, Arc::new(|_, _| Answer::Take)).await
    }

    /// `decide` is asked with the recipient and how often it was asked for before.
    pub async fn deciding(decide: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(0, Arc::new(decide)).await
    }

    /// On a given port; 0 for a free one.
    pub async fn start(port: u16, decide: Decide) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let kept = Arc::new(Mutex::new(Kept::default()));
        let server = tokio::spawn(accept(listener, Arc::clone(&kept), decide));
        Self { port, kept, server }
    }

    /// Closes every connection and frees the port; says how many messages it took.
    pub async fn stop(mut self) -> usize {
        self.server.abort();
        let _ = (&mut self.server).await;
        self.count()
    }

    pub fn messages(&self) -> Vec<Received> {
        self.kept.lock().unwrap().messages.clone()
    }

    pub fn count(&self) -> usize {
        self.kept.lock().unwrap().messages.len()
    }

    pub fn connections(&self) -> usize {
        self.kept.lock().unwrap().connections
    }

    /// How often each Message-ID came.
    pub fn by_message_id(&self) -> HashMap<String, usize> {
        let mut out = HashMap::new();
        for message in &self.kept.lock().unwrap().messages {
            *out.entry(message.message_id.clone()).or_default() += 1;
        }
        out
    }
}

async fn accept(listener: TcpListener, kept: Arc<Mutex<Kept>>, decide: Decide) {
    // The conversations end with the set, when the server is aborted.
    let mut conversations = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        kept.lock().unwrap().connections += 1;
        conversations.spawn(converse(stream, Arc::clone(&kept), Arc::clone(&decide)));
    }
}

async fn converse(stream: TcpStream, kept: Arc<Mutex<Kept>>, decide: Decide) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    let mut line = Vec::new();
    let (mut to, mut answer) = (String::new(), Answer::Take);
    write.write_all(b"220 sink.example ESMTP\r\n").await?;
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        let verb = text.get(..4).unwrap_or_default().to_ascii_uppercase();
        let reply = match verb.as_str() {
            "EHLO" => "250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n".to_owned(),
            "MAIL" | "RSET" | "NOOP" => "250 ok\r\n".into(),
            "RCPT" => {
                to = text.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                answer = decided(&kept, &decide, &to);
                match answer {
                    Answer::Code(code) => format!("{code} {code} said the sink\r\n"),
                    Answer::Says(words) => format!("{words}\r\n"),
                    Answer::Leave => return Ok(()),
                    Answer::Nonsense => "banana\r\n".into(),
                    Answer::Flood => "250-x\r\n".repeat(1_500_000),
                    _ => "250 ok\r\n".into(),
                }
            }
            "DATA" if matches!(answer, Answer::Code(_) | Answer::Says(_)) => "554 no valid recipients\r\n".into(),
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let data = content(&mut lines).await?;
                let message_id = header(&data, "message-id");
                kept.lock().unwrap().messages.push(Received { to: to.clone(), message_id, data });
                match answer {
                    Answer::TakeSilently => return Ok(()),
                    Answer::Hang => return lines.read_until(0, &mut line).await.map(|_| ()),
                    _ => {}
                }
                "250 2.0.0 taken by the sink\r\n".into()
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 what?\r\n".into(),
        };
        write.write_all(reply.as_bytes()).await?;
    }
}

fn decided(kept: &Mutex<Kept>, decide: &Decide, to: &str) -> Answer {
    let before = {
        let mut kept = kept.lock().unwrap();
        let asked = kept.asked.entry(to.to_owned()).or_default();
        *asked += 1;
        *asked - 1
    };
    decide(to, before)
}

/// Reads up to the final dot and takes the stuffed dots away.
async fn content(lines: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut data = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(data);
        }
        data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn header(data: &[u8], name: &str) -> String {
    let parsed = mail_parser::MessageParser::default().parse_headers(data).unwrap();
    parsed.header_raw(name).unwrap_or_default().trim().to_owned()
}
