//! Messages about the parameters of deciders and of methods that take an event.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Error, Type};

use super::suggest::suggest_key;
use super::text::at;
use crate::syntax::signature::Param;
use crate::syntax::types::Holder;
use crate::wrap::{bare, behind_reference, text};

/// What a parameter is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Event,
    Envelope,
    Command,
    Model,
}

impl Role {
    /// What a message calls it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Role::Event => "an event",
            Role::Envelope => "what is recorded with an event",
            Role::Command => "a command",
            Role::Model => "an aggregate",
        }
    }

    /// A type for a help that knows none.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Role::Event => "SomethingHappened",
            Role::Envelope => "RecordedEvent",
            Role::Command => "DoSomething",
            Role::Model => "Model",
        }
    }
}

pub(crate) fn not_a_reference(ty: &Type, role: Role) -> Error {
    let help = format!("write `&{}`", text(ty));
    at(ty, &format!("{} is taken by reference", role.text()), &or_field(help, role))
}

pub(crate) fn mutable_reference(tokens: impl ToTokens, role: Role, ty: &Type) -> Error {
    at(tokens, &format!("{} is taken by shared reference", role.text()), &format!("write `&{}`", text(ty)))
}

pub(crate) fn value_parameter(ty: &Type, role: Role) -> Error {
    let help = format!("write `&{}`", role.example());
    at(ty, &format!("`{}` is not {}", text(behind_reference(ty)), role.text()), &help)
}

/// `inner` is the type that the parameter's holds.
pub(crate) fn wrapped_parameter(ty: &Type, role: Role, holder: Holder, inner: Option<&Type>) -> Error {
    let inner = inner.map_or_else(|| role.example().to_owned(), text);
    let help = format!("write `&{inner}`");
    match (role, holder) {
        (Role::Model, Holder::Several) => at(
            ty,
            "any number of instances of an aggregate is taken as `Each`",
            &format!(
                "write `&Each<{inner}>`, which holds one for each value of the command's tag; for a certain number write a parameter for each, with the field that selects it, as in `#[key(from)] one: &{inner}, #[key(to)] two: &{inner}`"
            ),
        ),
        (Role::Model, Holder::Optional) => at(
            ty,
            "an aggregate is always there: before its first event it is what `Default` makes it",
            &format!("{help}, and ask its fields whether anything happened"),
        ),
        (Role::Command, Holder::Several) => at(ty, "a decider takes one command at a time", &help),
        (_, Holder::Several) => at(ty, "a method takes one event at a time", &help),
        _ => at(ty, &format!("{} is named by its own type", role.text()), &help),
    }
}

/// A type that is no reference may be no aggregate either.
fn or_field(help: String, role: Role) -> String {
    match role {
        Role::Model => format!("{help}; what is no aggregate, such as the time, is a field of the command"),
        _ => help,
    }
}

pub(crate) fn model_is_value(param: &Param, command: &Param) -> Error {
    let error = format!("`{}` is not an aggregate", text(behind_reference(&param.ty)));
    let help = match (&param.name, &command.name) {
        (Some(name), Some(own)) => format!(
            "what a decider needs besides aggregates is a field of its command: put `{name}: {}` into `{}`, and write `{own}.{name}`",
            owned(&param.ty),
            text(behind_reference(&command.ty)),
        ),
        _ => "make it a field of the command, as all that a decider needs besides aggregates".to_owned(),
    };
    at(&param.ty, &error, &help)
}

/// The type of a field that holds what a parameter borrows.
fn owned(ty: &Type) -> String {
    match behind_reference(ty) {
        Type::Slice(slice) => format!("Vec<{}>", owned(&slice.elem)),
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        other => text(other),
    }
}

pub(crate) fn model_is_asked(param: &Param, command: &Param) -> Error {
    let what = param.name.as_ref().map_or_else(|| "it".to_owned(), |name| format!("`{}`", bare(name)));
    at(
        &param.ty,
        "a decider is pure: it asks nothing that may answer otherwise the next time",
        &format!("ask {what} before, and put the answer into a field of `{}`", text(behind_reference(&command.ty))),
    )
}

pub(crate) fn models_in_tuple(tokens: impl ToTokens, types: &[Type]) -> Error {
    let types: Vec<&Type> = types.iter().collect();
    at(tokens, "each model is a parameter of its own", &format!("write `{}`", parameters(&types)))
}

/// A parameter of each type, each with a name of its own.
fn parameters(types: &[&Type]) -> String {
    let mut names: Vec<String> = Vec::new();
    for ty in types {
        let own = parameter_name(ty);
        let same = names.iter().filter(|name| name.starts_with(&own)).count();
        names.push(if same == 0 { own } else { format!("{own}_{}", same + 1) });
    }
    let params: Vec<String> = names.iter().zip(types).map(|(name, ty)| format!("{name}: &{}", text(ty))).collect();
    params.join(", ")
}

/// A name for a parameter of this type: `course_schedule` for `campus::CourseSchedule`.
fn parameter_name(ty: &Type) -> String {
    let own = match ty {
        Type::Path(path) => path.path.segments.last().and_then(|last| suggest_key(&bare(&last.ident))),
        _ => None,
    };
    match own {
        Some(name) if syn::parse_str::<Ident>(&name).is_ok() => name,
        _ => "model".to_owned(),
    }
}

pub(crate) fn decide_too_many(extra: &Param, command: &Param, state: &Type, method: &Ident) -> Error {
    let models = parameters(&[state, behind_reference(&extra.ty)]);
    let command = text(behind_reference(&command.ty));
    at(
        &extra.ty,
        "a decide method takes one command: its only model is `self`",
        &format!(
            "to decide from several models write a function, `#[decider] fn {method}(command: &{command}, {models}) -> ..`"
        ),
    )
}

pub(crate) fn evolve_envelope(ty: &Type) -> Error {
    at(
        ty,
        "beside its event an evolve method takes only what is recorded with it",
        "write `at: &Timestamp` for the time, or `recorded: &RecordedEvent` for the whole envelope; another event has a method of its own",
    )
}
