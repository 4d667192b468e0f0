#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::LogOutByRefreshToken;
use crate::fixture::{a_client, a_unit_of_the_trail, by_ada, noted};
use crate::testing::TestPorts;
use fm_domain::audit::AuditAction;
use fm_domain::sessions::{Generation, RefreshState, RefreshToken, Session};
use fm_domain::testing::{Effects, PlainMacs, a_session};

fn token(generation: u32, salt: [u8; 16]) -> String {
    RefreshToken::issue(a_session().id, Generation::new(generation), &salt, &PlainMacs).expose().to_string()
}

/// A logout with `token`, where the store holds this session; how many are revoked.
async fn log_out(token: &str, found: Option<Session>, revoked: usize) {
    let mut doubles = TestPorts::default();
    doubles.sessions.expect_find().returning(move |_, _| Ok(found.clone()));
    doubles.sessions.expect_revoke().times(revoked).returning(|user, session| {
        assert_eq!((user, session), (a_session().user, a_session().id));
        Ok(true)
    });
    let (unit, trail) = a_unit_of_the_trail(&Effects::default());
    doubles.db = doubles.db.unit(unit);
    LogOutByRefreshToken::new(&doubles.ports()).run(token, &a_client()).await.unwrap();
    let ended = by_ada(AuditAction::SESSION_REVOKED, Some(a_session().id.uuid()));
    assert_eq!(noted(&trail), vec![ended; revoked]);
}

#[tokio::test]
async fn the_session_of_a_genuine_token_ends_whether_or_not_the_token_is_spent() {
    let refresh = RefreshState { generation: Generation::new(3), ..a_session().refresh };
    let session = Session { refresh, ..a_session() };
    for generation in [0, 2, 3] {
        let token = token(generation, session.refresh.salt);
        log_out(&token, Some(session.clone()), 1).await;
    }
}

#[tokio::test]
async fn a_forged_token_ends_nothing() {
    let salt = a_session().refresh.salt;
    let other = salt.map(|byte| byte ^ 1);
    log_out(&token(0, other), Some(a_session()), 0).await;
    log_out("garbage", Some(a_session()), 0).await;
}

#[tokio::test]
async fn a_session_that_is_gone_is_fine() {
    log_out(&token(0, a_session().refresh.salt), None, 0).await;
}
