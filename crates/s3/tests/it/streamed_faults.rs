//! What becomes of a body that is sent while it comes when the server fails.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fm_domain::blobs::{BlobStore as _, PutBlob};
use fm_domain::error::PortError;
use fm_s3::{S3BlobStore, S3Settings};
use fm_s3_testing::{Answer, Request, ScriptedServer};

use crate::completion::TOO_LARGE;
use crate::support::{BUDGET, SOON, TRANSFERS_SHORT, body, hint, key, settings, store, store_with, within};
use crate::wire::obliging;

const PART: usize = S3BlobStore::PART_SIZE;
const LENGTH: usize = 4 * PART;

/// In the first part.
const EARLY: usize = 1_000;
/// Behind it.
const LATE: usize = PART + 300_000;

fn is_whole_put(request: &Request) -> bool {
    request.method == "PUT" && !request.target.contains("uploadId")
}

fn count(server: &ScriptedServer, method: &str) -> usize {
    server.seen().iter().filter(|request| request.method == method).count()
}

/// A server that reads so much of the first request that brings the whole body, and answers it so. It has `size` bytes of every object.
async fn failing_once(reads: usize, answer: Answer, size: usize) -> ScriptedServer {
    let (heads, tries) = (AtomicUsize::new(0), AtomicUsize::new(0));
    ScriptedServer::start_reading(
        move |request| {
            let is_first = is_whole_put(request) && heads.fetch_add(1, Ordering::SeqCst) == 0;
            if is_first { reads } else { usize::MAX }
        },
        move |request| {
            let is_first = is_whole_put(request) && tries.fetch_add(1, Ordering::SeqCst) == 0;
            if is_first { answer.clone() } else { obliging(size)(request) }
        },
    )
    .await
    .unwrap()
}

async fn put(store: &S3BlobStore) -> Result<u64, PutBlob> {
    let stored = within(SOON, store.put(&key(), body(LENGTH), &hint(Some(LENGTH)))).await;
    stored.map(|stored| stored.size.bytes())
}

#[tokio::test]
async fn a_failure_in_the_first_part_is_tried_again() {
    for answer in [Answer::HangUp, Answer::error(503, "SlowDown"), Answer::error(500, "InternalError")] {
        let server = failing_once(EARLY, answer.clone(), 0).await;
        assert_eq!(put(&store(server.endpoint())).await.unwrap(), LENGTH as u64, "{answer:?}");
        let seen = server.seen();
        let came: Vec<_> = seen.iter().map(|request| request.body.len()).collect();
        assert_eq!(came, [EARLY, LENGTH], "{answer:?}");
    }
}

#[tokio::test]
async fn a_server_that_fails_in_every_first_part_is_unavailable_after_the_attempts() {
    let server = ScriptedServer::start_reading(
        |request| if is_whole_put(request) { EARLY } else { usize::MAX },
        |request| if is_whole_put(request) { Answer::error(503, "SlowDown") } else { obliging(0)(request) },
    );
    let server = server.await.unwrap();
    let error = put(&store(server.endpoint())).await.unwrap_err();
    assert!(matches!(error, PutBlob::Store(PortError::Unavailable(_))), "{error:?}");
    assert_eq!((count(&server, "PUT"), count(&server, "DELETE")), (2, 1));
}

