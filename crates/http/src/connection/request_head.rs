//! The head of a request, in the bytes that come from the client.

use super::head_end::find_end_of_head;

/// The head of a request, as far as it has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RequestHead {
    /// Bytes that have come of it, until its end was seen.
    received: usize,
    /// The last bytes of them, in which its end may begin.
    tail: [u8; 3],
    is_whole: bool,
}

impl RequestHead {
    /// Counts bytes up to the end of the head: a body may come with it.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        if self.is_whole {
            return;
        }
        let first = bytes.len().min(self.tail.len());
        // No end has a zero byte, and so what is not filled ends no head.
        let mut seam = [0; 6];
        seam[..3].copy_from_slice(&self.tail);
        seam[3..3 + first].copy_from_slice(&bytes[..first]);
        let end = find_end_of_head(bytes);
        self.is_whole = end.is_some() || find_end_of_head(&seam).is_some();
        self.received += if self.is_whole { end.unwrap_or(0) + 1 } else { bytes.len() };
        let short = [seam[first], seam[first + 1], seam[first + 2]];
        self.tail = bytes.last_chunk().copied().unwrap_or(short);
    }

    /// Bytes of it, about as many as have come.
    pub(super) const fn received(&self) -> usize {
        self.received
    }

    /// Whether its end was seen.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_whole
    }
}

#[cfg(test)]
mod tests {
    use super::RequestHead;

    const HEAD: &[u8] = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n";

    #[test]
    fn the_end_is_seen_wherever_the_head_is_split() {
        for first in 0..=HEAD.len() {
            for second in first..=HEAD.len() {
                let mut head = RequestHead::default();
                head.receive(&HEAD[..first]);
                assert_eq!(head.is_whole(), first == HEAD.len(), "{first}");
                head.receive(&HEAD[first..second]);
                assert_eq!(head.is_whole(), second == HEAD.len(), "{first} {second}");
                head.receive(&HEAD[second..]);
                assert!(head.is_whole(), "{first} {second}");
                assert!((1..=HEAD.len()).contains(&head.received()), "{first} {second}");
            }
        }
    }

    #[test]
    fn a_head_may_come_byte_by_byte() {
        let mut head = RequestHead::default();
        for (before, byte) in HEAD.iter().enumerate() {
            assert_eq!((head.received(), head.is_whole()), (before, false));
            head.receive(&[*byte]);
        }
        assert_eq!((head.received(), head.is_whole()), (HEAD.len(), true));
    }

    #[test]
    fn a_body_that_looks_like_a_head_is_not_counted() {
        let mut alone = RequestHead::default();
        alone.receive(HEAD);
        let mut with_body = RequestHead::default();
        with_body.receive(&[HEAD, HEAD].concat());
        with_body.receive(HEAD);
        assert_eq!(with_body.received(), alone.received());
    }
}
