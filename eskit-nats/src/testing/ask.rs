use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// How long a server of this machine may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// The JSON of a page of a server's monitoring port; `None` while it does not answer.
pub(crate) fn report(port: u16, path: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    if head.split(' ').nth(1) != Some("200") {
        return None;
    }
    serde_json::from_str(body).ok()
}

/// Sends a request without a body over NATS's own protocol, and waits for any answer. Returns whether there was one.
pub(crate) fn request(address: &str, subject: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        let connect = "CONNECT {\"verbose\":false}";
        write!(&stream, "{connect}\r\nSUB answer 1\r\nPUB {subject} answer 0\r\n\r\n")?;
        let lines = BufReader::new(&stream).lines();
        Ok(lines.map_while(Result::ok).any(|line| line.starts_with("MSG answer ")))
    };
    ask().unwrap_or(false)
}
