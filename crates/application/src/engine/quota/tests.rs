#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::accounts::{Account, StorageUse};
use fm_domain::testing::{Effects, FakeDatabase, a_user, an_account};

use super::*;
use crate::fixture::reads_of_account;

async fn left(quota: u64, account: Option<Account>, own: u64) -> u64 {
    let db = FakeDatabase::default().reads(reads_of_account(&Effects::default(), account));
    quota_left(&db, Some(ByteSize::new(quota)), a_user().id, own).await.unwrap().unwrap().bytes()
}

fn keeping(used: u64, reserved: u64) -> Account {
    let storage =
        StorageUse { used: ByteSize::new(used), reserved: ByteSize::new(reserved), ..StorageUse::default() };
    Account { storage, ..an_account() }
}

#[tokio::test]
async fn without_a_default_only_owners_with_a_quota_of_their_own_have_one() {
    let own = Account { quota: Some(ByteSize::new(9)), ..keeping(3, 2) };
    for (account, expected) in [(Some(keeping(3, 2)), None), (None, None), (Some(own), Some(4))] {
        let db = FakeDatabase::default().reads(reads_of_account(&Effects::default(), account));
        let left = quota_left(&db, None, a_user().id, 0).await.unwrap();
        assert_eq!(left.map(ByteSize::bytes), expected);
    }
}

#[tokio::test]
async fn what_is_used_and_reserved_is_taken_from_the_quota_but_for_the_own_share() {
    assert_eq!(left(10, Some(keeping(3, 2)), 0).await, 5);
    assert_eq!(left(10, Some(keeping(3, 2)), 2).await, 7);
    assert_eq!(left(10, Some(keeping(3, 2)), 99).await, 10);
}

#[tokio::test]
async fn a_quota_of_ones_own_counts_instead_of_the_default() {
    let account = |quota| Account { quota: Some(ByteSize::new(quota)), ..keeping(3, 2) };
    assert_eq!(left(10, Some(account(100)), 0).await, 95);
    assert_eq!(left(10, Some(account(4)), 0).await, 0);
}

#[tokio::test]
async fn an_account_over_its_quota_has_nothing_left_and_an_unknown_one_all_of_it() {
    assert_eq!(left(10, Some(keeping(8, 8)), 0).await, 0);
    assert_eq!(left(10, Some(keeping(u64::MAX, u64::MAX)), 0).await, 0);
    assert_eq!(left(10, None, 0).await, 10);
}
