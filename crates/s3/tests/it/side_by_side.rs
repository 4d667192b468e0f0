//! Parts of one upload, side by side within the memory budget.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fm_domain::blobs::BlobStore as _;
use fm_domain::body::ByteSize;
use fm_s3::S3BlobStore;
use fm_s3_testing::{Answer, Request, ScriptedServer};
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::support::{BUDGET, SOON, body, hint, key, settings, store, within};
use crate::wire::obliging;

const PART: usize = S3BlobStore::PART_SIZE;

fn is_part(request: &Request, number: u32) -> bool {
    request.target.contains(&format!("partNumber={number}"))
}

#[tokio::test]
async fn a_part_is_sent_before_the_one_before_it_is_answered() {
    let server = ScriptedServer::start(
        |request| {
            if is_part(request, 1) { Answer::Hang } else { obliging(0)(request) }
        },
    )
    .await
    .unwrap();
    let (store, key, unknown) = (store(server.endpoint()), key(), hint(None));
    let second_came = async {
        while !server.seen().iter().any(|request| is_part(request, 2)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(SOON, async {
        tokio::select! {
            ended = store.put(&key, body(4 * PART), &unknown) => unreachable!("{ended:?} without a part"),
            () = second_came => {}
        }
    })
    .await;
}

#[tokio::test]
async fn a_put_in_parts_holds_two_of_them_at_most_and_gives_them_back() {
    let server = ScriptedServer::start(obliging(4 * PART)).await.unwrap();
    let settings = settings(server.endpoint());
    let store = S3BlobStore::new(&settings).unwrap();
    let (budget, least) = (settings.budget.clone(), Arc::new(AtomicU64::new(u64::MAX)));
    let (watched, seen_least) = (budget.clone(), Arc::clone(&least));
    let body = body(4 * PART).inspect_ok(move |_| {
        seen_least.fetch_min(watched.available().bytes(), Ordering::Relaxed);
    });
    store.put(&key(), body.boxed(), &hint(None)).await.unwrap();
    assert_eq!(least.load(Ordering::Relaxed), BUDGET - 2 * PART as u64);
    assert_eq!(budget.available().bytes(), BUDGET);
}

#[tokio::test]
async fn parts_go_one_after_the_other_where_there_is_memory_for_one() {
    let length = 3 * PART + 1;
    let server = ScriptedServer::start(obliging(length)).await.unwrap();
    let settings = settings(server.endpoint());
    let store = S3BlobStore::new(&settings).unwrap();
    let rest = ByteSize::new(BUDGET - PART as u64);
    let held = settings.budget.acquire(None, rest).await.unwrap();
    for declared in [None, Some(length)] {
        let before = server.seen().len();
        within(SOON, store.put(&key(), body(length), &hint(declared))).await.unwrap();
        let seen = server.seen().split_off(before);
        assert_eq!((seen[0].method.as_str(), seen.len()), ("POST", 7), "{declared:?}");
        for number in 1..=4 {
            assert!(is_part(&seen[number as usize], number), "{declared:?}: part {number}");
        }
    }
    drop(held);
    assert_eq!(settings.budget.available().bytes(), BUDGET);
}
