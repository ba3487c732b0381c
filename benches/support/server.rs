//! A web server that gives one document under every path, or says that it is not modified. Threads of plain std: enough to be
//! faster than what is measured, and no part of it.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
};

/// Serves until the process ends; returns the port.
pub fn serve(content_type: &str, body: Vec<u8>) -> std::io::Result<u16> {
    let listener = TcpListener::bind("0.0.0.0:0")?;
    let port = listener.local_addr()?.port();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nETag: \"one\"\r\nContent-Length: {}\r\n\r\n", body.len());
    let answer = Arc::new([head.into_bytes(), body].concat());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || talk(&stream, &answer));
        }
    });
    Ok(port)
}

/// Answers until the client leaves, which is no error.
fn talk(stream: &TcpStream, answer: &[u8]) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    loop {
        let (mut known, mut missing) = (false, false);
        loop {
            line.clear();
            if lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            missing |= line.starts_with("GET /robots.txt");
            known |= line.get(..14).is_some_and(|l| l.eq_ignore_ascii_case("if-none-match:"));
            if line == "\r\n" {
                break;
            }
        }
        let mut stream = stream;
        match (missing, known) {
            (true, _) => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").ok()?,
            (_, true) => stream.write_all(b"HTTP/1.1 304 Not Modified\r\nETag: \"one\"\r\n\r\n").ok()?,
            _ => stream.write_all(answer).ok()?,
        }
    }
}
