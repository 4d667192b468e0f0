//! An upload belongs to its user, whatever becomes of sessions.

use fm_api_types::TokenPair;
use fm_e2e::{Api, Lane, User, on_every_lane};

use super::AWAITED;

async fn an_upload_of_another_user_is_not_found(lane: Lane) {
    let api = Api::on(lane);
    let (user, stranger) = (api.user().await, api.user().await);
    let upload = user.resumable("a.txt", 5).await;
    upload.send(0, "hel").await;
    let stolen = upload.by(&stranger);
    stolen.head().await.expect(404);
    stolen.piece(3).body("lo").send().await.not_found();
    stolen.terminate().await.not_found();
    let unknown = "/v1/uploads/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a20";
    for path in [unknown, "/v1/uploads/none"] {
        stranger.tus(reqwest::Method::HEAD, path).send().await.expect(404);
    }
    let anonymous = upload.by(&api);
    anonymous.piece(3).body("lo").send().await.unauthenticated();
    anonymous.head().await.expect(401);
    upload.send(3, "lo").await;
    assert_eq!(user.content(&upload.file().await).await, "hello");
}

async fn a_logout_ends_no_upload(lane: Lane) {
    let user = Api::on(lane).user().await;
    let upload = user.resumable("a.txt", 5).await;
    upload.send(0, "h").await;
    user.post("/v1/auth/logout").send().await.expect(204);
    upload.piece(1).body("e").send().await.unauthenticated();
    let back = user.again().await;
    let upload = upload.by(&back);
    upload.send(1, "el").await;
    let tokens: TokenPair = back.spend(back.refresh()).await.expect(200).parse();
    let renewed: User = back.renewed(tokens.access_token.expose());
    upload.by(&renewed).send(3, "lo").await;
    assert_eq!(renewed.content(&upload.by(&renewed).file().await).await, "hello");
}

/// The token is checked when a piece begins: a long one is not cut off.
async fn a_piece_outlives_the_session_that_began_it(lane: Lane) {
    let user = Api::on(lane).user().await;
    let upload = user.resumable("a.txt", 5).await;
    let mut piece = upload.send_head(&user, 0, 5, AWAITED).await;
    piece.is_asked_for_the_body().await;
    assert!(piece.send("hel").await);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    user.post("/v1/auth/logout").send().await.expect(204);
    assert!(piece.send("lo").await);
    assert_eq!(piece.answer().await.status, 204);
    let back = user.again().await;
    assert_eq!(back.content(&upload.by(&back).file().await).await, "hello");
}

on_every_lane![
    an_upload_of_another_user_is_not_found,
    a_logout_ends_no_upload,
    a_piece_outlives_the_session_that_began_it,
];