#[tokio::test]
async fn a_failure_behind_the_first_part_is_unavailable_and_what_it_left_is_deleted() {
    let answers =
        [Answer::HangUp, Answer::error(503, "SlowDown"), Answer::error(500, "InternalError"), Answer::Hang];
    for answer in answers {
        let server = failing_once(LATE, answer.clone(), 0).await;
        let settings = S3Settings { timeouts: TRANSFERS_SHORT, ..settings(server.endpoint()) };
        let store = S3BlobStore::new(&settings).unwrap();
        let error = put(&store).await.unwrap_err();
        assert!(matches!(error, PutBlob::Store(PortError::Unavailable(_))), "{answer:?}: {error:?}");
        assert_eq!((count(&server, "PUT"), count(&server, "DELETE")), (1, 1), "{answer:?}");
        within(SOON, async {
            while settings.budget.available().bytes() < BUDGET {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn after_a_failure_bodies_go_in_parts_for_a_minute() {
    let server = failing_once(LATE, Answer::error(503, "SlowDown"), LENGTH).await;
    let store = store(server.endpoint());
    put(&store).await.unwrap_err();
    for (later, whole) in [(0, 1), (30, 1), (40, 2)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(later)).await;
        tokio::time::resume();
        assert_eq!(put(&store).await.unwrap(), LENGTH as u64);
        assert_eq!(
            server.seen().iter().filter(|request| is_whole_put(request)).count(),
            whole,
            "{later} s later"
        );
    }
}

#[tokio::test]
async fn a_request_given_up_because_its_client_paused_is_no_failure_of_the_store() {
    let server = failing_once(LATE, Answer::error(400, "RequestTimeout"), LENGTH).await;
    let store = store(server.endpoint());
    let error = put(&store).await.unwrap_err();
    assert!(matches!(error, PutBlob::Store(PortError::Unavailable(_))), "{error:?}");
    assert_eq!(put(&store).await.unwrap(), LENGTH as u64);
    assert_eq!(server.seen().iter().filter(|request| is_whole_put(request)).count(), 2);
}

#[tokio::test]
async fn a_refusal_behind_the_first_part_keeps_its_reason() {
    let server = failing_once(LATE, Answer::error(403, "AccessDenied"), 0).await;
    let error = put(&store(server.endpoint())).await.unwrap_err();
    assert!(matches!(error, PutBlob::Store(PortError::Unexpected(_))), "{error:?}");
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_body_is_no_success() {
    for reads in [EARLY, LATE] {
        let server = failing_once(reads, Answer::stored(), LENGTH).await;
        let error = put(&store(server.endpoint())).await.unwrap_err();
        assert!(matches!(error, PutBlob::Store(PortError::Unexpected(_))), "{reads}: {error:?}");
        assert_eq!(count(&server, "DELETE"), 1, "{reads}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_found_out_by_the_size() {
    for answer in [Answer::HangUp, Answer::Hang] {
        let server = failing_once(usize::MAX, answer.clone(), LENGTH).await;
        let store = store_with(TRANSFERS_SHORT, server.endpoint());
        assert_eq!(put(&store).await.unwrap(), LENGTH as u64, "{answer:?}");
        assert_eq!(count(&server, "DELETE"), 0, "{answer:?}");
        let server = failing_once(usize::MAX, answer.clone(), LENGTH - 1).await;
        let error = put(&store_with(TRANSFERS_SHORT, server.endpoint())).await.unwrap_err();
        assert!(matches!(error, PutBlob::Store(PortError::Unavailable(_))), "{answer:?}: {error:?}");
        assert_eq!(count(&server, "DELETE"), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn a_server_that_takes_no_request_of_that_length_gets_parts() {
    for (status, code) in TOO_LARGE {
        let server = failing_once(EARLY, Answer::error(status, code), LENGTH).await;
        let store = store(server.endpoint());
        for time in ["the upload that was refused goes on", "the next one begins in parts"] {
            assert_eq!(put(&store).await.unwrap(), LENGTH as u64, "{status} {code}: {time}");
            assert_eq!(server.seen().iter().filter(|request| is_whole_put(request)).count(), 1, "{time}");
        }
        // A shorter one is tried.
        let half = LENGTH / 2;
        store.put(&key(), body(half), &hint(Some(half))).await.unwrap();
        assert_eq!(server.seen().iter().filter(|request| is_whole_put(request)).count(), 2);
    }
}

#[tokio::test]
async fn a_server_that_says_so_too_late_gets_parts_the_next_time() {
    let server = failing_once(usize::MAX, Answer::error(413, "EntityTooLarge"), LENGTH).await;
    let store = store(server.endpoint());
    let error = put(&store).await.unwrap_err();
    assert!(matches!(error, PutBlob::Store(PortError::Unavailable(_))), "{error:?}");
    assert_eq!(put(&store).await.unwrap(), LENGTH as u64);
    assert_eq!(server.seen().iter().filter(|request| is_whole_put(request)).count(), 1);
}

#[tokio::test]
async fn a_dropped_put_cleans_up_in_the_background() {
    let server = failing_once(LATE, Answer::Hang, 0).await;
    let store = store_with(TRANSFERS_SHORT, server.endpoint());
    let (key, declared) = (key(), hint(Some(LENGTH)));
    {
        let came = async {
            while count(&server, "PUT") == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            ended = store.put(&key, body(LENGTH), &declared) => unreachable!("{ended:?} without an answer"),
            () = came => {}
        }
    }
    within(SOON, store.wait_idle()).await;
    assert_eq!(count(&server, "DELETE"), 1);
}
