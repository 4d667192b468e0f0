//! Blobs of parts that clients sent: what is sent to complete them, and what is made of faults.

use fm_domain::blobs::{CompleteParts, DirectStore as _, PartTag, PartWrite, WriteId, WrittenPart};
use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use fm_s3_testing::{Answer, Request};

use crate::completion::{
    OTHER_ERRORS, TOO_LARGE, WRONG_PARTS, assert_ends_the_other, assert_names_both_parts, completing,
    deleted, done, lost, with_another_upload,
};
use crate::support::{key, store};

fn write() -> PartWrite {
    PartWrite { key: key(), id: WriteId::new("one/two".to_owned()) }
}

fn parts() -> Vec<WrittenPart> {
    let part = |number, size, tag: &str| WrittenPart {
        number,
        size: ByteSize::new(size),
        tag: PartTag::new(tag.to_owned()),
    };
    vec![part(7, 10, "\"late\""), part(2, 90, "early")]
}

/// What completing makes of such answers to the request itself, with an object of such a size, if any.
async fn complete(
    answer: impl Fn(usize) -> Answer + Send + Sync + 'static,
    size: Option<usize>,
) -> (Result<(), CompleteParts>, Vec<Request>) {
    let server = completing(answer, size).await;
    let completed = store(server.endpoint()).complete(&write(), 1, &parts(), ByteSize::new(100)).await;
    (completed.map(|stored| assert_eq!(stored.size.bytes(), 100)), server.seen())
}

#[tokio::test]
async fn parts_are_named_in_the_order_of_their_numbers_with_their_tags_as_they_came() {
    let (completed, seen) = complete(|_| done(), Some(100)).await;
    completed.unwrap();
    assert_names_both_parts(&seen);
}

#[tokio::test]
async fn a_lost_answer_to_the_end_is_found_out_by_the_size() {
    complete(lost, Some(100)).await.0.unwrap();
    complete(|_| Answer::HangUp, Some(100)).await.0.unwrap();
    let (gone, _) = complete(lost, None).await;
    assert!(matches!(gone, Err(CompleteParts::Gone)), "{gone:?}");
    let (failed, _) = complete(|_| Answer::HangUp, None).await;
    assert!(matches!(failed, Err(CompleteParts::Store(PortError::Unavailable(_)))), "{failed:?}");
}

#[tokio::test]
async fn what_the_server_says_of_wrong_parts_is_a_mismatch_and_nothing_else_is() {
    for code in WRONG_PARTS {
        let (refused, _) = complete(move |_| Answer::error(400, code), None).await;
        assert!(matches!(refused, Err(CompleteParts::Mismatch)), "{code}: {refused:?}");
    }
    for (status, code) in TOO_LARGE {
        let (refused, _) = complete(move |_| Answer::error(status, code), None).await;
        assert!(matches!(refused, Err(CompleteParts::TooLarge)), "{status} {code}: {refused:?}");
    }
    let (later, _) = complete(|_| Answer::error(400, "RequestTimeout"), None).await;
    assert!(matches!(later, Err(CompleteParts::Store(PortError::Unavailable(_)))), "{later:?}");
    for (status, code) in OTHER_ERRORS {
        let (refused, _) = complete(move |_| Answer::error(status, code), None).await;
        assert!(
            matches!(refused, Err(CompleteParts::Store(PortError::Unexpected(_)))),
            "{code}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn an_object_of_another_size_is_removed_only_by_the_call_that_made_it() {
    let (made, seen) = complete(|_| done(), Some(99)).await;
    assert!(matches!(made, Err(CompleteParts::Mismatch)), "{made:?}");
    assert_eq!(deleted(&seen), 1);
    let (found, seen) = complete(|_| Answer::error(404, "NoSuchUpload"), Some(99)).await;
    assert!(matches!(found, Err(CompleteParts::Mismatch)), "{found:?}");
    assert_eq!(deleted(&seen), 0);
}

#[tokio::test]
async fn a_blob_is_whole_only_when_no_other_upload_of_its_key_is_left() {
    let write = write();
    let server = with_another_upload(write.key).await;
    let failed = store(server.endpoint()).complete(&write, 1, &parts(), ByteSize::new(100)).await;
    assert!(matches!(failed, Err(CompleteParts::Store(PortError::Unavailable(_)))), "{failed:?}");
    assert_ends_the_other(&server.seen());
}
