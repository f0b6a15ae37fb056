//! The table: its entries and cases, and what holds for the events of any of them.

use std::fmt::{Debug, Display};

use eskit::Timestamp;
use eskit::model::Emit;
use eskit::testing::{Given, Outcome, given};
use eskit_tests::scripted::encode;
use libtest_mimic::Failed;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// When every command is given.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

/// The microseconds of one day.
pub(crate) const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// One step of an example.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) meta: Meta,
    #[serde(default)]
    pub(crate) event_definitions: Vec<EventDefinition>,
    pub(crate) test_cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct Meta {
    pub(crate) id: String,
}

/// What the table says about an event type.
#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventDefinition {
    name: String,
    tag_resolvers: Vec<String>,
}

/// One case. A field that is unknown here would be a condition that is not tried.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) description: String,
    given_events: Option<Vec<Message>>,
    when_command: Message,
    then_expected_event: Option<Message>,
    then_expected_error: Option<String>,
}

/// An event or a command: a type and its data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    r#type: String,
    data: Value,
    #[serde(default)]
    metadata: EventMetadata,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EventMetadata {
    #[serde(default)]
    days_ago: i64,
}

impl Message {
    /// The message as a variant of an enum that is tagged by `type` and `data`.
    fn typed<T: DeserializeOwned>(&self) -> Result<T, Failed> {
        let value = serde_json::json!({ "type": self.r#type, "data": self.data });
        Ok(serde_json::from_value(value)?)
    }

    /// The message as an event, after a look that it is written as it was read.
    fn event<E: Emit + DeserializeOwned>(&self) -> Result<E, Failed> {
        let event: E = self.typed()?;
        let encoded = encode(Some(self.typed::<E>()?));
        let payload: Value = serde_json::from_slice(&encoded[0].payload)?;
        if payload != self.data || encoded.len() != 1 {
            return Err(format!("`{}` was read as {} and written as {payload}", self.r#type, self.data).into());
        }
        Ok(event)
    }
}

impl Case {
    /// The command, as a variant of an enum of commands.
    pub(crate) fn command<C: DeserializeOwned>(&self) -> Result<C, Failed> {
        self.when_command.typed()
    }

    /// The given events, each at its time.
    pub(crate) fn given<E: Emit + DeserializeOwned>(&self) -> Result<Given, Failed> {
        self.given_events.iter().flatten().try_fold(given(()), |given, message| {
            let age_micros = message.metadata.days_ago * DAY_MICROS;
            Ok(given.and(message.event::<E>()?).at(Timestamp::from_micros(NOW.as_micros() - age_micros)))
        })
    }

    /// Holds what the command did to what the table expects.
    pub(crate) fn check<E: Emit + DeserializeOwned>(
        &self,
        outcome: &Outcome<impl Sized, impl Debug + Display>,
    ) -> Result<(), Failed> {
        match (&self.then_expected_event, &self.then_expected_error) {
            (Some(event), None) => outcome.then(event.event::<E>()?),
            (None, Some(text)) => outcome.then_error_matches(|error| error.to_string() == *text),
            _ => return Err("the case expects neither an event nor an error, or both".into()),
        };
        Ok(())
    }

    /// Checks that the events of this case, typed as `E`, carry the tags that the table gives to their types.
    pub(crate) fn check_tags<E: Emit + DeserializeOwned>(&self, known: &[EventDefinition]) -> Result<(), Failed> {
        for message in self.given_events.iter().flatten().chain(&self.then_expected_event) {
            let definition = known.iter().find(|definition| definition.name == message.r#type);
            let definition = definition.ok_or_else(|| format!("`{}` is not defined", message.r#type))?;
            let wanted: Vec<String> = definition.tag_resolvers.iter().map(|tag| resolve(tag, &message.data)).collect();
            let encoded = encode(message.event::<E>()?);
            let found: Vec<&str> = encoded[0].tags.iter().map(|tag| tag.as_str()).collect();
            if found != wanted {
                return Err(format!("`{}` carries the tags {found:?}, not {wanted:?}", message.r#type).into());
            }
        }
        Ok(())
    }
}

/// `course:{data.courseId}` with the value of that field.
fn resolve(template: &str, data: &Value) -> String {
    let (key, rest) = template.split_once(":{data.").unwrap();
    let field = rest.strip_suffix('}').unwrap();
    format!("{key}:{}", data[field].as_str().unwrap())
}
