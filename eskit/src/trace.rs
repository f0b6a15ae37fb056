//! Trace contexts: from the active span into the metadata of events, and from there to what handles them. Without the feature `otel`
//! no trace context is known.

/// The extra of the metadata that holds the trace and the span in which an event was appended, as in
/// <https://www.w3.org/TR/trace-context/#traceparent-header>.
#[cfg(feature = "otel")]
const TRACEPARENT: &str = "traceparent";
/// The extra with what the vendors of tracing systems add.
#[cfg(feature = "otel")]
const TRACESTATE: &str = "tracestate";
/// The most links of a span that handles many events.
#[cfg(feature = "otel")]
const LINKS_MAX: usize = 32;

#[cfg(feature = "otel")]
pub(crate) use context::{links, parent, parent_of_root, stamped};
#[cfg(feature = "otel")]
pub(crate) use stamped::Stamped;

/// Names a span in a trace, where the name of its `tracing` span is not enough.
pub(crate) fn name(span: &tracing::Span, name: std::fmt::Arguments<'_>) {
    if cfg!(feature = "otel") {
        span.record("otel.name", tracing::field::display(name));
    }
}

#[cfg(not(feature = "otel"))]
pub(crate) fn parent(_: &tracing::Span, _: &eskit_runtime::Metadata) {}

#[cfg(not(feature = "otel"))]
pub(crate) fn parent_of_root(_: &tracing::Span, _: &eskit_runtime::Metadata) {}

#[cfg(not(feature = "otel"))]
pub(crate) fn links<'m>(_: &tracing::Span, _: impl IntoIterator<Item = &'m eskit_runtime::Metadata>) {}

#[cfg(feature = "otel")]
mod context {
    use std::collections::HashSet;
    use std::str::FromStr;

    use eskit_runtime::Metadata;
    use eskit_runtime::log::limits::{METADATA_BYTES_MAX, METADATA_ENTRIES_MAX};
    use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
    use opentelemetry::{Context, trace};
    use tracing::Span;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    use super::{LINKS_MAX, TRACEPARENT, TRACESTATE};

    /// Writes the context of the active span into metadata, if there is one and there is room.
    pub(crate) fn stamp(metadata: &mut Metadata) -> bool {
        let Some(active) = active() else { return false };
        let parent = write(&active);
        let state = active.trace_state().header();
        let entries = metadata.extras().len() + 1 + usize::from(!state.is_empty());
        let bytes = metadata.size_bytes() + TRACEPARENT.len() + parent.len() + TRACESTATE.len() + state.len();
        if entries > METADATA_ENTRIES_MAX || bytes > METADATA_BYTES_MAX {
            return false;
        }
        let mut stamped = std::mem::take(metadata).with(TRACEPARENT, parent);
        if !state.is_empty() {
            stamped = stamped.with(TRACESTATE, state);
        }
        *metadata = stamped;
        true
    }

    /// Metadata with the context of the active span.
    pub(crate) fn stamped(mut metadata: Metadata) -> Metadata {
        stamp(&mut metadata);
        metadata
    }

    /// Lets a span go on with the trace that metadata names.
    pub(crate) fn parent(span: &Span, metadata: &Metadata) {
        if !span.is_disabled()
            && let Some(parent) = read(metadata)
        {
            // Without a layer that exports, there is nothing to set.
            let _ = span.set_parent(Context::new().with_remote_span_context(parent));
        }
    }

    /// The same, unless the span is part of a trace already.
    pub(crate) fn parent_of_root(span: &Span, metadata: &Metadata) {
        if !span.is_disabled() && active().is_none() {
            parent(span, metadata);
        }
    }

    /// Links a span to those that metadata name.
    pub(crate) fn links<'m>(span: &Span, causes: impl IntoIterator<Item = &'m Metadata>) {
        if span.is_disabled() {
            return;
        }
        let mut linked = HashSet::new();
        for cause in causes {
            let Some(context) = read(cause) else { continue };
            if linked.insert((context.trace_id(), context.span_id())) {
                span.add_link(context);
            }
            if linked.len() == LINKS_MAX {
                return;
            }
        }
    }

    /// The context of the active span.
    fn active() -> Option<SpanContext> {
        let context = Span::current().context();
        let span = trace::TraceContextExt::span(&context).span_context().clone();
        span.is_valid().then_some(span)
    }

    fn write(context: &SpanContext) -> String {
        format!("00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.trace_flags() & TraceFlags::SAMPLED)
    }

    fn read(metadata: &Metadata) -> Option<SpanContext> {
        let mut parts = metadata.get(TRACEPARENT)?.split('-');
        let mut part = |len: usize| {
            parts.next().filter(|part| part.len() == len && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        if version == "ff" {
            return None;
        }
        let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
        let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
        let state = metadata.get(TRACESTATE).and_then(|state| TraceState::from_str(state).ok()).unwrap_or_default();
        Some(SpanContext::new(trace, span, flags, true, state)).filter(SpanContext::is_valid)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        const W3C: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

        #[test]
        fn a_context_is_written_as_it_was_read() {
            let metadata = Metadata::new().with(TRACEPARENT, W3C).with(TRACESTATE, "congo=t61rcWkgMzE");
            let read = read(&metadata).unwrap();
            assert_eq!((write(&read).as_str(), read.trace_state().header().as_str()), (W3C, "congo=t61rcWkgMzE"));
            assert!(read.is_remote());
        }

        #[test]
        fn what_is_no_context_is_none() {
            let wrong = [
                "",
                "00",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ];
            for text in wrong {
                assert_eq!(read(&Metadata::new().with(TRACEPARENT, text)), None, "{text}");
            }
        }
    }
}

#[cfg(feature = "otel")]
mod stamped {
    use eskit_runtime::log::{Append, AppendError, Appended};
    use eskit_runtime::{EventStore, delegate_store};

    /// A store that writes the context of the active span into the metadata of the events that are appended.
    pub(crate) struct Stamped<'s, S>(pub(crate) &'s S);

    impl<S: EventStore> EventStore for Stamped<'_, S> {
        delegate_store!(|stamped| stamped.0, except append);

        async fn append(&self, mut append: Append) -> Result<Appended, AppendError> {
            let mut is_stamped = false;
            for event in &mut append.events {
                is_stamped |= super::context::stamp(&mut event.metadata);
            }
            if !is_stamped {
                return self.0.append(append).await;
            }
            let events = append.events.clone();
            let mut appended = self.0.append(append).await?;
            appended.recorded = Some(appended.record(events));
            Ok(appended)
        }
    }
}
