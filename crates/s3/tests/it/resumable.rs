//! Blobs that are written over many requests: what is sent, and what is made of faults.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use fm_domain::blobs::{BlobStore as _, PutBlob};
use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use fm_domain::uploads::{AppendError, Chunk, CompleteError, ResumableStore as _, WriteState};
use fm_s3::S3BlobStore;
use fm_s3_testing::{Answer, Request, ScriptedServer};

use crate::completion::{
    OTHER_ERRORS, TOO_LARGE, WRONG_PARTS, assert_ends_the_other, assert_names_both_parts, completing,
    deleted, done, lost, with_another_upload,
};
use crate::support::{at, chain, hint, json, key, store};
use crate::wire::{assert_plain, obliging};

const PART: usize = S3BlobStore::PART_SIZE;

/// A state whose next append has this number.
fn state(parts: &str, next: u32, pending: &str) -> WriteState {
    let json = format!(
        r#"{{"v":1,"upload":"one/two","parts":{parts},"next":{next},"pending":{pending},"next_pending":5}}"#
    );
    WriteState::new(json.into())
}

/// Two parts of 100 bytes in all.
fn sent() -> WriteState {
    state(r#"[[2,90,"early"],[7,10,"\"late\""]]"#, 8, "[]")
}

fn chunk(bytes: impl Into<Bytes>, is_last: bool) -> Chunk {
    Chunk { bytes: bytes.into().into(), is_last }
}

/// What completing makes of such answers to the request itself, with an object of such a size, if any.
async fn complete(
    answer: impl Fn(usize) -> Answer + Send + Sync + 'static,
    size: Option<usize>,
) -> (Result<(), CompleteError>, Vec<Request>) {
    let server = completing(answer, size).await;
    let completed = store(server.endpoint()).complete(&key(), &at(&sent(), 100)).await;
    (completed.map(|stored| assert_eq!(stored.size.bytes(), 100)), server.seen())
}

#[tokio::test]
async fn a_part_is_one_plain_request_with_its_own_number_and_sent_again_as_it_was() {
    let tries = AtomicUsize::new(0);
    let server = ScriptedServer::start(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::HangUp,
        _ => Answer::stored(),
    })
    .await
    .unwrap();
    let position = at(&state("[]", 17, "[]"), 0);
    let after = store(server.endpoint()).append(&key(), &position, chunk("hello", true)).await.unwrap();
    assert_eq!(json(&after), json(&state(r#"[[17,5,"\"tag\""]]"#, 18, "[]")), "the tag as it came");
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    for request in &seen {
        assert_plain(request);
        assert_eq!((request.method.as_str(), &*request.body), ("PUT", &b"hello"[..]));
        assert!(request.target.contains("partNumber=17&uploadId=one%2Ftwo"), "{}", request.target);
        assert_eq!(request.header("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
        assert_eq!(request.header("content-length"), Some("5"));
    }
}

/// Each answer waits until all five requests are there; the first one is a refusal.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_does_not_count_is_cleared_by_requests_at_the_same_time_and_what_fails_is_still_known() {
    let arrived = AtomicUsize::new(0);
    let server = ScriptedServer::start(move |request| {
        if !request.body.is_empty() {
            return Answer::stored();
        }
        let (number, since) = (arrived.fetch_add(1, Ordering::SeqCst), Instant::now());
        while arrived.load(Ordering::SeqCst) < 5 && since.elapsed() < Duration::from_secs(8) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let is_alone = arrived.load(Ordering::SeqCst) < 5;
        if is_alone || number == 0 { Answer::error(403, "AccessDenied") } else { Answer::stored() }
    })
    .await
    .unwrap();
    let begun = r#"{"v":1,"upload":"u","parts":[],"next":1,"pending":[],"next_pending":5,
        "late":[[9,12]],"latest":12,"strays":[[1,3]]}"#;
    let position = at(&WriteState::new(begun.as_bytes().to_vec().into()), 0);
    let after = store(server.endpoint()).append(&key(), &position, chunk("hello", true)).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.iter().filter(|request| request.method == "DELETE").count(), 2);
    assert_eq!(seen.iter().filter(|request| request.body.is_empty()).count(), 5, "each is tried once");
    let after = json(&after);
    let left = ["late", "strays"].map(|name| {
        let ranges: Vec<(u32, u32)> = serde_json::from_value(after[name].clone()).unwrap();
        ranges.into_iter().map(|(first, last)| 1 + last - first).sum::<u32>()
    });
    assert_eq!(left.iter().sum::<u32>(), 3, "the latest of both, and the one that failed: {after}");
}

#[tokio::test]
async fn a_write_begins_an_upload_that_says_how_the_blob_is_to_be_served() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    let begun = store(server.endpoint()).begin(&key(), &hint(None).content_type).await.unwrap();
    assert_eq!(json(&begun)["upload"], "one");
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_plain(&seen[0]);
    assert_eq!(seen[0].header("content-type"), Some("image/png"));
    assert_eq!(seen[0].header("content-disposition"), Some("attachment"));
    assert_eq!(seen[0].header("cache-control"), Some("private, max-age=1800"));
}

#[tokio::test]
async fn too_little_for_a_part_is_an_object_of_its_own_beside_the_blob() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    let key = key();
    let position = at(&sent(), 100);
    let after =
        store(server.endpoint()).append(&key, &position, chunk(vec![7; PART - 1], false)).await.unwrap();
    assert_eq!(json(&after)["pending"], serde_json::json!([[5, PART - 1]]));
    assert_eq!((&json(&after)["next"], &json(&after)["next_pending"]), (&8.into(), &6.into()));
    assert_eq!(store(server.endpoint()).read_back(&after), ByteSize::new(PART as u64 - 1));
    let seen = server.seen();
    assert_eq!(seen.len(), 2, "one to store it, and one to see that its upload is there");
    seen.iter().for_each(assert_plain);
    let (path, _) = seen[0].target.split_once('?').unwrap();
    let name = path.strip_prefix(&format!("/files/{key}.incomplete-")).unwrap();
    assert!(name.ends_with("-5"), "{name}");
    assert_eq!((seen[0].method.as_str(), seen[0].body.len()), ("PUT", PART - 1));
    assert_eq!(seen[0].header("content-type"), Some("application/octet-stream"));
    assert!(seen[1].target.starts_with(&format!("/files/{key}?")), "{}", seen[1].target);
    assert!(seen[1].target.contains("uploadId=one%2Ftwo"), "{}", seen[1].target);
}

