//! What holds for the fields of a struct or of a variant, and the names that they get.

use crate::shape::case::Case;
use crate::shape::serde::{Both, SerdeAttrs};

/// What holds for the fields of a struct or of a variant.
#[derive(Clone, Default)]
pub(crate) struct FieldRules {
    pub(crate) rename_all: Both<Case>,
    pub(crate) default: bool,
    pub(crate) closed: bool,
}

impl FieldRules {
    pub(crate) fn of_struct(serde: &SerdeAttrs) -> FieldRules {
        FieldRules { rename_all: serde.rename_all.clone(), default: serde.default, closed: serde.deny_unknown_fields }
    }

    pub(crate) fn of_variant(container: &SerdeAttrs, variant: &SerdeAttrs) -> FieldRules {
        let rename_all = Both {
            write: variant.rename_all.write.or(container.rename_all_fields.write),
            read: variant.rename_all.read.or(container.rename_all_fields.read),
        };
        FieldRules { rename_all, default: false, closed: container.deny_unknown_fields }
    }
}

/// A name of a field on the wire: its own, or one in the case of all.
pub(crate) fn field_name(rust_name: &str, own: &Option<String>, case: Option<Case>) -> String {
    own.clone().unwrap_or_else(|| case.map_or_else(|| rust_name.to_owned(), |case| case.field(rust_name)))
}
