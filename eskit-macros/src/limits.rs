//! The limits that the macros check. Those that the runtime has too are the same there, which a test holds them to.

/// Bytes of a wire name, of a tag's key or of a stream type.
pub(crate) const NAME_BYTES_MAX: usize = 256;
/// Bytes of the name of a projection or a processor.
pub(crate) const SUBSCRIBER_NAME_BYTES_MAX: usize = 64;
/// Tags of one event or command.
pub(crate) const TAGS_MAX: usize = 64;
/// Tags that select the events of one aggregate.
pub(crate) const AGGREGATE_TAGS_MAX: usize = 4;
/// Models of one decision.
pub(crate) const MODELS_MAX: usize = 8;
/// The highest schema version: one step of code for each is generated.
pub(crate) const VERSION_MAX: u32 = 1000;
/// How many to-dos of a processor are done side by side in one process.
pub(crate) const WORKERS_MAX: u32 = 1000;
/// How many to-dos one call does together.
pub(crate) const BATCH_MAX: u32 = 1000;
/// How long one try of a to-do may last, in hours.
pub(crate) const WITHIN_HOURS_MAX: u64 = 24;

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use eskit::__private::{Count, Keys, Models, NoModel as M};
    use eskit::log::limits;
    use eskit::model::LoadKey;

    use super::*;

    #[test]
    fn what_is_stored_has_the_limits_of_the_runtime() {
        assert_eq!(NAME_BYTES_MAX, limits::NAME_BYTES_MAX);
        assert_eq!(NAME_BYTES_MAX, limits::TAG_PART_BYTES_MAX);
        assert_eq!(TAGS_MAX, limits::TAGS_PER_EVENT_MAX);
    }

    #[test]
    fn no_batch_is_longer_than_in_the_runtime() {
        assert_eq!(eskit::work::WorkOptions::DEFAULT.batch(u32::MAX).batch, BATCH_MAX);
    }

    struct Asked<T, const N: usize>(PhantomData<T>);

    /// Answers where the type itself does not.
    trait No {
        fn is_models(&self) -> bool {
            false
        }

        fn is_key(&self) -> bool {
            false
        }
    }

    impl<T, const N: usize> No for &Asked<T, N> {}

    trait AreModels {
        fn is_models(&self) -> bool {
            true
        }
    }

    impl<T: Models<Count<N>>, const N: usize> AreModels for Asked<T, N> {}

    trait IsKey {
        fn is_key(&self) -> bool {
            true
        }
    }

    impl<T: LoadKey<Keys<N>>, const N: usize> IsKey for Asked<T, N> {}

    /// The longest of the tuples that the runtime takes.
    macro_rules! longest {
        ($method:ident: $($len:literal $tuple:ty,)*) => {
            [$(($len, (&Asked::<$tuple, $len>(PhantomData)).$method())),*]
                .into_iter()
                .filter_map(|(len, is_taken)| is_taken.then_some(len))
                .max()
        };
    }

    #[test]
    fn tuples_of_models_and_of_keys_are_as_long_as_in_the_runtime() {
        let models = longest!(is_models: 2 (M, M), 7 (M, M, M, M, M, M, M), 8 (M, M, M, M, M, M, M, M), 9 (M, M, M, M, M, M, M, M, M),);
        assert_eq!(models, Some(MODELS_MAX));
        let keys = longest!(is_key: 2 (u8, u8), 3 (u8, u8, u8), 4 (u8, u8, u8, u8), 5 (u8, u8, u8, u8, u8),);
        assert_eq!(keys, Some(AGGREGATE_TAGS_MAX));
    }
}
