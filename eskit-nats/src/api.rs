//! What is asked of the server: the requests of JetStream as JSON, publishing under an expectation, and the monitoring port.

pub(crate) mod jetstream;
pub(crate) mod monitor;
pub(crate) mod publish;
pub(crate) mod stream;
pub(crate) mod subject;
