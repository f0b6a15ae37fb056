use std::time::Duration;

use serde_json::{Value, json};

use crate::api::jetstream::{JetStream, Refusal};

/// What the leader of a stream says of it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct StreamState {
    /// Its configuration, with every field that the server knows.
    pub(crate) config: Value,
    /// When it was created, as text: another one has another time.
    pub(crate) created: String,
    /// The sequence of its first message; 0, or one more than the last, if it has none.
    pub(crate) first: u64,
    /// The sequence of its last message; 0 if it never had one.
    pub(crate) last: u64,
}

impl StreamState {
    fn of(answer: &Value) -> StreamState {
        StreamState {
            config: answer["config"].clone(),
            created: answer["created"].as_str().unwrap_or_default().to_owned(),
            first: answer["state"]["first_seq"].as_u64().unwrap_or_default(),
            last: answer["state"]["last_seq"].as_u64().unwrap_or_default(),
        }
    }
}

impl JetStream {
    /// Asks the leader of a stream.
    pub(crate) async fn stream_state(&self, stream: &str) -> Result<StreamState, Refusal> {
        self.ask(&format!("STREAM.INFO.{stream}"), None).await.map(|answer| StreamState::of(&answer))
    }

    /// Creates a stream.
    pub(crate) async fn create_stream(&self, stream: &str, config: Value) -> Result<StreamState, Refusal> {
        self.ask(&format!("STREAM.CREATE.{stream}"), Some(config)).await.map(|answer| StreamState::of(&answer))
    }

    /// Has a server push all messages of a stream from a sequence on, in order, with a heartbeat when there are none. The consumer is in
    /// memory, and goes when nobody listens.
    pub(crate) async fn create_consumer(
        &self,
        stream: &str,
        name: &str,
        inbox: &str,
        from: u64,
        heartbeat: Duration,
    ) -> Result<(), Refusal> {
        let body = json!({
            "stream_name": stream,
            "config": {
                "name": name,
                "deliver_policy": "by_start_sequence",
                "opt_start_seq": from,
                "deliver_subject": inbox,
                "ack_policy": "none",
                "max_deliver": 1,
                "replay_policy": "instant",
                "flow_control": true,
                "idle_heartbeat": nanos(heartbeat),
                "inactive_threshold": nanos(heartbeat * 10),
                "mem_storage": true,
                "num_replicas": 1,
            },
        });
        self.ask(&format!("CONSUMER.CREATE.{stream}.{name}"), Some(body)).await.map(drop)
    }

    /// Removes a consumer.
    pub(crate) async fn delete_consumer(&self, stream: &str, name: &str) -> Result<(), Refusal> {
        self.ask(&format!("CONSUMER.DELETE.{stream}.{name}"), None).await.map(drop)
    }
}

/// JetStream counts time in nanoseconds.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
