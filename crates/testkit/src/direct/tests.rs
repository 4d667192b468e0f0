#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::json;

use super::{Part, Signed, completion, completion_path, path};

#[test]
fn a_part_is_read_as_it_was_signed() {
    let part = json!({
        "number": 2, "offset": 10, "size": 5, "method": "PUT", "url": "http://store/x?sig=1",
        "headers": {"content-length": "5"}
    });
    let read = Part::read(&part).unwrap();
    let place = 10..15;
    let fields = vec![("content-length", "5")];
    let request = Signed { method: "PUT", url: "http://store/x?sig=1", fields };
    assert_eq!(read, Part { number: 2, place, request });
    assert_eq!(completion(&[read.sent("\"tag\"")]), json!({"parts": [{"number": 2, "etag": "\"tag\""}]}));
}

#[test]
fn a_part_that_lacks_something_is_a_failure() {
    let part = json!({"number": 2, "offset": 10, "method": "PUT", "url": "", "headers": {}});
    assert_eq!(Part::read(&part).unwrap_err().to_string(), "the part has no size");
}

#[test]
fn an_upload_is_completed_below_its_own_path() {
    let path = path(&json!({"id": "abc"})).unwrap();
    assert_eq!(completion_path(&path), "/v1/direct-uploads/abc/complete");
    super::path(&json!({})).unwrap_err();
}
