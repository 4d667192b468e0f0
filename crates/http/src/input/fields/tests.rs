use serde_json::json;

use super::Wipe as _;

#[test]
fn every_text_of_a_value_is_wiped_however_deep_it_is() {
    let mut value = json!({"password": "hunter2", "list": ["hunter2", {"token": "hunter2"}], "number": 7});
    value.wipe();
    assert_eq!(value, json!({"password": "", "list": ["", {"token": ""}], "number": 7}));
}
