//! The place in a distributed trace that work continues from (W3C Trace Context).

use std::fmt;
use std::str::FromStr;

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
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
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

    /// A trace that is not recorded, made of 24 of these random bytes.
    #[must_use]
    pub fn fresh(random: [u8; 32]) -> Self {
        let (mut trace, mut span) = ([0; 16], [0; 8]);
        trace.copy_from_slice(&random[..16]);
        span.copy_from_slice(&random[16..24]);
        // Neither id may be zero.
        trace[0] |= 1;
        span[0] |= 1;
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
        write_hex(&self.span, f)?;
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

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests;
