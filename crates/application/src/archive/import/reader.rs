//! The lines of a file.

use std::io::{BufRead, Read};

use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use fm_domain::files::Sha256;
use sha2::Digest as _;

use super::{ImportError, LineProblem};
use crate::archive::format::Line;

/// The longest line. Those that are written have a few kilobytes at most, but for operations: what is left of a batch is as large as its
/// request, 1 MiB, beside the results of what was done.
const LONGEST: u64 = 8 << 20;

/// Reads lines, and hashes those that were read before the last.
pub(super) struct LineReader<'i> {
    input: &'i mut dyn BufRead,
    number: u64,
    hash: sha2::Sha256,
    line: Vec<u8>,
}

impl<'i> LineReader<'i> {
    pub(super) fn new(input: &'i mut dyn BufRead) -> Self {
        Self { input, number: 0, hash: sha2::Sha256::new(), line: Vec::new() }
    }

    /// The next line; `None` at the end of the file.
    pub(super) fn next_line(&mut self) -> Result<Option<Line>, ImportError> {
        self.hash.update(&self.line);
        self.line.clear();
        let read = Read::take(&mut self.input, LONGEST + 1).read_until(b'\n', &mut self.line);
        if read.map_err(ImportError::Read)? == 0 {
            return Ok(None);
        }
        if self.line.last() != Some(&b'\n') {
            let is_too_long = self.line.len() as u64 > LONGEST;
            return Err(if is_too_long {
                self.number += 1;
                self.fault(LineProblem::TooLong(ByteSize::new(LONGEST)))
            } else {
                self.truncated()
            });
        }
        self.number += 1;
        match serde_json::from_slice(&self.line) {
            Ok(line) => Ok(Some(line)),
            Err(error) => {
                // The number of its own line, which is always 1, would be taken for that of the file.
                let told = error.to_string();
                let told = told.split(" at line ").next().unwrap_or_default();
                let problem = format!("{told}, at its column {}", error.column());
                Err(self.fault(LineProblem::Json(problem)))
            }
        }
    }

    /// The number of the last line that was read.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The hash of all lines before the last that was read.
    pub(super) fn sha256(&self) -> String {
        Sha256::new(self.hash.clone().finalize().into()).to_string()
    }

    /// What is wrong with the last line that was read.
    pub(super) fn fault(&self, problem: LineProblem) -> ImportError {
        ImportError::Line { line: self.number, problem }
    }

    /// The database did not take the last line that was read, or one before it.
    pub(super) fn not_stored(&self, source: PortError) -> ImportError {
        ImportError::Row { line: self.number, source }
    }

    /// The file ended too early.
    pub(super) fn truncated(&self) -> ImportError {
        ImportError::Truncated { lines: self.number }
    }
}
