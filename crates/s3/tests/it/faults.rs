//! A server that fails: the right error, soon, and nothing left that could be read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fm_domain::blobs::{BlobStore as _, ByteRange, GetBlob, PutBlob};
use fm_domain::body::BodyError;
use fm_domain::error::PortError;
use fm_s3::S3BlobStore;
use fm_s3_testing::{Answer, Request, ScriptedServer};

use crate::completion::TOO_LARGE;
use crate::support::{
    ACCESS, ALL_SHORT, SECRET, SOON, TRANSFERS_SHORT, body, chain, failing, hint, key, read, store,
    store_with, within,
};
use crate::wire::obliging;

const PART: usize = S3BlobStore::PART_SIZE;

fn unavailable(error: &PutBlob) -> bool {
    matches!(error, PutBlob::Store(PortError::Unavailable(_)))
}

fn count(seen: &[Request], method: &str) -> usize {
    seen.iter().filter(|request| request.method == method).count()
}

#[tokio::test]
async fn a_server_that_does_not_listen_is_unavailable() {
    let gone = ScriptedServer::start(|_| Answer::HangUp).await.unwrap().endpoint().to_owned();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let store = store(&gone);
    within(SOON, async {
        assert!(unavailable(&store.put(&key(), body(10), &hint(Some(10))).await.unwrap_err()));
        assert!(matches!(store.head(&key()).await, Err(PortError::Unavailable(_))));
        assert!(matches!(store.get(&key(), None).await, Err(GetBlob::Store(PortError::Unavailable(_)))));
        assert!(matches!(store.delete(&key()).await, Err(PortError::Unavailable(_))));
        assert!(matches!(store.ping().await, Err(PortError::Unavailable(_))));
    })
    .await;
}

