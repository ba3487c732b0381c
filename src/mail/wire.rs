//! The socket under an SMTP conversation: opened without Nagle's algorithm, encrypted in place, and shared with lettre, which reads the
//! replies while whole groups of commands are written past it.
//!
//! Never hands on more than [`MOST_REPLY`] bytes in answer to one write, and forgets at the start of TLS whatever was said before it.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::tls::{self, Encrypted, Trust};

/// A server that says more than this in answer to one command is not listened to any longer. lettre reads a reply again with each of its
/// lines, so that this also bounds its time.
pub const MOST_REPLY: usize = 16 * 1024;
/// What lettre expects first on any connection, and what a server does not repeat after STARTTLS (RFC 3207 s4.2).
const AGAIN: &[u8] = b"220 encrypted\r\n";

enum Socket {
    Plain(TcpStream),
    Encrypted(Box<Encrypted>),
    /// While it is being encrypted, or when that failed.
    Gone,
}

struct State {
    socket: Socket,
    /// To be read before anything from the server.
    first: &'static [u8],
    /// Bytes read since the last write.
    unasked: usize,
}

/// One end of the shared socket. Clones speak on the same one, and only one of them at a time may be at work.
#[derive(Clone)]
pub struct Wire(Arc<Mutex<State>>);

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// Connects; with TCP_NODELAY, because with Nagle's algorithm and delayed acknowledgements each message waits 40 ms.
    pub async fn open(host: &str, port: u16) -> io::Result<Self> {
        let tcp = TcpStream::connect((host, port)).await?;
        tcp.set_nodelay(true)?;
        Ok(Self(Arc::new(Mutex::new(State { socket: Socket::Plain(tcp), first: &[], unasked: 0 }))))
    }

    /// TLS from here on. `again` when the server has greeted already.
    pub async fn encrypt(&self, host: &str, trust: Trust, again: bool) -> io::Result<()> {
        let socket = std::mem::replace(&mut self.state().socket, Socket::Gone);
        let Socket::Plain(tcp) = socket else { return Err(io::Error::other("is encrypted already")) };
        let encrypted = tls::wrap_trusting(tcp, host, trust).await?;
        let mut state = self.state();
        state.socket = Socket::Encrypted(Box::new(encrypted));
        state.first = if again { AGAIN } else { &[] };
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        if !state.first.is_empty() {
            let (now, later) = state.first.split_at(state.first.len().min(buf.remaining()));
            buf.put_slice(now);
            state.first = later;
            return Poll::Ready(Ok(()));
        }
        if state.unasked > MOST_REPLY {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the server says more than a reply can hold")));
        }
        let before = buf.filled().len();
        ready!(match &mut state.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Socket::Encrypted(tls) => Pin::new(tls).poll_read(cx, buf),
            Socket::Gone => Poll::Ready(Err(gone())),
        })?;
        state.unasked += buf.filled().len() - before;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.state();
        state.unasked = 0;
        match &mut state.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Socket::Encrypted(tls) => Pin::new(tls).poll_write(cx, buf),
            Socket::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state().socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Socket::Encrypted(tls) => Pin::new(tls).poll_flush(cx),
            Socket::Gone => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state().socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Socket::Encrypted(tls) => Pin::new(tls).poll_shutdown(cx),
            Socket::Gone => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.state().socket {
            Socket::Plain(tcp) => tcp.peer_addr(),
            Socket::Encrypted(tls) => tls.get_ref().0.peer_addr(),
            Socket::Gone => Err(gone()),
        }
    }
}
