//! The place in a distributed trace that work continues from (W3C Trace Context).

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The bytes of a `traceparent` of version 00.
const LENGTH: usize = 55;

/// The flag of a trace that is recorded.
const SAMPLED: u8 = 1;

/// The id of a trace: 16 bytes, not all zero, written as 32 hexadecimal digits in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// Its bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Writes it into `text`, which lines of a log are spared an allocation by.
    pub fn encode(self, text: &mut [u8; 32]) -> &str {
        Uuid::from_bytes(self.0).simple().encode_lower(text)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.encode(&mut [0; 32]))
    }
}

/// A span of a trace that further work hangs from: the value of the field `traceparent` (W3C Trace Context, section 3.2).
/// It names no user and gives nothing away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: TraceId,
    span: [u8; 8],
    is_sampled: bool,
}

/// The text is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a traceparent of W3C Trace Context")]
pub struct InvalidTraceContext;

impl TraceContext {
    /// A span of a trace; `None` where either id is zero.
    #[must_use]
    pub fn new(trace: [u8; 16], span: [u8; 8], is_sampled: bool) -> Option<Self> {
        let is_valid = trace != [0; 16] && span != [0; 8];
        is_valid.then_some(Self { trace: TraceId(trace), span, is_sampled })
    }

    /// A trace that is not recorded, named by what begins it. Its first span has the second half of that name.
    #[must_use]
    pub fn fresh(id: Uuid) -> Self {
        let mut trace = id.into_bytes();
        // Neither id may be zero, which the second half of a UUID with a version never is.
        trace[8] |= 0x80;
        let mut span = [0; 8];
        span.copy_from_slice(&trace[8..]);
        Self { trace: TraceId(trace), span, is_sampled: false }
    }

    /// The id of the trace.
    #[must_use]
    pub const fn trace(&self) -> TraceId {
        self.trace
    }

    /// The id of the span.
    #[must_use]
    pub const fn span(&self) -> [u8; 8] {
        self.span
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.is_sampled
    }
}

/// Reads a `traceparent`. Of versions after 00, which may say more behind the flags, what 00 knows is read (section 3.2.4).
impl FromStr for TraceContext {
    type Err = InvalidTraceContext;

    fn from_str(text: &str) -> Result<Self, InvalidTraceContext> {
        let text = text.as_bytes();
        let (head, rest) = text.split_at_checked(LENGTH).ok_or(InvalidTraceContext)?;
        let [version] = hex(&head[..2])?;
        let is_ours =
            if version == 0 { rest.is_empty() } else { rest.first().is_none_or(|byte| *byte == b'-') };
        let has_dashes = [2, 35, 52].iter().all(|at| head[*at] == b'-');
        if version == u8::MAX || !is_ours || !has_dashes {
            return Err(InvalidTraceContext);
        }
        let [flags] = hex(&head[53..])?;
        Self::new(hex(&head[3..35])?, hex(&head[36..52])?, flags & SAMPLED != 0).ok_or(InvalidTraceContext)
    }
}

/// The `traceparent`: version 00, 55 characters.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-", self.trace)?;
        f.write_str(encode_hex(&self.span, &mut [0; 16]))?;
        write!(f, "-{:02x}", u8::from(self.is_sampled) * SAMPLED)
    }
}

/// The bytes that these digits write; those in upper case are refused.
fn hex<const N: usize>(digits: &[u8]) -> Result<[u8; N], InvalidTraceContext> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(InvalidTraceContext),
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(bytes)
}

/// Writes the digits of these bytes into `text`, which has twice as many.
fn encode_hex<'a>(bytes: &[u8], text: &'a mut [u8]) -> &'a str {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (byte, pair) in bytes.iter().zip(text.chunks_exact_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0xf)];
    }
    std::str::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
