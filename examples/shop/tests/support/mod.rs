//! The program itself, as a process of its own, and requests to it.
#![allow(dead_code, unreachable_pub, reason = "each test binary has a copy of this module")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The program, which ends with the test.
pub struct Program {
    pub child: Child,
    stdout: BufReader<ChildStdout>,
    pub address: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail their test")]
impl Program {
    /// Starts it on this log, with further variables of the environment, and waits until it serves.
    pub fn start(dsn: &str, environment: &[(&str, String)]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
        command.arg(dsn).env("SHOP_ADDRESS", "127.0.0.1:0").stdout(Stdio::piped());
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("the shop is open at http://").expect(&line).to_owned();
        Program { child, stdout, address }
    }

    /// Tells it to end. Returns its status and what it said since.
    pub fn terminate(mut self) -> (Option<i32>, String) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

/// Sends a request to an address. `None` if nobody answers any more.
pub fn send(address: &str, request: &str, body: Option<Value>) -> Option<(u16, Value)> {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let mut stream = TcpStream::connect(address).ok()?;
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, serde_json::from_str(body).ok()?))
}
