#![expect(clippy::unwrap_used, reason = "a test may")]

use super::Secret;
use crate::{Login, SignedUrl};

#[test]
fn a_secret_is_plain_text_on_the_wire() {
    let secret = Secret::new("hunter2");
    assert_eq!(serde_json::to_string(&secret).unwrap(), r#""hunter2""#);
    assert_eq!(serde_json::from_str::<Secret>(r#""hunter2""#).unwrap().expose(), "hunter2");
}

#[test]
fn no_debug_output_shows_a_secret() {
    let login = Login { email: "ada@example.org".to_owned(), password: Secret::new("hunter2") };
    let shown = format!("{login:?}");
    assert!(shown.contains("ada@example.org") && !shown.contains("hunter2"), "{shown}");

    let url = r#"{"url": "https://files.example/?token=hunter2", "expires_at": "2026-01-31T13:00:00Z"}"#;
    let url: SignedUrl = serde_json::from_str(url).unwrap();
    assert!(!format!("{url:?}").contains("hunter2"));
}
