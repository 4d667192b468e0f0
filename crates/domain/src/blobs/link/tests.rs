use super::SignedUrl;

#[test]
fn a_url_stays_as_it_was_signed() {
    let url = "https://files.test/v1/blobs/1?token=a-b_c.d~e&x=%2F%22'()*!$,;:@[]{}|^`<>";
    assert_eq!(SignedUrl::new(url).expose(), url);
}

#[test]
fn what_no_url_has_is_encoded_so_that_json_has_nothing_to_escape() {
    let url = SignedUrl::new("http://a/\u{1}\n\u{7f}\"\\\u{e9}\u{2028}");
    assert_eq!(url.expose(), "http://a/%01%0A%7F%22%5C%C3%A9%E2%80%A8");
    let json = serde_json::Value::from(url.expose()).to_string();
    assert_eq!(json, format!("\"{}\"", url.expose()));
}

#[test]
fn a_url_is_not_shown() {
    assert_eq!(format!("{:?}", SignedUrl::new("https://a/?token=b")), "SignedUrl(…)");
}
