//! A mail server that behaves badly on purpose: threads of plain std, which keeps of each message its Message-ID and recipient.
//!
//! Never loses what it has said yes to.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, BufWriter, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

/// What it does besides taking mail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manners {
    /// Answers 451 to the first attempt of this many in a hundred recipients.
    pub defers: usize,
    /// Closes the connection after the final dot of this many in a thousand messages, which it has taken.
    pub drops: usize,
    /// Greets no more than so many connections at once; the others get 421.
    pub connections: Option<usize>,
}

#[derive(Default)]
struct Kept {
    /// Recipient by Message-ID, and how often it came.
    messages: HashMap<String, (String, usize)>,
    taken: usize,
    dropped: usize,
    /// Recipients that were told to come again.
    deferred: HashMap<String, usize>,
}

/// Called with the number of each command line and each final dot, from 1.
type Watch = Box<dyn Fn(usize) + Send + Sync>;

pub struct Sink {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    manners: Manners,
    kept: Mutex<Kept>,
    steps: AtomicUsize,
    open: AtomicUsize,
    watch: Watch,
}

/// What a sink has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub taken: usize,
    pub messages: usize,
    pub recipients: usize,
    /// Connections it closed after taking a message.
    pub dropped: usize,
}

impl Sink {
    pub fn start(manners: Manners, watch: impl Fn(usize) + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared =
            Arc::new(Shared { manners, kept: Mutex::default(), steps: AtomicUsize::new(0), open: AtomicUsize::new(0), watch: Box::new(watch) });
        let server = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&server);
                thread::spawn(move || {
                    let before = shared.open.fetch_add(1, SeqCst);
                    let _ = shared.converse(&stream, before);
                    shared.open.fetch_sub(1, SeqCst);
                });
            }
        });
        Ok(Self { port, shared })
    }

    pub fn seen(&self) -> Seen {
        let kept = self.shared.kept();
        let recipients: std::collections::HashSet<&str> = kept.messages.values().map(|(to, _)| to.as_str()).collect();
        Seen { taken: kept.taken, messages: kept.messages.len(), recipients: recipients.len(), dropped: kept.dropped }
    }

    /// Commands and final dots so far.
    pub fn steps(&self) -> usize {
        self.shared.steps.load(SeqCst)
    }

    /// How many messages it has said yes to, or would have, that `recorded` does not know of.
    pub fn unknown_to(&self, recorded: &std::collections::HashSet<String>) -> usize {
        self.shared.kept().messages.keys().filter(|id| !recorded.contains(*id)).count()
    }
}

impl Shared {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self) {
        (self.watch)(self.steps.fetch_add(1, SeqCst) + 1);
    }

    fn converse(&self, stream: &TcpStream, before: usize) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut lines, mut out) = (BufReader::new(stream), BufWriter::new(stream));
        if self.manners.connections.is_some_and(|most| before >= most) {
            out.write_all(b"421 4.7.0 too many connections\r\n")?;
            return out.flush();
        }
        out.write_all(b"220 sink.example ESMTP\r\n")?;
        let (mut line, mut to) = (String::new(), None::<String>);
        loop {
            // Answers to commands that came together go out together, as Postfix does it.
            if lines.buffer().is_empty() {
                out.flush()?;
            }
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            self.step();
            let reply = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
                "EHLO" => "250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
                "MAIL" | "RSET" | "NOOP" => "250 2.0.0 ok\r\n",
                "RCPT" => {
                    to = self.recipient(line.split(['<', '>']).nth(1).unwrap_or_default());
                    if to.is_some() { "250 2.1.5 ok\r\n" } else { "451 4.3.0 come again\r\n" }
                }
                "DATA" => match to.take() {
                    None => "554 5.5.1 no valid recipients\r\n",
                    Some(to) => {
                        out.write_all(b"354 go on\r\n")?;
                        out.flush()?;
                        if self.content(&mut lines, &to)? {
                            return Ok(());
                        }
                        "250 2.0.0 taken\r\n"
                    }
                },
                "QUIT" => {
                    out.write_all(b"221 2.0.0 bye\r\n")?;
                    return out.flush();
                }
                _ => "502 5.5.2 what?\r\n",
            };
            out.write_all(reply.as_bytes())?;
        }
    }

    /// The recipient, unless he is to come again. Who is deferred depends on his name alone.
    fn recipient(&self, to: &str) -> Option<String> {
        let mut kept = self.kept();
        let times = kept.deferred.entry(to.to_owned()).or_default();
        *times += 1;
        let chosen = number(to) % 100 < self.manners.defers;
        (!chosen || *times > 1).then(|| to.to_owned())
    }

    /// Takes a message; true when the connection is to be closed without a word.
    fn content(&self, lines: &mut impl BufRead, to: &str) -> io::Result<bool> {
        let (mut line, mut id) = (Vec::new(), String::new());
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line == b".\r\n" {
                break;
            }
            if id.is_empty() && line.len() > 11 && line[..11].eq_ignore_ascii_case(b"message-id:") {
                String::from_utf8_lossy(&line[11..]).trim().trim_matches(['<', '>']).clone_into(&mut id);
            }
        }
        let drops = {
            let mut kept = self.kept();
            kept.taken += 1;
            let times = &mut kept.messages.entry(id.clone()).or_insert_with(|| (to.to_owned(), 0)).1;
            *times += 1;
            let drops = *times == 1 && number(&id) % 1_000 < self.manners.drops;
            kept.dropped += usize::from(drops);
            drops
        };
        self.step();
        Ok(drops)
    }
}

/// FNV-1a: the same for the same text in every run.
fn number(text: &str) -> usize {
    let hash = text.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    usize::try_from(hash >> 17).unwrap_or(0)
}
