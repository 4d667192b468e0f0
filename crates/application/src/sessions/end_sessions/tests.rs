#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::access::Client;
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::testing::{Effects, FakeReads, an_account};

use super::{EndSessions, EndSessionsError, NamedAccount};
use crate::fixture::{a_unit_of_the_trail, by_ada, noted, once, revoking, unavailable};
use crate::testing::TestPorts;

fn by_email(effects: &Effects, is_there: bool) -> FakeReads {
    let mut reads = FakeReads::default();
    once!(effects, reads.users.expect_find_by_email(), "look", |_| Ok(is_there.then(an_account)));
    reads
}

#[tokio::test]
async fn all_sessions_of_an_account_end_by_its_id_or_its_address_and_its_user_sees_it() {
    let user = an_account().user;
    for (account, looks) in
        [(NamedAccount::Id(user.id), 0), (NamedAccount::Email("Ada@example.com".parse().unwrap()), 1)]
    {
        let effects = Effects::default();
        let mut doubles = TestPorts::default();
        let (unit, trail) = a_unit_of_the_trail(&effects);
        doubles.db = doubles.db.unit(unit);
        if looks > 0 {
            doubles.db = doubles.db.reads(by_email(&effects, true));
        }
        revoking(&effects, &mut doubles, None, true);
        assert_eq!(EndSessions::new(&doubles.ports()).run(&account).await.unwrap(), user.id);
        assert_eq!(effects.seen()[looks], "revoke all");
        let client = Client::default();
        let entry = AuditEntry { actor: None, client, ..by_ada(AuditAction::SESSIONS_REVOKED, None) };
        assert_eq!(entry.account, Some(user.id));
        assert_eq!(noted(&trail), [entry]);
    }
}

#[tokio::test]
async fn an_address_of_no_account_ends_nothing() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(by_email(&effects, false));
    let account = NamedAccount::Email("unknown@example.com".parse().unwrap());
    let outcome = EndSessions::new(&doubles.ports()).run(&account).await;
    assert!(matches!(outcome, Err(EndSessionsError::NotFound)));
    assert_eq!(effects.seen(), ["look"]);
}

#[tokio::test]
async fn a_store_that_fails_is_told_and_nothing_is_recorded() {
    let mut doubles = TestPorts::default();
    doubles.sessions.expect_revoke_all().returning(|_, _, _| Err(unavailable()));
    let account = NamedAccount::Id(an_account().user.id);
    let outcome = EndSessions::new(&doubles.ports()).run(&account).await;
    assert!(matches!(outcome, Err(EndSessionsError::Store(_))));
}
