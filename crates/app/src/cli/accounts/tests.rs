use super::size;
use fm_domain::body::ByteSize;

#[test]
fn sizes_are_bytes_or_have_a_unit() {
    for (text, bytes) in
        [("0", 0), ("1500", 1500), ("2KiB", 2048), ("3 MiB", 3 << 20), ("1GiB", 1 << 30), ("5TiB", 5 << 40)]
    {
        assert_eq!(size(text), Ok(ByteSize::new(bytes)), "{text}");
    }
    for text in ["", "GiB", "-1", "1.5GiB", "10GB", "9223372036854775808", "8388608TiB", "1 2"] {
        assert!(size(text).is_err(), "{text}");
    }
}
