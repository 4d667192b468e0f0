//! Heads that are too large. The HTTP library refuses those whose first 128 KiB are not a whole head; one that comes at once
//! it takes at any size, so that the same request would be answered in one way or another as its segments arrive.

use actix_web::dev::RequestHead;

/// The most bytes of a head.
pub(crate) const MAX_HEAD: usize = 128 * 1024;

/// Whether a head has more bytes than a request may have.
pub(super) fn is_too_large(head: &RequestHead) -> bool {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let line = head.method.as_str().len() + target + " ".len() + " HTTP/1.1\r\n".len();
    let fields = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    line + fields.sum::<usize>() + "\r\n".len() > MAX_HEAD
}
