#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::*;

#[test]
fn a_name_is_given_twice() {
    let value = |name: &str| Disposition::Attachment.header_value(&name.parse().unwrap());
    assert_eq!(value("a b.txt"), "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt");
    assert_eq!(
        value("café \"1\" 100%'.png"),
        "attachment; filename=\"caf_ _1_ 100_'.png\"; filename*=UTF-8''caf%C3%A9%20%221%22%20100%25%27.png"
    );
}

proptest! {
    #[test]
    fn every_name_comes_back(text in ".{1,255}") {
        let Ok(name) = text.parse::<FileName>() else { return Ok(()) };
        let value = Disposition::Inline.header_value(&name);
        prop_assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        let rest = value.strip_prefix("inline; filename=\"").unwrap();
        let (plain, rest) = rest.split_once('"').unwrap();
        prop_assert!(!plain.contains(['\\', '%']));
        let exact = rest.strip_prefix("; filename*=UTF-8''").unwrap();
        prop_assert!(exact.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&byte)));
        prop_assert_eq!(percent_decode_str(exact).decode_utf8().unwrap(), name.as_str());
    }
}
