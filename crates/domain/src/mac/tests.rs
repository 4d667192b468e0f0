use proptest::prelude::*;

use super::{Mac, Purpose};

#[test]
fn each_purpose_has_a_name_of_its_own() {
    let names = Purpose::ALL.map(Purpose::name);
    assert_eq!(names, ["refresh-token", "cursor", "link", "part"]);
}

#[test]
fn it_is_never_shown() {
    assert_eq!(format!("{:?}", Mac::new([7; 32])), "Mac(…)");
}

#[test]
fn texts_that_are_no_mac_are_not_read() {
    let text = Mac::new([0; 32]).to_text();
    // The last character carries two bits that must be zero.
    let loose = format!("{}B", &text[..42]);
    for text in
        ["", "a", &text[1..], &format!("{text}A"), &format!("{text}="), &loose, &text.replacen('A', "+", 1)]
    {
        assert!(Mac::parse(text).is_none(), "{text}");
    }
}

proptest! {
    #[test]
    fn it_is_read_back_and_equal_to_itself_alone(bytes in any::<[u8; 32]>(), bit in 0_usize..256) {
        let mac = Mac::new(bytes);
        prop_assert_eq!(Mac::parse(&mac.to_text()), Some(mac));
        let mut other = bytes;
        other[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(Mac::new(other), mac);
    }
}
