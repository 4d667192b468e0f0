//! Corpora of text.

/// The samples of a corpus, one on each line. `\r`, `\n`, `\t`, `\0`, `\\` and `\xNN` stand for bytes; empty lines and those
/// that begin with `#` are none.
///
/// # Panics
///
/// With another escape.
#[must_use]
pub fn samples(corpus: &str) -> Vec<Vec<u8>> {
    let lines = corpus.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| unescaped(line).unwrap_or_else(|| panic!("an escape can't be read: {line}"))).collect()
}

fn unescaped(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let (byte, length) = match *escape.as_bytes().first()? {
            b'r' => (b'\r', 1),
            b'n' => (b'\n', 1),
            b't' => (b'\t', 1),
            b'0' => (0, 1),
            b'\\' => (b'\\', 1),
            b'x' => (u8::from_str_radix(escape.get(1..3)?, 16).ok()?, 3),
            _ => return None,
        };
        bytes.push(byte);
        rest = &escape[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}
