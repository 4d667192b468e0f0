//! Two nodes take turns at one upload.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fm_e2e::tus::Resumable;
use fm_e2e::{Api, Lane, Server, User, noise, sha256_hex};

use super::{AWAITED, PART};

/// A user at one node, and the same at another; that one has to go first, and so comes last.
async fn two_nodes() -> (User, Api) {
    let server = Arc::new(Server::start(Lane::PostgresS3, &[]));
    let node = Arc::new(server.second_node());
    let user = Api::of(server).user().await;
    let there = Api::of(node).bearing(user.access());
    (user, there)
}

fn at_both(upload: &Resumable, there: &Api) -> [Resumable; 2] {
    [upload.clone(), upload.by(there)]
}

#[tokio::test]
async fn nodes_take_turns() {
    let (user, there) = two_nodes().await;
    let content = Bytes::from(noise(3 * PART + 12_345));
    let upload = user.resumable("a.bin", content.len()).await;
    let nodes = at_both(&upload, &there);
    let mut offset = 0;
    for (turn, size) in [10, PART, 100_000, PART - 100_000, 7, PART].into_iter().enumerate() {
        nodes[turn % 2].send(offset, content.slice(offset..offset + size)).await;
        offset += size;
        assert_eq!(nodes[(turn + 1) % 2].offset().await, offset);
    }
    nodes[0].send(offset, content.slice(offset..)).await;
    assert_eq!(nodes[1].file().await.sha256, Some(sha256_hex(&content)));
    user.server.stores_exactly(1).await;
}

#[tokio::test]
async fn a_piece_that_is_stuck_at_one_node_gives_way_to_one_at_another() {
    let (user, there) = two_nodes().await;
    let content = Bytes::from(noise(2 * PART + 1_000));
    let upload = user.resumable("a.bin", content.len()).await;
    let mut stuck = upload.send_head(&user, 0, content.len(), AWAITED).await;
    stuck.is_asked_for_the_body().await;
    assert!(stuck.send(&content[..PART + 10_000]).await);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let elsewhere = upload.by(&there);
    let offset = elsewhere.offset().await;
    elsewhere.send(offset, content.slice(offset..)).await;
    let answer = stuck.answer().await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert_eq!(elsewhere.file().await.sha256, Some(sha256_hex(&content)));
    user.server.stores_exactly(1).await;
}

/// What the killed node had taken in is gone; what it had acknowledged is not.
#[tokio::test]
async fn a_node_goes_on_where_another_died() {
    let server = Arc::new(Server::start(Lane::PostgresS3, &[]));
    let node = Arc::new(server.second_node());
    let user = Api::of(Arc::clone(&node)).user().await;
    let here = Api::of(Arc::clone(&server)).bearing(user.access());
    let content = Bytes::from(noise(3 * PART));
    let upload = user.resumable("a.bin", content.len()).await;
    upload.send(0, content.slice(..1_000)).await;
    let mut cut = upload.send_head(&user, 1_000, content.len() - 1_000, "").await;
    assert!(cut.send(&content[1_000..2 * PART]).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    node.kill();
    let upload = upload.by(&here);
    let offset = upload.offset().await;
    assert!((1_000..=2 * PART).contains(&offset), "{offset}");
    upload.send(offset, content.slice(offset..)).await;
    assert_eq!(upload.file().await.sha256, Some(sha256_hex(&content)));
}
