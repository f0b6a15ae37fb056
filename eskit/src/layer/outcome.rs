use eskit_runtime::log::{AppendError, Appended};

/// Which of its outcomes a call had: a label of metrics and a field of spans.
pub(super) fn append_outcome(result: &Result<Appended, AppendError>) -> &'static str {
    match result {
        Ok(appended) if appended.repeated => "repeated",
        Ok(_) => "appended",
        Err(error) => error.name(),
    }
}
