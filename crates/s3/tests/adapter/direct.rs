//! Blobs of parts that clients sent: what is sent to complete them, and what is made of faults.

use std::sync::atomic::{AtomicUsize, Ordering};

use fm_domain::blobs::{CompleteParts, DirectStore as _, PartTag, PartWrite, WriteId, WrittenPart};
use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use fm_s3_testing::{Answer, Request, ScriptedServer};

use crate::support::{key, store};
use crate::wire::obliging;

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

pub(crate) fn completes(request: &Request) -> bool {
    request.method == "POST" && request.target.contains("uploadId")
}

/// What completing makes of such answers to the request itself, with an object of such a size, if any.
async fn complete(
    answer: impl Fn(usize) -> Answer + Send + Sync + 'static,
    size: Option<usize>,
) -> (Result<(), CompleteParts>, Vec<Request>) {
    let tries = AtomicUsize::new(0);
    let server = ScriptedServer::start(move |request| match (completes(request), size) {
        (true, _) => answer(tries.fetch_add(1, Ordering::SeqCst)),
        (false, None) if request.method == "HEAD" => Answer::status(404),
        (false, size) => obliging(size.unwrap_or(0))(request),
    })
    .await
    .unwrap();
    let completed = store(server.endpoint()).complete(&write(), 1, &parts(), ByteSize::new(100)).await;
    (completed.map(|stored| assert_eq!(stored.size.bytes(), 100)), server.seen())
}

pub(crate) fn done() -> Answer {
    Answer::xml(200, "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
}

pub(crate) fn deleted(seen: &[Request]) -> usize {
    seen.iter().filter(|request| request.method == "DELETE").count()
}

#[tokio::test]
async fn parts_are_named_in_the_order_of_their_numbers_with_their_tags_as_they_came() {
    let (completed, seen) = complete(|_| done(), Some(100)).await;
    completed.unwrap();
    let request = seen.iter().find(|request| completes(request)).unwrap();
    let xml = String::from_utf8(request.body.clone()).unwrap();
    let place = |text: &str| xml.find(text).unwrap_or_else(|| unreachable!("{text} is not in {xml}"));
    let order = [place("early"), place("<PartNumber>2<"), place("&quot;late&quot;"), place("<PartNumber>7<")];
    assert!(order[..2].iter().max() < order[2..].iter().min(), "{xml}");
    assert_eq!(deleted(&seen), 0);
}

#[tokio::test]
async fn a_lost_answer_to_the_end_is_found_out_by_the_size() {
    let lost = |tries| if tries == 0 { Answer::HangUp } else { Answer::error(404, "NoSuchUpload") };
    complete(lost, Some(100)).await.0.unwrap();
    complete(|_| Answer::HangUp, Some(100)).await.0.unwrap();
    let (gone, _) = complete(lost, None).await;
    assert!(matches!(gone, Err(CompleteParts::Gone)), "{gone:?}");
    let (failed, _) = complete(|_| Answer::HangUp, None).await;
    assert!(matches!(failed, Err(CompleteParts::Store(PortError::Unavailable(_)))), "{failed:?}");
}

#[tokio::test]
async fn what_the_server_says_of_wrong_parts_is_a_mismatch_and_nothing_else_is() {
    for code in ["InvalidPart", "InvalidPartOrder", "EntityTooSmall", "S3Error"] {
        let (refused, _) = complete(move |_| Answer::error(400, code), None).await;
        assert!(matches!(refused, Err(CompleteParts::Mismatch)), "{code}: {refused:?}");
    }
    for (status, code) in
        [(400, "AuthorizationHeaderMalformed"), (403, "AccessDenied"), (404, "NoSuchBucket")]
    {
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
    let listed = format!(
        "<ListMultipartUploadsResult><Upload><Key>{}</Key><UploadId>other</UploadId></Upload>\
         <IsTruncated>false</IsTruncated></ListMultipartUploadsResult>",
        write.key
    );
    let server = ScriptedServer::start(move |request| match request.method.as_str() {
        "GET" => Answer::xml(200, &listed),
        "DELETE" => Answer::error(503, "SlowDown"),
        _ => obliging(100)(request),
    })
    .await
    .unwrap();
    let failed = store(server.endpoint()).complete(&write, 1, &parts(), ByteSize::new(100)).await;
    assert!(matches!(failed, Err(CompleteParts::Store(PortError::Unavailable(_)))), "{failed:?}");
    let seen = server.seen();
    let aborted = seen.iter().find(|request| request.method == "DELETE").unwrap();
    assert!(aborted.target.contains("uploadId=other"), "{}", aborted.target);
}
