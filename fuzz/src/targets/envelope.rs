use eskit::log::{Position, Tags};
use eskit::store_kit::{Envelope, Interner};

/// What is read as an envelope is written again as the same bytes, and with other tags it is an envelope too.
pub(crate) fn envelope(bytes: &[u8]) {
    let Some(envelope) = Envelope::parse(bytes) else { return };
    let tags = Tags::from_packed(envelope.packed_tags());
    let Some(event) = envelope.into_recorded(Position::new(1), None, b"null".to_vec(), &mut Interner::new()) else {
        return;
    };
    let Ok(written) = Envelope::encode_recorded(&event) else { panic!("what was read cannot be written: {event:?}") };
    let again = Envelope::parse(&written)
        .and_then(|envelope| envelope.into_recorded(Position::new(1), None, b"null".to_vec(), &mut Interner::new()));
    // The stream is kept only with its version.
    assert_eq!(again.as_ref(), Some(&event), "it is read otherwise once it was written again");
    if let Some(retagged) = Envelope::with_tags(bytes, &tags) {
        assert!(Envelope::parse(&retagged).is_some(), "with other tags, it is no envelope");
    }
}
