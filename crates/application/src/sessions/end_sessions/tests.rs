#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::access::Client;
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::testing::{Effects, FakeReads, a_session, an_account};

use super::{EndSessions, EndSessionsError, NamedAccount};
use crate::fixture::{a_unit_of_the_trail, by_ada, noted, once, reads_of_account, revoking, unavailable};
use crate::testing::TestPorts;

fn by_email(effects: &Effects, is_there: bool) -> FakeReads {
    let mut reads = FakeReads::default();
    once!(effects, reads.users.expect_find_by_email(), "look", |_| Ok(is_there.then(an_account)));
    reads
}

#[tokio::test]
async fn all_sessions_of_an_account_end_by_its_id_or_its_address_and_its_user_sees_it() {
    let user = an_account().user;
    for account in [NamedAccount::Id(user.id), NamedAccount::Email("Ada@example.com".parse().unwrap())] {
        let effects = Effects::default();
        let mut doubles = TestPorts::default();
        let (unit, trail) = a_unit_of_the_trail(&effects);
        doubles.db = doubles.db.unit(unit);
        let reads = match account {
            NamedAccount::Id(_) => reads_of_account(&effects, Some(an_account())),
            NamedAccount::Email(_) => by_email(&effects, true),
        };
        doubles.db = doubles.db.reads(reads);
        revoking(&effects, &mut doubles, None, true);
        assert_eq!(EndSessions::new(&doubles.ports()).run(&account).await.unwrap(), user.id);
        assert_eq!(effects.seen()[1], "revoke all");
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
    assert!(matches!(outcome, Err(EndSessionsError::NoSuchAddress)));
    assert_eq!(effects.seen(), ["look"]);
}

#[tokio::test]
async fn an_id_of_no_account_ends_what_sessions_there_still_are_and_is_told_where_there_are_none() {
    for sessions in [vec![], vec![a_session()]] {
        let effects = Effects::default();
        let mut doubles = TestPorts::default();
        let (unit, trail) = a_unit_of_the_trail(&effects);
        doubles.db = doubles.db.reads(reads_of_account(&effects, None)).unit(unit);
        let are_left = !sessions.is_empty();
        doubles.sessions.expect_list().times(1).returning(move |_, _| Ok(sessions.clone()));
        if are_left {
            revoking(&effects, &mut doubles, None, true);
        }
        let account = NamedAccount::Id(an_account().user.id);
        let outcome = EndSessions::new(&doubles.ports()).run(&account).await;
        if are_left {
            assert_eq!(outcome.unwrap(), an_account().user.id);
        } else {
            assert!(matches!(outcome, Err(EndSessionsError::NoSuchId)), "{outcome:?}");
        }
        assert_eq!(noted(&trail).len(), usize::from(are_left));
    }
}

#[tokio::test]
async fn a_store_that_fails_is_told_and_nothing_is_recorded() {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads_of_account(&Effects::default(), Some(an_account())));
    doubles.sessions.expect_revoke_all().returning(|_, _, _| Err(unavailable()));
    let account = NamedAccount::Id(an_account().user.id);
    let outcome = EndSessions::new(&doubles.ports()).run(&account).await;
    assert!(matches!(outcome, Err(EndSessionsError::Store(_))));
}