#[tokio::test]
async fn server_errors_are_unavailable_and_tried_again_a_bounded_number_of_times() {
    for status in [500, 502, 503, 504, 429] {
        let server = ScriptedServer::start(move |request| match request.method.as_str() {
            "PUT" => Answer::error(status, "S3Error"),
            _ => obliging(0)(request),
        })
        .await
        .unwrap();
        let store = store(server.endpoint());
        let error = within(SOON, store.put(&key(), body(10), &hint(Some(10)))).await.unwrap_err();
        assert!(unavailable(&error), "{status}: {error:?}");
        assert!(count(&server.seen(), "PUT") <= 2);
        assert_eq!(count(&server.seen(), "DELETE"), 1, "what may have been stored is deleted");
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_unavailable_after_the_time_outs() {
    let server = ScriptedServer::start(|_| Answer::Hang).await.unwrap();
    let store = store_with(ALL_SHORT, server.endpoint());
    within(SOON, async {
        assert!(unavailable(&store.put(&key(), body(10), &hint(None)).await.unwrap_err()));
    })
    .await;
    within(SOON, async {
        assert!(matches!(store.head(&key()).await, Err(PortError::Unavailable(_))));
        assert!(matches!(store.get(&key(), None).await, Err(GetBlob::Store(PortError::Unavailable(_)))));
        assert!(matches!(store.ping().await, Err(PortError::Unavailable(_))));
        assert!(matches!(store.ensure_buckets().await, Err(PortError::Unavailable(_))));
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_to_a_small_put_is_asked_for_again() {
    let tries = AtomicUsize::new(0);
    let server = ScriptedServer::start(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::HangUp,
        _ => Answer::stored(),
    })
    .await
    .unwrap();
    store(server.endpoint()).put(&key(), body(10), &hint(Some(10))).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn a_lost_answer_to_the_completion_is_found_out_by_the_size() {
    let length = PART + 1;
    let tries = AtomicUsize::new(0);
    let server = ScriptedServer::start(move |request| {
        if request.method == "POST" && request.target.contains("uploadId") {
            return match tries.fetch_add(1, Ordering::SeqCst) {
                0 => Answer::HangUp,
                _ => Answer::error(404, "NoSuchUpload"),
            };
        }
        obliging(length)(request)
    })
    .await
    .unwrap();
    let stored = store(server.endpoint()).put(&key(), body(length), &hint(None)).await.unwrap();
    assert_eq!(stored.size.bytes(), length as u64);
    assert_eq!(count(&server.seen(), "DELETE"), 0);
}

#[tokio::test]
async fn a_completed_object_of_another_size_is_an_error_and_removed() {
    let length = PART + 1;
    let server = ScriptedServer::start(obliging(length - 1)).await.unwrap();
    let error = store(server.endpoint()).put(&key(), body(length), &hint(None)).await.unwrap_err();
    assert!(matches!(error, PutBlob::Store(PortError::Unexpected(_))));
    assert_eq!(count(&server.seen(), "DELETE"), 2, "the upload, and the object");
}

#[tokio::test]
async fn a_body_that_fails_in_a_later_part_is_aborted() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    let store = store(server.endpoint());
    let error = store.put(&key(), failing(PART + 5, BodyError::Stalled), &hint(None)).await.unwrap_err();
    assert!(matches!(error, PutBlob::Body(BodyError::Stalled)));
    let seen = server.seen();
    assert!(!seen.iter().any(|request| request.method == "POST" && request.target.contains("uploadId")));
    assert!(seen.iter().any(|request| request.method == "DELETE" && request.target.contains("uploadId=one")));
}

#[tokio::test]
async fn a_body_that_fails_in_its_only_part_sends_nothing() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    for length in [0, 10, PART] {
        let body = failing(length, BodyError::DigestMismatch);
        let error = store(server.endpoint()).put(&key(), body, &hint(Some(length))).await.unwrap_err();
        assert!(matches!(error, PutBlob::Body(BodyError::DigestMismatch)));
    }
    assert_eq!(server.seen(), []);
}

#[tokio::test]
async fn a_body_of_another_length_than_declared_is_not_stored() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    let store = store(server.endpoint());
    for (length, declared) in [(9, 10), (11, 10), (PART + 1, PART), (PART, PART + 1)] {
        let error = store.put(&key(), body(length), &hint(Some(declared))).await.unwrap_err();
        assert!(matches!(error, PutBlob::Body(_)), "{length} of {declared}: {error:?}");
    }
    assert!(
        !server.seen().iter().any(|request| request.method == "PUT" && !request.target.contains("uploadId"))
    );
}

#[tokio::test]
async fn a_dropped_put_cleans_up_in_the_background() {
    let server = ScriptedServer::start(|request| match request.method.as_str() {
        "PUT" => Answer::Hang,
        _ => obliging(0)(request),
    })
    .await
    .unwrap();
    let store = store_with(TRANSFERS_SHORT, server.endpoint());
    let length = PART + 1;
    let key = key();
    let unknown = hint(None);
    {
        let put = store.put(&key, body(length), &unknown);
        let sent = async {
            while count(&server.seen(), "PUT") == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = put => unreachable!("the server never answers"),
            () = sent => {}
        }
    }
    within(SOON, store.wait_idle()).await;
    let seen = server.seen();
    assert!(seen.iter().any(|request| request.method == "DELETE" && request.target.contains("uploadId=one")));
    assert_eq!(count(&seen, "DELETE"), 2);
}

#[tokio::test]
async fn bytes_that_are_cut_off_or_stall_are_an_error_of_the_stream() {
    let answers = [
        Answer::Cut { promised: 100, sent: b"half".to_vec() },
        Answer::Stall { promised: 100, sent: b"half".to_vec() },
    ];
    for answer in answers {
        let server = ScriptedServer::start(move |_| answer.clone()).await.unwrap();
        let store = store_with(TRANSFERS_SHORT, server.endpoint());
        let reader = store.get(&key(), None).await.unwrap();
        assert_eq!(reader.size.bytes(), 100);
        let error = within(SOON, read(reader)).await.unwrap_err();
        assert!(matches!(error, BodyError::Source(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_range_that_the_server_ignores_is_an_error() {
    let server = ScriptedServer::start(|request| match request.method.as_str() {
        "HEAD" => obliging(10)(request),
        _ => Answer::Whole { status: 200, headers: Vec::new(), body: vec![0; 10] },
    })
    .await
    .unwrap();
    let error = store(server.endpoint()).get(&key(), Some(ByteRange::From { first: 3 })).await.unwrap_err();
    assert!(matches!(error, GetBlob::Store(PortError::Unexpected(_))));
}

#[tokio::test]
async fn an_error_names_the_step_and_the_code_and_no_secret() {
    let quoting = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>{ACCESS} {SECRET}</Message><StringToSign>{SECRET}</StringToSign></Error>"
    );
    let server = ScriptedServer::start(move |_| Answer::xml(403, &quoting)).await.unwrap();
    let store = store(server.endpoint());
    let error = store.put(&key(), body(1), &hint(None)).await.unwrap_err();
    assert!(matches!(error, PutBlob::Store(PortError::Unexpected(_))));
    let text = chain(&error);
    assert!(
        text.contains("PutObject") && text.contains("403") && text.contains("SignatureDoesNotMatch"),
        "{text}"
    );
    for text in [text, format!("{error:?}"), format!("{store:?}")] {
        assert!(!text.contains(SECRET) && !text.contains(ACCESS), "{text}");
    }
}

#[tokio::test]
async fn a_missing_blob_and_a_missing_bucket_are_told_apart() {
    let missing = |code: &'static str| ScriptedServer::start(move |_| Answer::error(404, code));
    let server = missing("NoSuchKey").await.unwrap();
    assert!(matches!(store(server.endpoint()).get(&key(), None).await, Err(GetBlob::NotFound)));
    store(server.endpoint()).delete(&key()).await.unwrap();
    let server = missing("NoSuchBucket").await.unwrap();
    let error = store(server.endpoint()).get(&key(), None).await.unwrap_err();
    assert!(matches!(error, GetBlob::Store(PortError::Unexpected(_))));
    assert!(store(server.endpoint()).delete(&key()).await.is_err());
}

#[tokio::test]
async fn blobs_can_be_deleted_from_a_server_without_a_list_of_uploads() {
    let server = ScriptedServer::start(|request| match request.method.as_str() {
        "GET" => Answer::error(501, "NotImplemented"),
        _ => Answer::status(204),
    })
    .await
    .unwrap();
    store(server.endpoint()).delete(&key()).await.unwrap();
    assert_eq!(count(&server.seen(), "DELETE"), 1);
}

#[tokio::test]
async fn a_body_that_is_too_large_for_the_server_is_refused_as_that_and_removed() {
    for (status, code) in TOO_LARGE {
        for (length, refusing) in [(10, "PUT"), (PART + 1, "PUT"), (PART + 1, "POST")] {
            let server = ScriptedServer::start(move |request| {
                let is_refused = request.method == refusing && !request.target.contains("uploads");
                if is_refused { Answer::error(status, code) } else { obliging(0)(request) }
            });
            let server = server.await.unwrap();
            let refused = store(server.endpoint()).put(&key(), body(length), &hint(None)).await;
            assert!(matches!(refused, Err(PutBlob::TooLarge)), "{status} {code} {refusing}: {refused:?}");
            assert!(count(&server.seen(), "DELETE") >= 1, "what may have been stored is deleted");
        }
    }
}

#[tokio::test]
async fn where_no_bucket_can_be_made_the_path_is_asked_about() {
    for (status, answer) in [(404, "404 Route not found"), (405, "")] {
        let server = ScriptedServer::start(move |request| match request.method.as_str() {
            "HEAD" => Answer::status(404),
            _ => Answer::Whole { status, headers: Vec::new(), body: answer.as_bytes().to_vec() },
        });
        let server = server.await.unwrap();
        let store = store(server.endpoint());
        let error = chain(&store.ensure_buckets().await.unwrap_err());
        let question = "(is the path of S3_ENDPOINT whole? That of Supabase ends with /storage/v1/s3)";
        for words in ["bucket files", "CreateBucket", question] {
            assert!(error.contains(words), "{words}: {error}");
        }
        let error = chain(&store.ping().await.unwrap_err());
        let question = "(is the bucket there, and the path of S3_ENDPOINT whole? That of Supabase ends with";
        assert!(error.contains("HeadBucket") && error.contains(question), "{error}");
    }
}

#[tokio::test]
async fn a_bucket_that_may_not_be_made_or_looked_at_leaves_the_path_alone() {
    let server = ScriptedServer::start(|request| match request.method.as_str() {
        "HEAD" => Answer::status(404),
        _ => Answer::error(403, "AccessDenied"),
    });
    let server = server.await.unwrap();
    let error = chain(&store(server.endpoint()).ensure_buckets().await.unwrap_err());
    assert!(error.contains("CreateBucket") && !error.contains("S3_ENDPOINT"), "{error}");

    let server = ScriptedServer::start(|_| Answer::status(403)).await.unwrap();
    let error = chain(&store(server.endpoint()).ping().await.unwrap_err());
    assert!(error.contains("HeadBucket") && !error.contains("S3_ENDPOINT"), "{error}");
}
