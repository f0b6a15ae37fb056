//! Spans as an indented tree: a line for each, with its kind, its attributes, and the number of spans that it is linked to.

use std::collections::HashSet;
use std::fmt::Write as _;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

pub(crate) fn tree(spans: &[Span]) -> String {
    let ids: HashSet<&[u8]> = spans.iter().map(|span| &span.span_id[..]).collect();
    let mut text = String::new();
    for root in spans.iter().filter(|span| !ids.contains(&span.parent_span_id[..])) {
        write(&mut text, spans, root, 0);
    }
    text
}

fn write(text: &mut String, spans: &[Span], span: &Span, depth: usize) {
    let kind = format!("{:?}", SpanKind::try_from(span.kind).unwrap()).to_lowercase();
    let _ = write!(text, "{:1$}{2} [{kind}]", "", 2 * depth, span.name);
    for attribute in &span.attributes {
        // What `tracing` adds, which is the same for all spans of eskit.
        if ["target", "level"].contains(&attribute.key.as_str()) {
            continue;
        }
        let value = match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
            Some(Value::StringValue(value)) => value.clone(),
            Some(Value::IntValue(value)) => value.to_string(),
            other => format!("{other:?}"),
        };
        let _ = write!(text, " {}={value}", attribute.key);
    }
    if !span.links.is_empty() {
        let _ = write!(text, " links={}", span.links.len());
    }
    if span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error) {
        text.push_str(" ERROR");
    }
    text.push('\n');
    for child in spans.iter().filter(|child| child.parent_span_id == span.span_id) {
        write(text, spans, child, depth + 1);
    }
}
