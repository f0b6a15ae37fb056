use crate::message::Message;
use crate::message::same;
use crate::model::event::TagField;
use crate::schema::node::Nodes;
use crate::schema::report::{Path, Report};

/// Queries by tag find what is stored: neither a new tag nor a dropped one can be made up for by an upcaster. Of a version that
/// is `superseded` no new event is written, and its stored ones may have been given the tags of a newer one.
pub(super) const fn compare_tags(lines: Nodes<'_>, tags: &[TagField], superseded: bool, report: &mut Report) {
    let mut i = 0;
    while i < tags.len() {
        if !has_tag(lines, tags[i].key) {
            if report.new_tags == 0 {
                report.tag = Message::new().text(tags[i].key);
            }
            report.new_tags += 1;
            report.refuse(&Path::ROOT.part(tags[i].key), " is a new tag, which the stored events do not carry");
        } else {
            compare_id_type(lines, &tags[i], report);
        }
        i += 1;
    }
    let mut rest = lines;
    while let Some((line, after)) = rest.next() {
        if let Some(tag) = line.tag()
            && !superseded
            && !tags_hold(tags, tag)
        {
            report.lost_tags += 1;
            report.refuse(&Path::ROOT.part(tag), " is no tag any more, so queries by it miss new events");
        }
        rest = after;
    }
}

/// The ids of a tag stay of one type. One that is not recorded is no difference; one that is recorded and not known any more is
/// one, or it could become another one in two steps.
const fn compare_id_type(lines: Nodes<'_>, tag: &TagField, report: &mut Report) {
    let (mut recorded, mut rest) = ("", lines);
    while let Some((line, after)) = rest.next() {
        if let Some(key) = line.tag()
            && same(key, tag.key)
        {
            recorded = line.tag_type();
            if recorded.is_empty() || same(recorded, tag.id_type.name()) {
                return;
            }
        }
        rest = after;
    }
    if recorded.is_empty() {
        return;
    }
    let (now, key, is_known) = (tag.id_type.name(), tag.key, tag.id_type.is_known());
    if report.id_types == 0 {
        let message = Message::new().text("give the field ").code(tag.field).text(" the type ").code(recorded);
        let message = if is_known {
            message.text(" again; where only the name of the type changed, write `tag ").text(key).text(": ").text(now)
        } else {
            message.text(" again; if its ids are to have no type of their own, write `tag ").text(key)
        };
        report.id_type = message.text("`");
    }
    report.id_types += 1;
    let text = Message::new().text(" was the tag of a ").code(recorded);
    let text = if is_known {
        text.text(", and is now that of a ").code(now)
    } else {
        text.text(", and its ids have no type of their own any more")
    };
    report.refuse_with(&Path::ROOT.part(key), text);
}

const fn has_tag(lines: Nodes<'_>, tag: &str) -> bool {
    let mut rest = lines;
    while let Some((line, after)) = rest.next() {
        if let Some(found) = line.tag()
            && same(found, tag)
        {
            return true;
        }
        rest = after;
    }
    false
}

const fn tags_hold(tags: &[TagField], key: &str) -> bool {
    let mut i = 0;
    while i < tags.len() {
        if same(tags[i].key, key) {
            return true;
        }
        i += 1;
    }
    false
}
