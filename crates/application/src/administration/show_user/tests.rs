#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ShowUser, ShowUserError};
use crate::administration::Administrator;
use crate::administration::fixture::{ada, an_admin, asking, bob, others};
use crate::ports::Settings;
use crate::sessions::NamedAccount;
use crate::testing::{TestPorts, settings};
use fm_domain::accounts::Account;
use fm_domain::body::ByteSize;
use fm_domain::testing::FakeReads;

#[tokio::test]
async fn an_admin_sees_a_user_with_the_quota_that_counts() {
    for (own, counts) in [(None, 9), (Some(ByteSize::new(4)), 4)] {
        let mut doubles = TestPorts::default();
        let account = Account { quota: own, ..bob() };
        doubles.db = doubles.db.reads(asking(Some(an_admin()))).reads(asking(Some(account.clone())));
        let settings = Settings { quota: Some(ByteSize::new(9)), ..settings() };
        let show = ShowUser::new(&doubles.ports(), &settings);
        let view = show.run(&ada(), &NamedAccount::Id(bob().user.id)).await.unwrap();
        assert_eq!((view.account, view.quota), (account, Some(ByteSize::new(counts))));
    }
}

#[tokio::test]
async fn others_see_no_user_not_even_that_there_is_none() {
    for other in others() {
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(asking(other));
        let show = ShowUser::new(&doubles.ports(), &settings());
        let refused = show.run(&ada(), &NamedAccount::Id(bob().user.id)).await;
        assert!(matches!(refused, Err(ShowUserError::NotAdmin)));
    }
}

#[tokio::test]
async fn an_operator_names_users_by_address_too_and_is_told_of_those_who_are_not_there() {
    for found in [Some(bob()), None] {
        let mut reads = FakeReads::default();
        let account = found.clone();
        reads.users.expect_find_by_email().times(1).returning(move |_| Ok(account.clone()));
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(reads);
        let show = ShowUser::new(&doubles.ports(), &settings());
        let named = NamedAccount::Email("ada@example.com".parse().unwrap());
        let shown = show.run(&Administrator::Operator, &named).await;
        assert_eq!(shown.ok().map(|view| view.account), found);
    }
}
