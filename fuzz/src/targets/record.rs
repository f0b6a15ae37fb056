use eskit::transfer::LogRecord;

/// What is read as records is written again as the same records, in both forms.
pub(crate) fn binary(bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(record) = LogRecord::decode(&mut rest) {
        both_forms(&record);
    }
}

/// The same of lines of JSON.
pub(crate) fn line(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    text.lines().filter_map(|line| LogRecord::from_json(line).ok()).for_each(|record| both_forms(&record));
}

fn both_forms(record: &LogRecord) {
    let line = record.to_json();
    assert!(!line.contains('\n'), "it is more than one line: {line}");
    assert_eq!(LogRecord::from_json(&line).as_ref(), Ok(record), "{line}");
    let mut bytes = Vec::new();
    let Ok(()) = record.encode(&mut bytes) else { panic!("it was read and cannot be written: {line}") };
    let mut rest = bytes.as_slice();
    assert_eq!(LogRecord::decode(&mut rest).as_ref(), Ok(record), "{line}");
    assert!(rest.is_empty(), "{} bytes are left of {line}", rest.len());
}
