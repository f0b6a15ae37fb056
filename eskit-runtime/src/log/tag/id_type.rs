use crate::message::same;

/// The Rust type of an id in a tag, or that it is not known, as of a `String` or a UUID.
///
/// By it the compiler tells the id of a product from that of an order, although both are tags with one key and one text would
/// do for both. What is not known differs from nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdType {
    module: &'static str,
    name: &'static str,
}

impl IdType {
    /// A type that says nothing of what its values are the ids of.
    pub const UNKNOWN: IdType = IdType { module: "", name: "" };

    /// The type of this name in this module: `IdType::new(module_path!(), "Sku")`.
    pub const fn new(module: &'static str, name: &'static str) -> IdType {
        IdType { module, name }
    }

    /// The name of the type without its module; empty where it is not known.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The module of the type; empty where it is not known.
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// Whether the type is known.
    pub const fn is_known(&self) -> bool {
        !self.name.is_empty()
    }

    /// Whether both types are known, and are not the same.
    pub const fn differs_from(&self, other: &IdType) -> bool {
        self.is_known() && other.is_known() && !(same(self.name, other.name) && same(self.module, other.module))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_types_differ() {
        let (sku, order) = (IdType::new("shop", "Sku"), IdType::new("shop", "OrderId"));
        assert!(sku.differs_from(&order) && order.differs_from(&sku));
        assert!(sku.differs_from(&IdType::new("shop::old", "Sku")));
        assert!(!sku.differs_from(&IdType::new("shop", "Sku")));
        assert!(!sku.differs_from(&IdType::UNKNOWN) && !IdType::UNKNOWN.differs_from(&sku));
        assert!(!IdType::UNKNOWN.differs_from(&IdType::UNKNOWN));
    }
}
