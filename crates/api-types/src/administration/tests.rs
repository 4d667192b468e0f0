#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::UserChanges;

#[test]
fn a_quota_that_is_null_is_not_one_that_is_left_out() {
    for (json, quota_bytes) in
        [("{}", None), (r#"{"quota_bytes":null}"#, Some(None)), (r#"{"quota_bytes":9}"#, Some(Some(9)))]
    {
        let changes = UserChanges { quota_bytes, ..UserChanges::default() };
        assert_eq!(serde_json::from_str::<UserChanges>(json).unwrap(), changes);
        assert_eq!(serde_json::to_string(&changes).unwrap(), json);
    }
}
