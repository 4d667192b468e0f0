#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{File, FileKind};

#[test]
fn a_file_of_a_version_without_folders_is_read() {
    let file: File = serde_json::from_value(serde_json::json!({
        "id": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10",
        "name": "a.txt",
        "content_type": "text/plain",
        "size": 5,
        "sha256": null,
        "created_at": "2026-01-31T12:00:00.000000Z",
        "updated_at": "2026-01-31T12:00:00.000000Z",
        "thumbnail": {"status": "none", "url": null, "width": null, "height": null},
        "download": {"url": "https://files.example/", "expires_at": "2026-01-31T13:00:00.000000Z"},
    }))
    .unwrap();
    assert_eq!((file.kind, file.version, file.path), (FileKind::File, 0, None));
    assert!(!file.shared && !file.favorite);
    assert_eq!((file.previews, file.placeholder), (None, None));
}
