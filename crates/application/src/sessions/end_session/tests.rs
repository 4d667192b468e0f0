#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{EndSession, ListSessionsOf};
use crate::fixture::{a_unit_of_the_trail, by_ada, noted};
use crate::testing::TestPorts;
use fm_domain::access::Client;
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::testing::{Effects, a_session, a_user};

#[tokio::test]
async fn a_session_that_is_there_ends_and_the_trail_tells_it() {
    for is_there in [true, false] {
        let effects = Effects::default();
        let mut doubles = TestPorts::default();
        let (unit, trail) = a_unit_of_the_trail(&effects);
        doubles.db = doubles.db.unit(unit);
        doubles.sessions.expect_revoke().times(1).returning(move |user, session| {
            assert_eq!((user, session), (a_user().id, a_session().id));
            Ok(is_there)
        });
        let ended = EndSession::new(&doubles.ports()).run(a_user().id, a_session().id).await;
        assert_eq!(ended.unwrap(), is_there);
        let entry = by_ada(AuditAction::SESSION_REVOKED, Some(a_session().id.uuid()));
        let entry = AuditEntry { actor: None, client: Client::default(), ..entry };
        assert_eq!(noted(&trail), if is_there { vec![entry] } else { vec![] });
    }
}

#[tokio::test]
async fn all_sessions_of_an_account_are_listed() {
    let mut doubles = TestPorts::default();
    doubles.sessions.expect_list().times(1).returning(|user, _| {
        assert_eq!(user, a_user().id);
        Ok(vec![a_session()])
    });
    assert_eq!(ListSessionsOf::new(&doubles.ports()).run(a_user().id).await.unwrap(), [a_session()]);
}
