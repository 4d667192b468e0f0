//! The bytes of a picture, which run dry when the time is over.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use bytes::Bytes;
use fm_domain::thumbnails::RenderThumbnail;

/// How many bytes are read between two looks at the clock: decoders read byte by byte.
const BETWEEN_LOOKS: usize = 16 * 1024;

/// When to give up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// This long from now; never, where that lies beyond all time.
    pub(crate) fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// When that is; `None` is never.
    pub(crate) const fn instant(self) -> Option<Instant> {
        self.0
    }

    pub(crate) fn has_passed(self) -> bool {
        self.0.is_some_and(|deadline| Instant::now() >= deadline)
    }

    pub(crate) fn check(self) -> Result<(), RenderThumbnail> {
        if self.has_passed() { Err(RenderThumbnail::TimedOut) } else { Ok(()) }
    }
}

/// Reads a picture file that is in memory, and fails once the deadline has passed: no decoder can be interrupted in any
/// other way.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    bytes: Bytes,
    position: usize,
    unlooked: usize,
    deadline: Deadline,
}

impl Source {
    pub(crate) const fn new(bytes: Bytes, deadline: Deadline) -> Self {
        Self { bytes, position: 0, unlooked: BETWEEN_LOOKS, deadline }
    }

    pub(crate) const fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The whole file, for a decoder that looks at the clock itself.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// A part of the file, as far as it is there.
    pub(crate) fn part(&self, offset: u64, length: u64) -> Bytes {
        let end = self.bytes.len();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(end);
        self.bytes
            .slice(offset..offset.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(end))
    }

    /// What comes next, up to the next look at the clock.
    fn ahead(&mut self) -> io::Result<&[u8]> {
        if self.unlooked >= BETWEEN_LOOKS {
            if self.deadline.has_passed() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.unlooked = 0;
        }
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        Ok(&rest[..rest.len().min(BETWEEN_LOOKS - self.unlooked)])
    }

    fn advance(&mut self, count: usize) {
        self.position += count;
        self.unlooked += count;
    }
}

impl Read for Source {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ahead = self.ahead()?;
        let count = ahead.len().min(buffer.len());
        buffer[..count].copy_from_slice(&ahead[..count]);
        self.advance(count);
        Ok(count)
    }

    /// Some decoders read byte by byte: that path is kept short.
    #[inline]
    fn read_exact(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        if let ([byte], Some(&next)) = (&mut *buffer, self.bytes.get(self.position))
            && self.unlooked < BETWEEN_LOOKS
        {
            *byte = next;
            self.advance(1);
            return Ok(());
        }
        while !buffer.is_empty() {
            match self.read(buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => buffer = &mut buffer[count..],
            }
        }
        Ok(())
    }
}

impl BufRead for Source {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.ahead()
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        self.advance(count);
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(from_start) => Some(from_start),
            SeekFrom::End(from_end) => (self.bytes.len() as u64).checked_add_signed(from_end),
            SeekFrom::Current(from_here) => (self.position as u64).checked_add_signed(from_here),
        };
        let position = position.ok_or(io::ErrorKind::InvalidInput)?;
        // Going back and forth takes time too, and reads little.
        self.unlooked += 64;
        // Beyond the end there is nothing, however far.
        self.position = usize::try_from(position).unwrap_or(usize::MAX >> 1).min(usize::MAX >> 1);
        Ok(position)
    }
}
