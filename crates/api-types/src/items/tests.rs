#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use super::Item;

#[test]
fn an_item_is_read_by_its_kind() {
    let mut folder = json!({
        "id": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a40",
        "kind": "folder",
        "drive_id": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01",
        "parent_id": null,
        "name": "",
        "created_at": "2026-01-31T12:00:00.000000Z",
        "updated_at": "2026-01-31T12:00:00.000000Z",
        "modified_at": "2026-01-31T12:00:00.000000Z",
        "role": "owner",
        "shared": false,
        "favorite": false,
        "trashed_at": null,
    });
    let item: Item = serde_json::from_value(folder.clone()).unwrap();
    assert!(item.folder().is_some() && item.file().is_none());
    assert_eq!(serde_json::to_value(&item).unwrap(), folder);
    folder["kind"] = json!("file");
    assert!(serde_json::from_value::<Item>(folder).is_err(), "it lacks what a file has");
}
