//! Two processes on one database and one store.

use std::sync::Arc;

use fm_api_types::TokenPair;
use fm_e2e::{Api, Lane, Server, User, pictures};
use serde_json::json;

/// The same user, asked at another node.
fn at(node: &Api, user: &User) -> Api {
    node.bearing(user.access())
}

#[tokio::test]
async fn what_one_node_answers_every_node_knows() {
    let server = Arc::new(Server::start(Lane::PostgresS3, &[]));
    let node = Api::of(Arc::new(server.second_node()));
    let user = Api::of(Arc::clone(&server)).user().await;
    let there = at(&node, &user);
    let file = user.file("a.png", pictures::png(100, 50)).await;
    assert_eq!(there.current(&file).await.name, "a.png");
    let ready = there.with_thumbnail(&file).await;
    assert_eq!(ready.thumbnail.status, "ready");
    there.get(ready.download.url.expose()).send().await.expect(200);
    user.file("b.txt", "text").await;
    let page = user.page(&[("limit", "1")]).await;
    let cursor = page.next_cursor.unwrap();
    let next = there.page(&[("limit", "1"), ("cursor", &cursor)]).await;
    assert_eq!(next.items[0].id, file.id, "a cursor is good at every node");
    let refresh = json!({"refresh_token": user.refresh()});
    node.post("/v1/auth/refresh").json(&refresh).send().await.expect(200);
    user.post("/v1/auth/logout").send().await.expect(204);
    there.get("/v1/auth/me").send().await.unauthenticated();
}

#[tokio::test]
async fn parallel_refreshes_at_two_nodes_leave_one_session() {
    let server = Arc::new(Server::start(Lane::PostgresS3, &[]));
    let node = Api::of(Arc::new(server.second_node()));
    let user = Api::of(Arc::clone(&server)).user().await;
    let body = json!({"refresh_token": user.refresh()});
    let attempts = (0..20).map(|index| {
        let api = if index % 2 == 0 { user.anonymous() } else { node.clone() };
        api.post("/v1/auth/refresh").json(&body).send()
    });
    for answer in futures_util::future::join_all(attempts).await {
        let pair: TokenPair = answer.expect(200).parse();
        node.bearing(pair.access_token.expose()).get("/v1/auth/me").send().await.expect(200);
    }
    assert_eq!(user.sessions().await.len(), 1);
}

#[tokio::test]
async fn one_idempotency_key_at_two_nodes_makes_one_file() {
    let server = Arc::new(Server::start(Lane::PostgresS3, &[]));
    let node = Api::of(Arc::new(server.second_node()));
    let user = Api::of(Arc::clone(&server)).user().await;
    let there = at(&node, &user);
    let attempts = (0..6).map(|index| {
        let api: &Api = if index % 2 == 0 { &user } else { &there };
        api.upload("a.txt", "hello").header("idempotency-key", "one").send()
    });
    for answer in futures_util::future::join_all(attempts).await {
        assert!([200, 201, 409].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(user.storage().await, (5, 1));
    server.stores_exactly(1).await;
}
