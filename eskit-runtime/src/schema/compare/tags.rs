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
        } else if tags[i].id_type.is_known() {
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

/// The ids of a tag stay of one type; one that is not recorded is no difference.
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
    let (now, key) = (tag.id_type.name(), tag.key);
    if report.id_types == 0 {
        let message = Message::new().text("give the field ").code(tag.field).text(" the type ").code(recorded);
        let message = message.text(" again; where only the name of the type changed, write `tag ").text(key);
        report.id_type = message.text(": ").text(now).text("`");
    }
    report.id_types += 1;
    let text = Message::new().text(" was the tag of a ").code(recorded).text(", and is now that of a ").code(now);
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
