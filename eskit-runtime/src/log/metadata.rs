use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// What kind of actor caused something.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PrincipalKind {
    /// A person.
    User,
    /// Another program, through an interface.
    Api,
    /// A processor or policy of this program.
    Automation,
    /// A scheduled job.
    Schedule,
    /// The system itself, such as an import or a migration.
    System,
}

impl PrincipalKind {
    /// Its name, as it is stored, such as `user`.
    pub fn name(&self) -> &'static str {
        match self {
            PrincipalKind::User => "user",
            PrincipalKind::Api => "api",
            PrincipalKind::Automation => "automation",
            PrincipalKind::Schedule => "schedule",
            PrincipalKind::System => "system",
        }
    }
}

/// Who caused something: a kind and an id.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Principal {
    /// What kind of actor it is.
    pub kind: PrincipalKind,
    /// The actor's id within that kind.
    pub id: String,
}

impl Principal {
    /// The actor of this kind with this id.
    pub fn new(kind: PrincipalKind, id: impl Into<String>) -> Principal {
        Principal { kind, id: id.into() }
    }
}

/// Where an event comes from: correlation, causation, initiator, originator, and named extras.
///
/// At most 100 extras and 64 KiB in all. Empty metadata costs nothing to store or read.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::log::{NewEvent, Part, Position, Principal, PrincipalKind};
/// use eskit::{Metadata, Timestamp};
///
/// // For a command from a request: `app.execute(command).metadata(metadata)`.
/// let user = Principal::new(PrincipalKind::User, "ada");
/// let metadata = Metadata::new().with_correlation_id("request-17").with_initiator(user.clone()).with_originator(user);
/// # let placed = NewEvent::json("shop.OrderPlaced", "{}").with_metadata(metadata);
/// # let placed = placed.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::now());
///
/// // For a later command that reacts to an event: the same correlation and originator, caused by that event.
/// let policy = Principal::new(PrincipalKind::Automation, "invoices");
/// let metadata = Metadata::caused_by(&placed).with_initiator(policy);
/// assert_eq!(metadata.correlation_id(), Some("request-17"));
/// assert_eq!(metadata.causation_id(), Some(placed.id.to_string().as_str()));
/// ```
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(#[serde(deserialize_with = "unless_empty")] Option<Box<Fields>>);

#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
struct Fields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    causation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initiator: Option<Principal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    originator: Option<Principal>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    extras: BTreeMap<String, String>,
}

/// Nothing set is always `None`, so that it equals itself.
fn unless_empty<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<Fields>>, D::Error> {
    let fields = Option::<Box<Fields>>::deserialize(from)?;
    Ok(fields.filter(|fields| **fields != Fields::default()))
}

static NO_EXTRAS: BTreeMap<String, String> = BTreeMap::new();

impl Metadata {
    /// Metadata without entries.
    pub const fn new() -> Metadata {
        Metadata(None)
    }

    fn fields(&mut self) -> &mut Fields {
        self.0.get_or_insert_with(Box::default)
    }

    /// Sets the id that everything in one business transaction shares.
    #[must_use]
    pub fn with_correlation_id(mut self, id: impl Into<String>) -> Metadata {
        self.fields().correlation_id = Some(id.into());
        self
    }

    /// Sets the id of the event or command that directly caused this one.
    #[must_use]
    pub fn with_causation_id(mut self, id: impl Into<String>) -> Metadata {
        self.fields().causation_id = Some(id.into());
        self
    }

    /// Sets who directly caused this event: the last actor of the chain.
    #[must_use]
    pub fn with_initiator(mut self, principal: Principal) -> Metadata {
        self.fields().initiator = Some(principal);
        self
    }

    /// Sets who started the chain.
    #[must_use]
    pub fn with_originator(mut self, principal: Principal) -> Metadata {
        self.fields().originator = Some(principal);
        self
    }

    /// Sets an extra entry; replaces an earlier one with the same key.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Metadata {
        self.fields().extras.insert(key.into(), value.into());
        self
    }

    /// The id that everything in one business transaction shares.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.as_ref()?.correlation_id.as_deref()
    }

    /// The id of the event or command that directly caused this one.
    pub fn causation_id(&self) -> Option<&str> {
        self.0.as_ref()?.causation_id.as_deref()
    }

    /// Who directly caused this event.
    pub fn initiator(&self) -> Option<&Principal> {
        self.0.as_ref()?.initiator.as_ref()
    }

    /// Who started the chain.
    pub fn originator(&self) -> Option<&Principal> {
        self.0.as_ref()?.originator.as_ref()
    }

    /// The extra entry with this key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.extras().get(key).map(String::as_str)
    }

    /// All extra entries.
    pub fn extras(&self) -> &BTreeMap<String, String> {
        self.0.as_ref().map_or(&NO_EXTRAS, |fields| &fields.extras)
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The bytes of all keys and values together, which count towards the limit of 64 KiB.
    pub fn size_bytes(&self) -> usize {
        let Some(fields) = &self.0 else { return 0 };
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let principal = |principal: &Option<Principal>| principal.as_ref().map_or(0, |p| p.id.len());
        text(&fields.correlation_id)
            + text(&fields.causation_id)
            + principal(&fields.initiator)
            + principal(&fields.originator)
            + fields.extras.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>()
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(fields) => fields.fmt(f),
            None => f.write_str("{}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_kind_is_what_is_stored() {
        use PrincipalKind::{Api, Automation, Schedule, System, User};
        for kind in [User, Api, Automation, Schedule, System] {
            assert_eq!(serde_json::to_value(&kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn json_round_trips_and_leaves_out_what_is_not_set() {
        let metadata = Metadata::new()
            .with_correlation_id("c-1")
            .with_initiator(Principal::new(PrincipalKind::User, "u-1"))
            .with("tenant", "t\u{0}1");
        let json = serde_json::to_string(&metadata).unwrap();
        assert!(!json.contains("causation"), "{json}");
        assert_eq!(serde_json::from_str::<Metadata>(&json).unwrap(), metadata);
        assert!(Metadata::new().is_empty() && !metadata.is_empty());
        for nothing in ["null", "{}", r#"{"extras":{},"later":1}"#] {
            assert_eq!(serde_json::from_str::<Metadata>(nothing).unwrap(), Metadata::new(), "{nothing}");
        }
    }
}
