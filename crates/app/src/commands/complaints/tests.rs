#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use serde_json::Value;

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("the database can't be used")]
struct Failed(#[source] std::io::Error);

#[test]
fn causes_are_lines_of_text_and_a_list_in_json() {
    let failed = Failed(std::io::Error::other("two\nlines"));
    assert_eq!(
        lines(&failed.to_string(), &causes(&failed)),
        "the database can't be used\n  because: two\nlines"
    );
    let told = as_json(&failed.to_string(), &causes(&failed));
    assert_eq!(told.lines().count(), 1, "{told}");
    let expected = json!({"error": "the database can't be used", "causes": ["two\nlines"]});
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap(), expected);
    let alone = json!({"error": "no", "causes": []});
    assert_eq!(serde_json::from_str::<Value>(&as_json("no", &[])).unwrap(), alone);
}
