use proptest::prelude::*;
use uuid::Uuid;

use super::FileId;

#[test]
fn only_the_hyphenated_form_names_something() {
    let text = "019b0000-0000-7000-8000-0123456789ab";
    for other in [
        "",
        "019b0000000070008000000123456789ab",
        "{019b0000-0000-7000-8000-0123456789ab}",
        "urn:uuid:019b0000-0000-7000-8000-0123456789ab",
        "019b0000-0000-7000-8000-0123456789aé",
        "019b0000-0000-7000-8000-0123456789a",
        "019b0000-0000-7000-80000123456789abcd",
    ] {
        assert_eq!(FileId::parse(other), None, "{other}");
    }
    assert_eq!(FileId::parse(&text.to_uppercase()).map(|id| id.to_string()).as_deref(), Some(text));
}

proptest! {
    #[test]
    fn an_id_is_read_back_from_its_text(number in any::<u128>()) {
        let id = FileId::new(Uuid::from_u128(number));
        prop_assert_eq!(FileId::parse(&id.to_string()), Some(id));
        prop_assert_eq!(id.to_string(), id.to_string().to_lowercase());
    }
}
