use eskit_runtime::StoreError;
use eskit_runtime::log::{LogId, StoreErrorKind};
use serde_json::{Value, json};

/// The entry of the stream's metadata with the id of the log.
const LOG_ID: &str = "eskit-log";
/// The oldest server whose conditional publishes are what the store needs.
const SERVER_MIN: (u64, u64) = (2, 12);

/// The subject of a log.
pub(crate) fn subject(log: &str) -> String {
    format!("eskit.{log}")
}

/// The configuration of a new stream.
pub(crate) fn configuration(log: &str, replicas: u64) -> Value {
    json!({
        "name": log,
        "subjects": [subject(log)],
        "description": "a log of eskit: only programs with eskit may publish to it",
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_age": 0,
        "max_msgs": -1,
        "max_bytes": -1,
        "max_msg_size": -1,
        "max_msgs_per_subject": -1,
        "num_replicas": replicas,
        "allow_rollup_hdrs": false,
        "allow_msg_ttl": false,
        "deny_delete": true,
        "deny_purge": true,
        "metadata": { LOG_ID: LogId::new().to_string() },
    })
}

/// The id that the log got with its stream.
pub(crate) fn log_id(config: &Value) -> Option<LogId> {
    config["metadata"][LOG_ID].as_str()?.parse().ok()
}

/// What a stream must be so that it loses, drops and changes nothing.
struct Demand {
    setting: &'static str,
    is_met: fn(&Value) -> bool,
    /// What to run; `{}` is the name of the stream.
    remedy: &'static str,
}

const ANEW: &str = "it cannot be changed: create another stream, and copy the log with `eskit migrate`";

const DEMANDS: &[Demand] = &[
    Demand { setting: "storage=file", is_met: |it| *it == "file", remedy: ANEW },
    Demand { setting: "retention=limits", is_met: |it| *it == "limits", remedy: ANEW },
    Demand { setting: "discard=new", is_met: |it| *it == "new", remedy: "nats stream edit {} --discard=new" },
    Demand { setting: "max_age=0", is_met: is_unset, remedy: "nats stream edit {} --max-age=0" },
    Demand { setting: "max_msgs=-1", is_met: is_unset, remedy: "nats stream edit {} --max-msgs=-1" },
    Demand { setting: "max_bytes=-1", is_met: is_unset, remedy: "nats stream edit {} --max-bytes=-1" },
    Demand { setting: "max_msg_size=-1", is_met: is_unset, remedy: "nats stream edit {} --max-msg-size=-1" },
    Demand {
        setting: "max_msgs_per_subject=-1",
        is_met: is_unset,
        remedy: "nats stream edit {} --max-msgs-per-subject=-1",
    },
    Demand { setting: "no_ack=false", is_met: is_unset, remedy: "nats stream edit {} --ack" },
    Demand { setting: "sealed=false", is_met: is_unset, remedy: ANEW },
    Demand { setting: "allow_rollup_hdrs=false", is_met: is_unset, remedy: "nats stream edit {} --no-allow-rollup" },
    Demand { setting: "allow_msg_ttl=false", is_met: is_unset, remedy: ANEW },
    Demand { setting: "allow_msg_counter=false", is_met: is_unset, remedy: ANEW },
    Demand { setting: "allow_msg_schedules=false", is_met: is_unset, remedy: ANEW },
    Demand { setting: "deny_delete=true", is_met: |it| *it == true, remedy: ANEW },
    Demand { setting: "deny_purge=true", is_met: |it| *it == true, remedy: ANEW },
    Demand { setting: "mirror=none", is_met: is_unset, remedy: ANEW },
    Demand { setting: "sources=none", is_met: is_unset, remedy: "nats stream edit {} without its sources" },
    Demand { setting: "republish=none", is_met: is_unset, remedy: "nats stream edit {} --no-republish" },
    Demand { setting: "subject_transform=none", is_met: is_unset, remedy: "nats stream edit {} --no-transform" },
    // `async` acknowledges before the disk has the message, whatever `sync_interval` says.
    Demand { setting: "persist_mode=default", is_met: |it| is_unset(it) || *it == "default", remedy: ANEW },
];

