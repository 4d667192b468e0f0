#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::files::Sha256;
use fm_domain::ids::{BlobId, FileId, SessionId, UserId};
use fm_domain::jobs::JobPayload;
use fm_domain::previews::PreviewSize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{read, write};
use crate::jobs::{
    Job, MakePreview, MakeThumbnail, OtherBlob, PurgeBlob, RevokeSessions, SweepBlobs, VerifyBlob,
};

const A: &str = "018f0000-0000-7000-8000-00000000000a";
const B: &str = "018f0000-0000-7000-8000-00000000000b";
const C: &str = "018f0000-0000-7000-8000-00000000000c";

fn id(text: &str) -> Uuid {
    Uuid::parse_str(text).unwrap()
}

/// Written so since the first version, and read so by every later one.
fn is_stored_as<J: Job + PartialEq + std::fmt::Debug>(job: &J, stored: Value) {
    let stored = JobPayload::new(stored);
    assert_eq!(write(job).unwrap(), stored);
    assert_eq!(read::<J>(&stored).unwrap(), *job);
}

#[test]
fn every_job_is_stored_as_all_versions_read_it() {
    let (owner, file, blob) = (UserId::new(id(A)), FileId::new(id(B)), BlobId::new(id(C)));
    is_stored_as(
        &MakeThumbnail { owner, file, blob, failures: 0 },
        json!({"work": "make_thumbnail", "owner": A, "file": B, "blob": C}),
    );
    is_stored_as(
        &MakeThumbnail { owner, file, blob, failures: 1 },
        json!({"work": "make_thumbnail", "owner": A, "file": B, "blob": C, "failures": 1}),
    );
    is_stored_as(
        &MakePreview { owner, original: blob, size: PreviewSize::Small },
        json!({"work": "make_preview", "owner": A, "original": C, "size": "small"}),
    );
    is_stored_as(
        &VerifyBlob { owner, file, blob, promised: None, is_copy: false },
        json!({"work": "verify_blob", "owner": A, "file": B, "blob": C, "promised": null}),
    );
    let promised = Some(Sha256::new([0xfe; 32]));
    is_stored_as(
        &VerifyBlob { owner, file, blob, promised, is_copy: false },
        json!({"work": "verify_blob", "owner": A, "file": B, "blob": C, "promised": "fe".repeat(32)}),
    );
    is_stored_as(
        &PurgeBlob { blob, thumbnail: true, others: Vec::new() },
        json!({"work": "purge_blob", "blob": C, "thumbnail": true}),
    );
    let others = vec![OtherBlob { blob: BlobId::new(id(B)), thumbnail: false }];
    is_stored_as(
        &PurgeBlob { blob, thumbnail: true, others },
        json!({
            "work": "purge_blob", "blob": C, "thumbnail": true, "others": [{"blob": B, "thumbnail": false}],
        }),
    );
    is_stored_as(&SweepBlobs {}, json!({"work": "sweep_blobs"}));
    is_stored_as(
        &RevokeSessions { user: owner, but: Some(SessionId::new(id(B))), created_before: i64::MAX },
        json!({"work": "revoke_sessions", "user": A, "but": B, "created_before": i64::MAX}),
    );
    is_stored_as(
        &RevokeSessions { user: owner, but: None, created_before: -1 },
        json!({"work": "revoke_sessions", "user": A, "but": null, "created_before": -1}),
    );
}

#[test]
fn a_payload_of_another_version_or_kind_is_not_read() {
    for other in [
        json!({"work": "purge_blob", "blob": C, "thumbnail": true, "bucket": "previews"}),
        json!({"work": "purge_blob", "blob": C}),
        json!({"work": "purge_blobs", "blob": C, "thumbnail": true}),
        json!({"blob": C, "thumbnail": true}),
        json!({"work": "purge_blob", "blob": 7, "thumbnail": true}),
        json!([]),
        json!(null),
    ] {
        assert!(read::<PurgeBlob>(&JobPayload::new(other.clone())).is_err(), "{other}");
    }
    // A size of a later version.
    let larger = json!({"work": "make_preview", "owner": A, "original": C, "size": "large"});
    assert!(read::<MakePreview>(&JobPayload::new(larger)).is_err());
}
