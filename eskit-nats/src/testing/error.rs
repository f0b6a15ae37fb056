use std::fmt;

/// Why no NATS server could be had. The text says what failed and what to do.
#[derive(Debug)]
pub struct TestError(String);

impl TestError {
    pub(crate) fn new(text: impl Into<String>) -> TestError {
        TestError(text.into())
    }
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TestError {}