/// Not set, or set to what means the same.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is_on) => !is_on,
        Value::Number(number) => number.as_i64().is_some_and(|number| number <= 0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

/// Refuses a stream that could lose what was appended, or that is no log of eskit, with everything that is wrong about it.
pub(crate) fn check(log: &str, config: &Value, replicas: u64) -> Result<LogId, StoreError> {
    let Some(id) = log_id(config) else {
        let text = format!("the stream `{log}` is no log of eskit\nhelp: name another log in the DSN");
        return Err(StoreError::new(StoreErrorKind::Foreign, text));
    };
    let mut wrong = Vec::new();
    for Demand { setting, is_met, remedy } in DEMANDS {
        let (name, _) = setting.split_once('=').unwrap_or((setting, ""));
        let value = &config[name];
        if !is_met(value) {
            wrong.push(format!("- `{setting}` is demanded, found {value}: {}", remedy.replace("{}", log)));
        }
    }
    if config["subjects"] != json!([subject(log)]) {
        let (own, found) = (subject(log), &config["subjects"]);
        wrong.push(format!(
            "- `subjects=[\"{own}\"]` is demanded, found {found}: nats stream edit {log} --subjects={own}"
        ));
    }
    let found = config["num_replicas"].as_u64().unwrap_or_default();
    if found < replicas {
        wrong.push(format!(
            "- `num_replicas={replicas}` is demanded, found {found}: nats stream edit {log} --replicas={replicas}, or say `replicas={found}` in \
             the DSN"
        ));
    }
    if wrong.is_empty() {
        return Ok(id);
    }
    let text = format!("the stream `{log}` has settings under which events could be lost\n{}", wrong.join("\n"));
    Err(StoreError::new(StoreErrorKind::Invalid, text))
}

/// Refuses a server whose version is too old.
pub(crate) fn check_version(version: &str) -> Result<(), StoreError> {
    let mut numbers = version.split(['.', '-']).map_while(|number| number.parse::<u64>().ok());
    let found = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    if found >= SERVER_MIN {
        return Ok(());
    }
    let (major, minor) = SERVER_MIN;
    let text = format!("the NATS server has version {version}\nhelp: update it to {major}.{minor} or newer");
    Err(StoreError::new(StoreErrorKind::Invalid, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_stream_is_what_is_demanded() {
        assert!(check("log", &configuration("log", 3), 3).is_ok());
        assert!(check("log", &configuration("log", 3), 1).is_ok());
    }

    /// Each setting alone is named, with what was found and what to do.
    #[test]
    fn each_wrong_setting_is_named() {
        let wrong = [
            ("storage", json!("memory")),
            ("retention", json!("workqueue")),
            ("discard", json!("old")),
            ("max_age", json!(5)),
            ("max_msgs", json!(5)),
            ("max_bytes", json!(5)),
            ("max_msg_size", json!(5)),
            ("max_msgs_per_subject", json!(1)),
            ("no_ack", json!(true)),
            ("sealed", json!(true)),
            ("allow_rollup_hdrs", json!(true)),
            ("allow_msg_ttl", json!(true)),
            ("allow_msg_counter", json!(true)),
            ("allow_msg_schedules", json!(true)),
            ("deny_delete", json!(false)),
            ("deny_purge", Value::Null),
            ("mirror", json!({"name": "other"})),
            ("sources", json!([{"name": "other"}])),
            ("republish", json!({"src": ">", "dest": "x.>"})),
            ("subject_transform", json!({"src": ">", "dest": "x.>"})),
            ("persist_mode", json!("async")),
            ("subjects", json!(["eskit.log", "other"])),
            ("num_replicas", json!(1)),
        ];
        for (setting, value) in wrong {
            let mut config = configuration("log", 3);
            config[setting] = value.clone();
            let text = check("log", &config, 3).unwrap_err().to_string();
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(text.contains(&format!("- `{setting}=")) && text.contains(&format!("found {value}: ")), "{text}");
        }
        let all = check("log", &json!({"metadata": {LOG_ID: LogId::new().to_string()}}), 3).unwrap_err().to_string();
        assert!(all.lines().count() > 5, "all at once: {all}");
        assert_eq!(check("log", &json!({}), 3).unwrap_err().kind(), StoreErrorKind::Foreign);
    }

    #[test]
    fn an_old_server_is_refused() {
        for (version, is_fit) in [
            ("2.12.0", true),
            ("2.15.1", true),
            ("3.0.0-beta", true),
            ("2.11.9", false),
            ("1.99.0", false),
            ("", false),
        ] {
            assert_eq!(check_version(version).is_ok(), is_fit, "{version}");
        }
    }
}
