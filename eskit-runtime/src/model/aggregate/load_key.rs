use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

use crate::log::tag::{Arity, IdType, TagValue};

/// The number of values that select one instance of an aggregate which does not state their types.
#[derive(Debug)]
pub struct Keys<const N: usize>;

/// One value of the key of the aggregate `A`, of the type that `#[aggregate(.., key = K)]` states. `str` stands for every text.
#[derive(Debug)]
pub struct Stated<A, K: ?Sized>(PhantomData<A>, PhantomData<K>);

/// The values that select one instance of an aggregate: one tag value, a tuple of them in the order of
/// `#[aggregate(tag("a", "b"))]`, or `()` for an aggregate of all events.
///
/// Where the aggregate states the type of its key, as in `#[aggregate(tag = "sku", key = Sku)]`, it takes a `Sku`, a `&Sku`, or
/// what else can be borrowed as one, and nothing else compiles. Elsewhere it takes any tag value; a program that calls `load` with
/// an id of another type than its events carry, or with an `Option` or a `Vec`, fails to build.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot select an instance of this aggregate\nhelp: pass one tag value; for an aggregate with several tags a tuple of one value for each tag, in their order; for `#[aggregate(all)]` pass `()`",
    label = "not the aggregate's key"
)]
pub trait LoadKey<K> {
    /// The values whose types the compiler has not compared with those of the aggregate.
    #[doc(hidden)]
    const UNCHECKED: &'static [KeyValue] = &[];

    /// Calls `each` with each value, in the order of the keys.
    fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display));
}

/// What is known of one value that was given as a key.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct KeyValue {
    pub(crate) arity: Arity,
    pub(crate) id_type: IdType,
}

impl KeyValue {
    const fn of<T: TagValue>() -> KeyValue {
        KeyValue { arity: T::ARITY, id_type: T::ID_TYPE }
    }
}

#[diagnostic::do_not_recommend]
impl LoadKey<Keys<0>> for () {
    fn each_value(&self, _: &mut dyn FnMut(&dyn fmt::Display)) {}
}

impl<T: TagValue> LoadKey<Keys<1>> for T {
    const UNCHECKED: &'static [KeyValue] = &[KeyValue::of::<T>()];

    fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
        TagValue::each_value(self, each);
    }
}

impl<A, K: KeyType<A, T> + ?Sized, T> LoadKey<Stated<A, K>> for T {
    fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
        K::each_value_of(self, each);
    }
}

macro_rules! load_key {
    ($len:literal: $($name:ident $key:ident $index:tt),*) => {
        #[diagnostic::do_not_recommend]
        impl<$($name: TagValue),*> LoadKey<Keys<$len>> for ($($name,)*) {
            const UNCHECKED: &'static [KeyValue] = &[$(KeyValue::of::<$name>()),*];

            fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
                $(self.$index.each_value(each);)*
            }
        }

        impl<Of, $($key: KeyType<Of, $name> + ?Sized, $name),*> LoadKey<($(Stated<Of, $key>,)*)> for ($($name,)*) {
            fn each_value(&self, each: &mut dyn FnMut(&dyn fmt::Display)) {
                $($key::each_value_of(&self.$index, each);)*
            }
        }
    };
}

load_key!(2: A KeyA 0, B KeyB 1);
load_key!(3: A KeyA 0, B KeyB 1, C KeyC 2);
load_key!(4: A KeyA 0, B KeyB 1, C KeyC 2, D KeyD 3);

/// The type of a value of the key of the aggregate `A`, for which a `T` may stand: whatever can be borrowed as one, and for `str`
/// every text.
// Implemented by the key, and not by what is given: rustc shows the text of `LoadKey` where both are of the type that is given.
#[diagnostic::on_unimplemented(
    message = "`{A}` is keyed by `{Self}`, not by `{T}`\nhelp: pass a value of type `{Self}`, or a reference to one",
    label = "not the key of `{A}`"
)]
pub trait KeyType<A, T> {
    /// Calls `each` with the value.
    fn each_value_of(given: &T, each: &mut dyn FnMut(&dyn fmt::Display));
}

#[diagnostic::do_not_recommend]
impl<A, K: TagValue, T: Borrow<K>> KeyType<A, T> for K {
    fn each_value_of(given: &T, each: &mut dyn FnMut(&dyn fmt::Display)) {
        given.borrow().each_value(each);
    }
}

#[diagnostic::do_not_recommend]
impl<A, T: AsRef<str>> KeyType<A, T> for str {
    fn each_value_of(given: &T, each: &mut dyn FnMut(&dyn fmt::Display)) {
        each(&given.as_ref());
    }
}
