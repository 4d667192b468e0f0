//! The empty line that ends a head (RFC 9112, section 2.1).

use memchr::memchr_iter;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Where the line break before the first empty line begins. It goes from line to line, which are few: a search for all four bytes
/// stops at each of them too, and has to be prepared.
pub(super) fn find_end_of_head(bytes: &[u8]) -> Option<usize> {
    let last = memchr_iter(b'\n', bytes).find(|&at| bytes[..=at].ends_with(END_OF_HEAD))?;
    Some(last + 1 - END_OF_HEAD.len())
}

#[cfg(test)]
mod tests {
    use super::find_end_of_head;

    #[test]
    fn the_first_empty_line_ends_a_head() {
        for before in 0..100 {
            let text = [&vec![b'x'; before][..], b"\r\n\r\n\r\n\r\n"].concat();
            assert_eq!(find_end_of_head(&text), Some(before));
            assert_eq!(find_end_of_head(&text[..before + 3]), None);
        }
        assert_eq!(find_end_of_head(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\r\n\r\n"), Some(23));
    }

    #[test]
    fn other_line_breaks_end_none() {
        for text in [&b""[..], b"\r\n", b"\n\n\n\n", b"\r\r\n\n", b"\n\r\n\r", b"\r\n\n", b"\r\n \r\n"] {
            assert_eq!(find_end_of_head(text), None, "{text:?}");
        }
    }
}
