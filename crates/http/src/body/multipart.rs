//! `multipart/form-data` as a stream (RFC 7578, RFC 2046): part after part, each chunk by chunk.
//!
//! It holds a chunk of the body at most, and takes the head of a part as clients really write it: file names in plain
//! UTF-8, with whatever characters, so that a bad name can be refused as a name.

use actix_web::web::{Buf as _, Bytes, BytesMut};
use fm_domain::body::BodyError;
use fm_domain::files::Sha256;
use memchr::memmem::{self, Finder};

use super::form_head::PartHead;
use super::source::Source;

/// The longest boundary (RFC 2046, section 5.1.1).
const BOUNDARY_BYTES: usize = 70;

/// The longest head of a part.
const HEAD_BYTES: usize = 8 * 1024;

/// The longest padding after a boundary.
const PADDING_BYTES: usize = 256;

const LINE_BREAK: &[u8] = b"\r\n";

/// What ends the head of a part.
const HEAD_END: &[u8] = b"\r\n\r\n";

const BROKEN: BodyError = BodyError::Malformed("the form is broken");
const CUT_OFF: BodyError = BodyError::Malformed("the form ends before its last boundary");

/// A form that is being read.
pub(super) struct Multipart {
    source: Source,
    buffer: BytesMut,
    /// Line break, two hyphens, boundary.
    delimiter: Finder<'static>,
    place: Place,
}

/// Where in the form the buffer begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first boundary, or inside a part.
    Inside,
    /// Right after a boundary.
    AfterBoundary,
    /// After the last boundary.
    Epilogue,
}

impl Multipart {
    /// The form with this boundary. 400 for what is no boundary.
    pub(super) fn new(boundary: &str, source: Source) -> Result<Self, BodyError> {
        if boundary.is_empty() || boundary.len() > BOUNDARY_BYTES {
            return Err(BodyError::Malformed("the form has no boundary"));
        }
        let delimiter = Finder::new(format!("\r\n--{boundary}").as_bytes()).into_owned();
        // The first boundary may be the very beginning: as if a line had ended before it.
        Ok(Self { source, buffer: BytesMut::from("\r\n"), delimiter, place: Place::Inside })
    }

    /// The hash of the whole form, once it was read.
    pub(super) fn hash(&mut self) -> Option<Sha256> {
        self.source.hash()
    }

    /// The head of the next part; what is left of this one is skipped. `None` after the last.
    pub(super) async fn part(&mut self) -> Result<Option<PartHead>, BodyError> {
        while self.chunk().await?.is_some() {}
        if self.place == Place::Epilogue || self.is_last().await? {
            return Ok(None);
        }
        let head = self.head().await?;
        self.place = Place::Inside;
        Ok(Some(head))
    }

    /// The next bytes of this part; `None` at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        let length = self.delimiter.needle().len();
        while self.place == Place::Inside {
            match self.delimiter.find(&self.buffer) {
                Some(0) => {
                    self.buffer.advance(length);
                    self.place = Place::AfterBoundary;
                }
                Some(at) => return Ok(Some(self.buffer.split_to(at).freeze())),
                // A boundary may have begun in the last bytes.
                None if self.buffer.len() >= length => {
                    let safe = self.buffer.len() - (length - 1);
                    return Ok(Some(self.buffer.split_to(safe).freeze()));
                }
                None => self.fill().await?,
            }
        }
        Ok(None)
    }

    /// Reads what follows the last boundary, to the end of the body.
    pub(super) async fn finish(&mut self) -> Result<(), BodyError> {
        self.buffer.clear();
        while let Some(epilogue) = self.source.next().await {
            drop(epilogue?);
        }
        Ok(())
    }

    /// Whether the boundary was the last one; steps over the rest of its line.
    async fn is_last(&mut self) -> Result<bool, BodyError> {
        loop {
            if self.buffer.starts_with(b"--") {
                self.place = Place::Epilogue;
                return Ok(true);
            }
            let padding = self.buffer.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let rest = &self.buffer[padding..];
            // Before the line break is looked for: a form is answered in one way however its chunks come.
            if padding > PADDING_BYTES {
                return Err(BROKEN);
            }
            if rest.starts_with(LINE_BREAK) {
                // The line break stays: it may be the one that ends an empty head.
                self.buffer.advance(padding);
                return Ok(false);
            }
            if !(LINE_BREAK.starts_with(rest) || b"--".starts_with(&self.buffer)) {
                return Err(BROKEN);
            }
            self.fill().await?;
        }
    }

    /// The head of a part: what stands between the line break that ends its boundary and an empty line.
    async fn head(&mut self) -> Result<PartHead, BodyError> {
        loop {
            let end = memmem::find(&self.buffer, HEAD_END);
            // Where the end is not there yet, all of it but the last byte may be.
            let least = end.unwrap_or((self.buffer.len() + 1).saturating_sub(HEAD_END.len()));
            if least > LINE_BREAK.len() + HEAD_BYTES {
                return Err(BodyError::Malformed("the head of a part is too long"));
            }
            if let Some(end) = end {
                let head = self.buffer.split_to(end);
                self.buffer.advance(HEAD_END.len());
                return PartHead::parse(head.strip_prefix(LINE_BREAK).unwrap_or(&head));
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<(), BodyError> {
        match self.source.next().await {
            Some(bytes) => {
                self.buffer.extend_from_slice(&bytes?);
                Ok(())
            }
            None => Err(CUT_OFF),
        }
    }
}

#[cfg(test)]
#[path = "multipart_tests.rs"]
mod tests;
