//! What is personal data, and whose.

use crate::message::{Message, same};
use crate::schema::node::strip_personal;
use crate::schema::report::{Path, Report};
use crate::shape::def::{Kind, ShapeDef};

/// Compares what both sides say of the value as personal data; the words and the shape of the value itself.
pub(super) const fn compare_personal<'h, 's>(
    head: &'h str,
    shape: &'s ShapeDef,
    path: &Path,
    report: &mut Report,
) -> (&'h str, &'s ShapeDef) {
    match (strip_personal(head), shape.kind) {
        (Some((was, rest)), Kind::Personal(def, inner)) => {
            if !same(was, def.kind) {
                let text = Message::new().text(" is personal data of another subject: it was ").code(was);
                report.refuse_personal(path, text.text(", and is now ").code(def.kind));
            }
            (rest, inner)
        }
        (Some((was, rest)), _) => {
            let text = Message::new().text(" is personal data of ").code(was);
            report.refuse_personal(path, text.text(", and would now be stored in the clear"));
            (rest, shape)
        }
        (None, Kind::Personal(_, inner)) => {
            let text = Message::new().text(" is personal data now, which older programs cannot read");
            report.refuse_for_older(path, text);
            (head, inner)
        }
        (None, _) => (head, shape),
    }
}
