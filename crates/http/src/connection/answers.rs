//! Where one answer ends and the next begins, in the bytes that the HTTP library writes.

use memchr::{memchr, memchr_iter};

use super::head_end::find_end_of_head;

/// What the head of an answer says of the bytes from it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Bytes of the head and of the body behind it; `None` where the body ends with the connection or in chunks.
    pub(super) length: Option<u64>,
    /// Whether the application made the answer: the library's own have no id.
    pub(super) is_ours: bool,
    /// Whether it is the last answer of its connection.
    pub(super) closes: bool,
}

impl Head {
    /// Reads the head at the beginning of these bytes; `None` when it is not whole, which the library never writes.
    pub(super) fn read(bytes: &[u8], is_head: bool) -> Option<Self> {
        let end = find_end_of_head(bytes)?;
        let mut lines = lines(&bytes[..end + 2]);
        let status = lines.next()?.get(9..12)?;
        let status: u16 = std::str::from_utf8(status).ok()?.parse().ok()?;
        let (mut body, mut is_ours, mut closes) = (None, false, false);
        for line in lines {
            let colon = memchr(b':', line)?;
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"content-length") {
                body = std::str::from_utf8(value).ok()?.parse().ok();
            } else if name.eq_ignore_ascii_case(b"x-request-id") {
                is_ours = true;
            } else if name.eq_ignore_ascii_case(b"connection") {
                closes = value.eq_ignore_ascii_case(b"close");
            }
        }
        let has_none = is_head || status < 200 || matches!(status, 204 | 304);
        let length =
            if has_none { Some(0) } else { body }.map(|body: u64| (end as u64 + 4).saturating_add(body));
        Some(Self { status, length, is_ours, closes })
    }

    /// Whether another answer follows to the same request (RFC 9110, section 15.2).
    pub(super) const fn is_interim(&self) -> bool {
        self.status < 200
    }
}

/// The lines of a head that ends with a line break, without their ends.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut begin = 0;
    memchr_iter(b'\n', head).map(move |end| {
        let line = &head[begin..end];
        begin = end + 1;
        line.trim_ascii_end()
    })
}

#[cfg(test)]
mod tests;
