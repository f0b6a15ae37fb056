use std::io;

use axum::body::Body;
use axum::http::{Method, Request, Uri, header};
use eskit::prelude::*;
use eskit::processor::Effect;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

use crate::OrderId;
use crate::payment::OrderPaid;

/// Sends mail through the HTTP interface of a mail service: `POST {"to": "..", "subject": "..", "text": ".."}`, with a header
/// `idempotency-key`, by which the service knows a message that it has sent already.
#[derive(Clone, Debug)]
pub struct Mailer {
    service: Uri,
}

impl Mailer {
    /// The service at this address, such as `http://127.0.0.1:8025/messages`.
    #[must_use]
    pub fn new(service: Uri) -> Mailer {
        Mailer { service }
    }

    pub(crate) async fn send(&self, to: &str, subject: &str, text: &str, key: &str) -> io::Result<()> {
        let authority =
            self.service.authority().ok_or_else(|| io::Error::other("the address of the mail service has no host"))?;
        let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
        let stream = TokioIo::new(TcpStream::connect(&address).await?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.map_err(io::Error::other)?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.service.path())
            .header(header::HOST, authority.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key)
            .body(Body::from(json!({ "to": to, "subject": subject, "text": text }).to_string()))
            .map_err(io::Error::other)?;
        // It ends with the sender.
        tokio::spawn(connection);
        let status = sender.send_request(request).await.map_err(io::Error::other)?.status();
        if status.is_success() { Ok(()) } else { Err(io::Error::other(format!("the mail service answered {status}"))) }
    }
}

/// Sends the receipt of an order that was paid.
#[derive(Clone, Debug)]
pub struct Receipts {
    /// Who sends them.
    pub mailer: Mailer,
}

/// What is sent, and to whom.
#[derive(Debug)]
pub struct Receipt {
    order: OrderId,
    to: String,
}

#[processor(name = "receipts", from = "now")]
impl Receipts {
    #[todo]
    fn paid(&self, event: &OrderPaid) -> Option<Todo<OrderId, Receipt>> {
        let to = event.receipt_to.clone()?;
        Some(Todo::new(event.order.clone(), Receipt { order: event.order.clone(), to }))
    }

    #[work(workers = 8, attempts = 30, within = "10s")]
    async fn send(&self, receipt: &Receipt, cx: &mut Effect<'_>) -> io::Result<()> {
        let Receipt { order, to } = receipt;
        self.mailer.send(to, "Your receipt", &format!("Thank you. The order {order} is paid."), cx.key()).await
    }
}
