//! Every message, one function each: what is wrong, then a `help:` line to paste.

mod aggregate;
mod attr;
mod block;
mod command;
mod decider;
mod event;
mod every;
mod list;
mod parameter;
mod personal;
mod processor;
mod projection;
mod shape;
mod subscriber;
mod suggest;
mod tag;
mod text;

pub(crate) use aggregate::*;
pub(crate) use attr::*;
pub(crate) use block::*;
pub(crate) use command::*;
pub(crate) use decider::*;
pub(crate) use event::*;
pub(crate) use every::*;
pub(crate) use list::*;
pub(crate) use parameter::*;
pub(crate) use personal::*;
pub(crate) use processor::*;
pub(crate) use projection::*;
pub(crate) use shape::*;
pub(crate) use subscriber::*;
pub(crate) use suggest::did_you_mean;
pub(crate) use tag::*;
pub(crate) use text::unreadable;
