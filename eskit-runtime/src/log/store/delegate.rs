/// Forwards the functions of [`EventStore`](crate::EventStore) to another store: for layers, and for whatever else stands in front
/// of one. Functions of the trait that come later are forwarded too, once the layer is built again.
///
/// It stands inside the impl, and takes the layer's own name for itself, how it finds the store, and after `except` the functions
/// that the layer writes itself.
///
/// ```
/// # use eskit_runtime as eskit;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use eskit::log::{Append, AppendError, Appended};
/// use eskit::{EventStore, delegate_store};
///
/// /// A store that counts its appends.
/// struct Counted<S> {
///     store: S,
///     appends: AtomicU64,
/// }
///
/// impl<S: EventStore> EventStore for Counted<S> {
///     delegate_store!(|layer| &layer.store, except append);
///
///     async fn append(&self, append: Append) -> Result<Appended, AppendError> {
///         self.appends.fetch_add(1, Ordering::Relaxed);
///         self.store.append(append).await
///     }
/// }
/// ```
///
/// A layer that only forwards leaves `except` out: `delegate_store!(|layer| &layer.store);`.
#[macro_export]
macro_rules! delegate_store {
    (|$layer:ident| $store:expr $(, except $($own:ident),+)? $(,)?) => {
        $($($crate::__delegate_store! { own $own })+)?
        $crate::__delegate_store! { append [$($($own)+)?] |$layer| $store }
        $crate::__delegate_store! { read [$($($own)+)?] |$layer| $store }
        $crate::__delegate_store! { log_id [$($($own)+)?] |$layer| $store }
        $crate::__delegate_store! { head [$($($own)+)?] |$layer| $store }
        $crate::__delegate_store! { watch [$($($own)+)?] |$layer| $store }
        $crate::__delegate_store! { stream_info [$($($own)+)?] |$layer| $store }
        $crate::__delegate_store! { list_streams [$($($own)+)?] |$layer| $store }
        $crate::__delegate_store! { change_stream [$($($own)+)?] |$layer| $store }
        $crate::__delegate_store! { add_tags [$($($own)+)?] |$layer| $store }
    };
}

/// One function of a store: nothing where the layer has its own, else the forwarding.
#[doc(hidden)]
#[macro_export]
macro_rules! __delegate_store {
    (append [append $($own:ident)*] $($store:tt)*) => {};
    (read [read $($own:ident)*] $($store:tt)*) => {};
    (log_id [log_id $($own:ident)*] $($store:tt)*) => {};
    (head [head $($own:ident)*] $($store:tt)*) => {};
    (watch [watch $($own:ident)*] $($store:tt)*) => {};
    (stream_info [stream_info $($own:ident)*] $($store:tt)*) => {};
    (list_streams [list_streams $($own:ident)*] $($store:tt)*) => {};
    (change_stream [change_stream $($own:ident)*] $($store:tt)*) => {};
    (add_tags [add_tags $($own:ident)*] $($store:tt)*) => {};

    // Another one is the layer's own: the next.
    ($name:ident [$other:ident $($own:ident)*] $($store:tt)*) => {
        $crate::__delegate_store! { $name [$($own)*] $($store)* }
    };

    (append [] |$layer:ident| $store:expr) => {
        $crate::__delegate_store! { fn append(append: $crate::log::Append) -> $crate::log::Appended, $crate::log::AppendError; $layer $store }
    };
    (read [] |$layer:ident| $store:expr) => {
        $crate::__delegate_store! {
            fn read(query: &$crate::log::Query, options: $crate::log::ReadOptions) -> $crate::log::Page, $crate::StoreError; $layer $store
        }
    };
    (log_id [] |$layer:ident| $store:expr) => {
        $crate::__delegate_store! { fn log_id() -> $crate::log::LogId, $crate::StoreError; $layer $store }
    };
    (head [] |$layer:ident| $store:expr) => {
        $crate::__delegate_store! { fn head() -> $crate::log::Place, $crate::StoreError; $layer $store }
    };
    (watch [] |$layer:ident| $store:expr) => {
        $crate::__delegate_store! { fn watch(after: $crate::log::Place) -> $crate::log::Place, $crate::StoreError; $layer $store }
    };
    (stream_info [] |$layer:ident| $store:expr) => {
        $crate::__delegate_store! {
            fn stream_info(stream: &$crate::log::StreamId) -> $crate::log::StreamInfo, $crate::StoreError; $layer $store
        }
    };
    (list_streams [] |$layer:ident| $store:expr) => {
        $crate::__delegate_store! {
            fn list_streams(list: &$crate::log::ListStreams) -> $crate::log::StreamPage, $crate::StoreError; $layer $store
        }
    };
    (change_stream [] |$layer:ident| $store:expr) => {
        $crate::__delegate_store! {
            fn change_stream(stream: &$crate::log::StreamId, change: $crate::log::StreamChange)
                -> $crate::log::StreamStatus, $crate::log::StreamError; $layer $store
        }
    };
    (add_tags [] |$layer:ident| $store:expr) => {
        $crate::__delegate_store! {
            fn add_tags(added: ::std::vec::Vec<$crate::log::AddedTags>) -> u64, $crate::log::AddTagsError; $layer $store
        }
    };

    (fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty, $error:ty; $layer:ident $store:expr) => {
        fn $name(
            &self,
            $($argument: $type),*
        ) -> impl ::core::future::Future<Output = ::core::result::Result<$answer, $error>> + ::core::marker::Send {
            let $layer = self;
            $crate::EventStore::$name($store, $($argument),*)
        }
    };

    (own append) => {};
    (own read) => {};
    (own log_id) => {};
    (own head) => {};
    (own watch) => {};
    (own stream_info) => {};
    (own list_streams) => {};
    (own change_stream) => {};
    (own add_tags) => {};
    (own $other:ident) => {
        ::core::compile_error!(::core::concat!(
            "`", ::core::stringify!($other), "` is not a function of `EventStore`\n\
             help: name those that the layer writes itself, such as `except append, read`"
        ));
    };
}
