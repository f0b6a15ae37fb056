use super::*;

/// What is said of a change of a field, and how much of it only older programs do not survive.
fn said(old: &str, new: &str) -> (Vec<String>, usize, usize) {
    let (old, new) = (format!("struct\n  id: u64\n  name{old}"), format!("struct\n  id: u64\n  name{new}"));
    let shaped = Node::root(&new);
    let report = compare(&old, (PayloadKind::Event, &[]), shape(shaped, shaped.head()), false);
    (differences(&old, &new), report.older, report.personal)
}

#[test]
fn what_becomes_personal_needs_a_new_version_since_older_programs_cannot_read_it() {
    let (lines, older, _) = said("?: option string", "?: personal student option string");
    assert_eq!(lines, ["`name` is personal data now, which older programs cannot read"]);
    assert_eq!(older, 1);
    let nested = "?: list struct\n    who: u8\n    text: string";
    let (lines, older, _) = said(nested, &nested.replace("text: ", "text: personal student "));
    assert_eq!(
        (lines, older),
        (vec!["`name[].text` is personal data now, which older programs cannot read".to_owned()], 1)
    );
}

#[test]
fn what_is_personal_stays_so_and_of_its_subject() {
    let same = "?: personal student option string";
    assert_eq!(said(same, same), (Vec::new(), 0, 0));
    let (lines, older, personal) = said(same, "?: option string");
    assert_eq!(lines, ["`name` is personal data of `student`, and would now be stored in the clear"]);
    assert_eq!((older, personal), (0, 1));
    let (lines, _, personal) = said(same, "?: personal teacher option string");
    assert_eq!(lines, ["`name` is personal data of another subject: it was `student`, and is now `teacher`"]);
    assert_eq!(personal, 1);
}

#[test]
fn the_value_itself_keeps_to_the_rules_of_every_value() {
    let (lines, ..) = said(": personal student string", ": personal student u8");
    assert_eq!(lines, ["`name` was `string`, is now `u8`"]);
    let (lines, older, _) = said(": personal student u8", ": personal student u16");
    assert_eq!((lines.len(), older), (1, 1));
    let (lines, ..) = said(": string", ": personal student u8");
    assert_eq!(lines.len(), 2, "{lines:?}");
}