#[tokio::test]
async fn a_part_of_an_upload_that_is_not_there_is_gone_and_other_errors_are_the_stores() {
    for (status, code) in
        [(404, "NoSuchUpload"), (404, "NoSuchBucket"), (503, "SlowDown"), (403, "AccessDenied")]
    {
        let server = ScriptedServer::start(move |_| Answer::error(status, code)).await.unwrap();
        let position = at(&sent(), 100);
        let refused = store(server.endpoint()).append(&key(), &position, chunk("a", true)).await;
        let right = match code {
            "NoSuchUpload" => matches!(refused, Err(AppendError::Gone)),
            "SlowDown" => matches!(refused, Err(AppendError::Store(PortError::Unavailable(_)))),
            _ => matches!(refused, Err(AppendError::Store(PortError::Unexpected(_)))),
        };
        assert!(right, "{code}: {refused:?}");
    }
}

#[tokio::test]
async fn a_refusal_that_is_lost_with_the_connection_is_asked_for_again() {
    for (status, code) in [(404, "NoSuchUpload"), (503, "SlowDown")] {
        let server = ScriptedServer::start(move |request| match request.method.as_str() {
            "PUT" => Answer::HangUp,
            _ => Answer::error(status, code),
        })
        .await
        .unwrap();
        let refused = store(server.endpoint()).append(&key(), &at(&sent(), 100), chunk("a", true)).await;
        let right = match status {
            404 => matches!(refused, Err(AppendError::Gone)),
            _ => matches!(refused, Err(AppendError::Store(PortError::Unavailable(_)))),
        };
        assert!(right, "{code}: {refused:?}");
    }
}

#[tokio::test]
async fn too_little_for_a_part_is_gone_with_its_upload_and_kept_where_the_server_can_not_tell() {
    for (status, code) in [(404, "NoSuchUpload"), (501, "NotImplemented"), (503, "SlowDown")] {
        let server = ScriptedServer::start(move |request| match request.method.as_str() {
            "GET" => Answer::error(status, code),
            _ => obliging(0)(request),
        })
        .await
        .unwrap();
        let appended = store(server.endpoint()).append(&key(), &at(&sent(), 100), chunk("a", false)).await;
        let right = match code {
            "NoSuchUpload" => matches!(appended, Err(AppendError::Gone)),
            "NotImplemented" => appended.is_ok(),
            _ => matches!(appended, Err(AppendError::Store(PortError::Unavailable(_)))),
        };
        assert!(right, "{code}: {appended:?}");
        assert_eq!(deleted(&server.seen()), usize::from(status == 404), "{code}");
    }
}

