use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of an answer; a server's report about JetStream has a few hundred.
const ANSWER_MAX: u64 = 1024 * 1024;

/// Asks a server's monitoring port, `http://host:port`, whether JetStream syncs each message to the disk before it acknowledges it: no
/// client can see that otherwise.
///
/// # Errors
/// What went wrong, in words.
pub(crate) async fn syncs_always(url: &str, limit: Duration) -> Result<bool, String> {
    let answer = tokio::time::timeout(limit, get(url, "/jsz?config=1")).await;
    let answer = answer.map_err(|_| format!("`{url}` did not answer within {} s", limit.as_secs_f32()))??;
    let report: Value = serde_json::from_str(&answer).map_err(|_| format!("the answer of `{url}` is no JSON"))?;
    if report.get("config").is_none() {
        return Err(format!("the server at `{url}` says nothing of JetStream"));
    }
    Ok(report["config"]["sync_always"].as_bool().unwrap_or(false))
}

/// The body of a page over HTTP/1.0, whose answer ends with the connection.
async fn get(url: &str, path: &str) -> Result<String, String> {
    let address = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    let address = address.ok_or_else(|| format!("`{url}` must begin with `http://`"))?;
    let fail = |error: std::io::Error| format!("`{url}` cannot be reached: {error}");
    let mut stream = TcpStream::connect(address).await.map_err(fail)?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(fail)?;
    let mut answer = Vec::new();
    stream.take(ANSWER_MAX).read_to_end(&mut answer).await.map_err(fail)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| format!("`{url}` does not speak HTTP"))?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        Some(status) => Err(format!("`{url}{path}` answers with status {status}")),
        None => Err(format!("`{url}` does not speak HTTP")),
    }
}
