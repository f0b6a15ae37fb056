//! Stores that list streams wrongly.

use eskit_conformance::Model;
use eskit_runtime::StoreError;
use eskit_runtime::log::{ListStreams, ListedStream, StreamId, StreamPage};

use crate::sound::{Sound, broken};
use crate::table::Row;

fn listing(
    mistake: &'static str,
    list: fn(&Model, &ListStreams) -> Result<StreamPage, StoreError>,
    told: &'static str,
    cases: &'static [&'static str],
) -> Row {
    broken(mistake, move |store: &mut Sound| store.list_streams = list, told, cases)
}

fn page(streams: Vec<ListedStream>, list: &ListStreams) -> Result<StreamPage, StoreError> {
    let more = streams.len() > list.page_limit();
    Ok(StreamPage::new(streams.into_iter().take(list.page_limit()).collect(), more))
}

/// All streams of a type in another order, from the one after an id on.
fn ordered<K: Ord>(log: &Model, list: &ListStreams, key: fn(&str) -> K) -> Result<StreamPage, StoreError> {
    let mut streams = log.list_streams(&ListStreams::of_type(list.stream_type.clone()))?.streams;
    streams.sort_by_key(|listed| key(listed.stream.id()));
    let after = list.after.as_deref().map(key);
    streams.retain(|listed| after.as_ref().is_none_or(|after| key(listed.stream.id()) > *after));
    page(streams, list)
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        listing(
            "ids are compared without case",
            |log, list| ordered(log, list, |id| (id.to_lowercase(), id.to_owned())),
            "the streams",
            &["stream_list::streams_stand_in_the_order_of_their_ids", "stream_list::pages_follow_each_other"],
        ),
        listing(
            "ids are compared by UTF-16",
            |log, list| ordered(log, list, |id| id.encode_utf16().collect::<Vec<_>>()),
            "the streams",
            &["stream_list::streams_stand_in_the_order_of_their_ids", "stream_list::pages_follow_each_other"],
        ),
        listing(
            "a type is the beginning of a name",
            |log, list| {
                let streams = log.events().iter().filter_map(|event| event.stream.as_ref().map(|at| at.stream.clone()));
                let mut all: Vec<StreamId> =
                    streams.filter(|stream| stream.stream_type().starts_with(&*list.stream_type)).collect();
                all.sort();
                all.dedup();
                let listed = |stream: StreamId| ListedStream::new(stream.clone(), log.stream_info(&stream));
                page(all.into_iter().map(listed).collect(), list)
            },
            "the streams of type",
            &["stream_list::a_type_has_its_own_streams"],
        ),
        listing(
            "the stream after which a page begins is listed again",
            |log, list| {
                let mut page = log.list_streams(list)?;
                let again = list.after.as_deref().map(|id| StreamId::new(list.stream_type.clone(), id));
                if let Some(stream) = again.filter(|stream| log.stream_info(stream).exists()) {
                    let info = log.stream_info(&stream);
                    page.streams.insert(0, ListedStream::new(stream, info));
                    page.more |= page.streams.len() > list.page_limit();
                    page.streams.truncate(list.page_limit());
                }
                Ok(page)
            },
            "and more",
            &["stream_list::pages_follow_each_other"],
        ),
        listing(
            "a full page announces further streams",
            |log, list| {
                let page = log.list_streams(list)?;
                let is_full = page.streams.len() == list.page_limit();
                Ok(StreamPage::new(page.streams, is_full))
            },
            "an empty page that was announced",
            &["stream_list::pages_follow_each_other"],
        ),
        listing(
            "no page announces further streams",
            |log, list| Ok(StreamPage::new(log.list_streams(list)?.streams, false)),
            "to a page",
            &["stream_list::pages_follow_each_other"],
        ),
        listing(
            "deleted streams are left out",
            |log, list| {
                let mut streams = log.list_streams(&list.clone().limit(usize::MAX))?.streams;
                streams.retain(|listed| !listed.info.status.is_deleted());
                page(streams, list)
            },
            "some of them closed",
            &["stream_list::closed_streams_are_among_them"],
        ),
        listing(
            "every stream is listed as open",
            |log, list| {
                let mut page = log.list_streams(list)?;
                page.streams.iter_mut().for_each(|listed| listed.info.status = Default::default());
                Ok(page)
            },
            "what is listed of a stream",
            &["stream_list::closed_streams_are_among_them"],
        ),
        listing(
            "limits of names are not checked",
            |log, list| Ok(log.list_streams(list).unwrap_or_default()),
            "came to Ok",
            &["stream_list::a_list_has_limits"],
        ),
    ]
}