#[tokio::test]
async fn no_part_has_a_number_beyond_those_that_servers_take() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    let store = store(server.endpoint());
    store.append(&key(), &at(&state("[]", 10_000, "[]"), 0), chunk("a", true)).await.unwrap();
    let refused = store.append(&key(), &at(&state("[]", 10_001, "[]"), 0), chunk("a", true)).await;
    assert!(
        matches!(&refused, Err(AppendError::Store(error @ PortError::Unexpected(_))) if chain(error).contains("10,000")),
        "{refused:?}"
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_state_of_another_version_is_corrupt_and_sends_nothing() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    let (store, key) = (store(server.endpoint()), key());
    let text = String::from_utf8(sent().as_bytes().to_vec()).unwrap();
    let other = WriteState::new(text.replace(r#""v":1"#, r#""v":9"#).into());
    assert_eq!(store.read_back(&other), ByteSize::ZERO);
    let appended = store.append(&key, &at(&other, 100), chunk("a", true)).await;
    assert!(matches!(appended, Err(AppendError::Store(PortError::Corrupt { .. }))), "{appended:?}");
    for state in [other.clone(), store.rewind(&other, &sent()), store.rewind(&sent(), &other)] {
        let completed = store.complete(&key, &at(&state, 100)).await;
        assert!(matches!(completed, Err(CompleteError::Store(PortError::Corrupt { .. }))), "{completed:?}");
    }
    let pruned = store.prune(&key, &other, &sent()).await;
    assert!(matches!(pruned, Err(PortError::Corrupt { .. })), "{pruned:?}");
    assert_eq!(server.seen(), []);
}

#[tokio::test]
async fn parts_are_named_with_their_tags_as_they_came() {
    let (completed, seen) = complete(|_| done(), Some(100)).await;
    completed.unwrap();
    assert_names_both_parts(&seen);
}

#[tokio::test]
async fn a_lost_answer_to_the_end_is_found_out_by_the_size() {
    complete(lost, Some(100)).await.0.unwrap();
    complete(|_| Answer::HangUp, Some(100)).await.0.unwrap();
    let (gone, _) = complete(lost, None).await;
    assert!(matches!(gone, Err(CompleteError::Gone)), "{gone:?}");
    let (failed, _) = complete(|_| Answer::HangUp, None).await;
    assert!(matches!(failed, Err(CompleteError::Store(PortError::Unavailable(_)))), "{failed:?}");
}

#[tokio::test]
async fn what_the_server_says_of_wrong_parts_is_incomplete_and_nothing_else_is() {
    for code in WRONG_PARTS {
        let (refused, _) = complete(move |_| Answer::error(400, code), None).await;
        assert!(matches!(refused, Err(CompleteError::Incomplete)), "{code}: {refused:?}");
    }
    for (status, code) in TOO_LARGE {
        let (refused, _) = complete(move |_| Answer::error(status, code), None).await;
        assert!(matches!(refused, Err(CompleteError::TooLarge)), "{status} {code}: {refused:?}");
    }
    for (status, code) in OTHER_ERRORS {
        let (refused, _) = complete(move |_| Answer::error(status, code), None).await;
        assert!(
            matches!(refused, Err(CompleteError::Store(PortError::Unexpected(_)))),
            "{code}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn an_object_of_another_size_is_removed_by_the_attempt_that_made_it_alone() {
    let (made, seen) = complete(|_| done(), Some(99)).await;
    assert!(matches!(made, Err(CompleteError::Incomplete)), "{made:?}");
    assert_eq!(deleted(&seen), 1);
    let (found, seen) = complete(|_| Answer::error(404, "NoSuchUpload"), Some(99)).await;
    assert!(matches!(found, Err(CompleteError::Incomplete)), "{found:?}");
    assert_eq!(deleted(&seen), 0);
}

#[tokio::test]
async fn a_position_that_its_state_does_not_have_is_incomplete_and_sends_nothing() {
    let server = ScriptedServer::start(obliging(100)).await.unwrap();
    for offset in [0, 99, 101] {
        let refused = store(server.endpoint()).complete(&key(), &at(&sent(), offset)).await;
        assert!(matches!(refused, Err(CompleteError::Incomplete)), "{offset}: {refused:?}");
    }
    assert_eq!(server.seen(), []);
}

#[tokio::test]
async fn a_blob_is_whole_only_when_no_other_upload_of_its_key_is_left() {
    let key = key();
    let server = with_another_upload(key).await;
    let failed = store(server.endpoint()).complete(&key, &at(&sent(), 100)).await;
    assert!(matches!(failed, Err(CompleteError::Store(PortError::Unavailable(_)))), "{failed:?}");
    assert_ends_the_other(&server.seen());
}

#[tokio::test]
async fn an_empty_blob_is_an_object_of_its_own_where_the_server_takes_no_empty_part() {
    for is_unfinished in [true, false] {
        let server = ScriptedServer::start(move |request| {
            match (request.method.as_str(), request.target.contains("uploadId")) {
                ("PUT", true) => Answer::error(400, "InvalidRequest"),
                ("GET", true) if !is_unfinished => Answer::error(404, "NoSuchUpload"),
                _ => obliging(0)(request),
            }
        });
        let server = server.await.unwrap();
        let completed = store(server.endpoint()).complete(&key(), &at(&state("[]", 1, "[]"), 0)).await;
        assert_eq!(completed.unwrap().size.bytes(), 0);
        // What was completed or deleted meanwhile is not put again.
        let is_object = |seen: &Request| seen.method == "PUT" && !seen.target.contains("uploadId");
        assert_eq!(server.seen().iter().any(is_object), is_unfinished);
    }
}

#[tokio::test]
async fn incomplete_parts_that_a_server_cuts_short_are_not_taken_for_the_whole() {
    let server = ScriptedServer::start(|request| match request.method.as_str() {
        "GET" if request.target.contains("incomplete") && !request.target.contains("list-type") => {
            Answer::Whole { status: 200, headers: Vec::new(), body: vec![7; 9] }
        }
        "HEAD" => Answer::status(404),
        _ => obliging(0)(request),
    })
    .await
    .unwrap();
    let (store, state) = (store(server.endpoint()), state("[]", 1, "[[1,10]]"));
    let appended = store.append(&key(), &at(&state, 10), chunk("a", true)).await;
    assert!(matches!(appended, Err(AppendError::Store(PortError::Unavailable(_)))), "{appended:?}");
    let completed = store.complete(&key(), &at(&state, 10)).await;
    assert!(matches!(completed, Err(CompleteError::Store(PortError::Unavailable(_)))), "{completed:?}");
    assert!(!server.seen().iter().any(|request| request.method == "PUT"));
}

#[tokio::test]
async fn an_incomplete_part_that_is_not_removed_fails_the_deletion_but_keeps_no_blob_alive() {
    let key = key();
    let listed =
        format!("<ListBucketResult><Contents><Key>{key}.incomplete-1</Key></Contents></ListBucketResult>");
    let server = ScriptedServer::start(move |request| match request.method.as_str() {
        "GET" if request.target.contains("list-type") => Answer::xml(200, &listed),
        "DELETE" if request.target.contains("incomplete") => Answer::error(403, "AccessDenied"),
        _ => obliging(0)(request),
    })
    .await
    .unwrap();
    assert!(store(server.endpoint()).delete(&key).await.is_err());
    assert_eq!(server.seen().last().unwrap().target, format!("/files/{key}?x-id=DeleteObject"));
}

#[tokio::test]
async fn bytes_that_are_too_large_for_the_server_are_refused_as_that_whatever_becomes_of_them() {
    for (status, code) in TOO_LARGE {
        let server = ScriptedServer::start(move |request| match request.method.as_str() {
            "PUT" => Answer::error(status, code),
            _ => obliging(0)(request),
        });
        let server = server.await.unwrap();
        let store = store(server.endpoint());
        let position = at(&state("[]", 1, "[]"), 0);
        for is_last in [true, false] {
            let refused = store.append(&key(), &position, chunk("hello", is_last)).await;
            assert!(matches!(refused, Err(AppendError::TooLarge)), "{status} {code}: {refused:?}");
        }
        let refused = store.put_bytes(&key(), Bytes::from("hello").into(), &hint(None).content_type).await;
        assert!(matches!(refused, Err(PutBlob::TooLarge)), "{status} {code}: {refused:?}");
    }
}
