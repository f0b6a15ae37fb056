use std::io::Write;

use crate::failure::Failure;
use crate::folds::Folds;
use crate::global::Global;
use crate::output::Output;

/// What every verb works with.
pub(crate) struct Context<'a> {
    pub(crate) global: &'a Global,
    pub(crate) folds: &'a Folds,
    pub(crate) out: Output<'a>,
    /// For remarks: standard error.
    pub(crate) err: &'a mut dyn Write,
}

impl Context<'_> {
    /// Says something after the results so far. Nothing depends on whether it is read.
    pub(crate) fn remark(&mut self, text: &str) -> Result<(), Failure> {
        self.out.flush()?;
        let _ = writeln!(self.err, "{text}");
        Ok(())
    }

    /// Asks something on the terminal.
    pub(crate) fn ask(&mut self, question: &str) {
        let _ = write!(self.err, "{question}");
        let _ = self.err.flush();
    }
}
