use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, Condition, Page, Query, ReadOptions, StoreErrorKind, Tag,
    Tags,
};
use eskit_runtime::{EventStore, StoreError, delegate_store};

use crate::own_events::is_of_eskit;
use crate::tenant::TenantId;

/// The log of one value of a tag: a store that takes only events that carry this value, and refuses to be asked for another.
///
/// The store itself has to be a log of its own, such as a file or a schema: nothing is hidden in it. For one log that many share, see
/// [`Tenanted`](crate::tenant::Tenanted).
///
/// - An event without exactly one tag of the key, or with another value, is refused with [`StoreErrorKind::Invalid`], unless it is one of
///   eskit's own, such as that a subject of personal data was forgotten.
/// - So is a query or a condition that names another value: it would find nothing, as if there were nothing.
#[derive(Clone, Debug)]
pub struct Partition<S> {
    store: S,
    tag: &'static str,
    value: TenantId,
}

impl<S> Partition<S> {
    /// The store, as the log of the events that carry this value of the tag.
    pub fn new(store: S, tag: &'static str, value: TenantId) -> Partition<S> {
        Partition { store, tag, value }
    }

    /// The value.
    pub fn value(&self) -> &TenantId {
        &self.value
    }

    fn refuse(&self, what: &str, found: &str) -> StoreError {
        let Partition { tag, value, .. } = self;
        let text = format!(
            "{what} {found}, and this is the log of `{tag}:{value}`\nhelp: execute the command through `Partitioned::of`, which finds its \
             log; what concerns two logs is done by two commands, of which a processor carries the second over"
        );
        StoreError::new(StoreErrorKind::Invalid, text)
    }

    fn check_event(&self, name: &str, tags: &Tags) -> Result<(), StoreError> {
        if is_of_eskit(name) {
            return Ok(());
        }
        let mut values = tags.values(self.tag);
        let found = match (values.next(), values.next()) {
            (Some(value), None) if value == self.value.as_str() => return Ok(()),
            (Some(value), None) => format!("carries the tag `{}:{}`", self.tag, value.escape_debug()),
            (None, _) => format!("carries no `{}` tag", self.tag),
            (Some(_), Some(_)) => format!("carries several `{}` tags", self.tag),
        };
        Err(self.refuse(&format!("the event `{name}`"), &found))
    }

    fn check_query(&self, what: &str, query: &Query) -> Result<(), StoreError> {
        let tags = query.items().iter().flat_map(|item| &item.tags).map(Tag::as_ref);
        let other = tags.filter(|tag| tag.key() == self.tag).find(|tag| tag.value() != self.value.as_str());
        match other {
            Some(tag) => {
                Err(self.refuse(what, &format!("names the tag `{}:{}`", tag.key(), tag.value().escape_debug())))
            }
            None => Ok(()),
        }
    }
}

impl<S: EventStore> EventStore for Partition<S> {
    delegate_store!(|partition| &partition.store, except append, read, add_tags);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        for event in &append.events {
            self.check_event(&event.name, &event.tags)?;
        }
        for condition in &append.conditions {
            if let Condition::NoEvents { query, .. } = condition {
                self.check_query("a condition", query)?;
            }
        }
        self.store.append(append).await
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.check_query("a query", query)?;
        self.store.read(query, options).await
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        for added in &added {
            if added.tags.values(self.tag).any(|value| value != self.value.as_str()) {
                return Err(self.refuse("a tag that is added", &format!("has the key `{}`", self.tag)).into());
            }
        }
        self.store.add_tags(added).await
    }
}
