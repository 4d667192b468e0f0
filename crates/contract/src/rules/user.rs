//! USER: users and what they use.

use std::time::Duration;

use fm_domain::accounts::{
    Charge, DisplayName, InsertUser, PasswordHash, ReserveBytes, Role, StorageUse, User,
};
use fm_domain::files::{FileFilter, Sha256};
use fm_domain::idempotency::{Claimed, FinishedUpload, KeyClaim};
use fm_domain::ids::UserId;

use crate::fixture::database::{Given, given, newest, recorded};
use crate::fixture::{at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

fn display(text: &str) -> DisplayName {
    text.parse().unwrap()
}

impl Given {
    async fn storage(&self, id: UserId) -> StorageUse {
        self.account(id).await.unwrap().storage
    }

    /// A committed user who has reserved and uses this much.
    async fn user_who_uses(&self, reserved: u64, used: u64) -> UserId {
        let id = self.owner().await;
        let mut unit = self.unit().await;
        unit.users().reserve(id, fill::bytes(reserved), None).await.unwrap();
        let charge = Charge { add: fill::bytes(used), files_added: 1, ..Charge::default() };
        unit.users().charge(id, &charge, None).await.unwrap();
        unit.commit().await.unwrap();
        id
    }
}

pub(crate) async fn user_01_a_taken_address_is_a_refusal_and_does_not_poison<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let old = given.user().await;
    let new = fill::user();

    let mut unit = given.unit().await;
    let twin = User { id: UserId::new(uuid()), ..old };
    let refused = unit.users().insert(&twin).await;
    assert!(matches!(refused, Err(InsertUser::EmailTaken)), "{refused:?}");
    unit.users().insert(&new).await.unwrap();
    unit.commit().await.unwrap();

    assert!(given.account(new.id).await.is_some(), "the user after the refusal is there");
    assert_eq!(given.account(twin.id).await, None, "the refused user is not");
}

pub(crate) async fn user_02_addresses_compare_without_regard_to_case<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let user = User { email: fill::email("Ada.Ünal@Example.com"), ..fill::user() };
    let mut unit = given.unit().await;
    unit.users().insert(&user).await.unwrap();
    let twin = User { email: fill::email("ada.üNAL@EXAMPLE.COM"), ..fill::user() };
    let refused = unit.users().insert(&twin).await;
    assert!(matches!(refused, Err(InsertUser::EmailTaken)), "{refused:?}");
    unit.commit().await.unwrap();

    let found = given.read().await.users().find_by_email(&twin.email).await.unwrap().unwrap();
    assert_eq!(found.user.id, user.id);
    assert_eq!(found.user.email.as_str(), "Ada.Ünal@Example.com", "as its owner wrote it");
    let other = given.read().await.users().find_by_email(&fill::email("ada@example.com")).await.unwrap();
    assert_eq!(other, None, "another address");
}

pub(crate) async fn user_03_a_user_is_read_back_as_written<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let plain = fill::user();
    let full = User {
        name: Some(display("Zoë 🦀 O'Brien; -- %")),
        role: Role::Admin,
        created_at: at(0).plus(Duration::from_micros(123_456)),
        ..fill::user()
    };
    for user in [plain, full] {
        let mut unit = given.unit().await;
        unit.users().insert(&user).await.unwrap();
        unit.commit().await.unwrap();
        let account = given.account(user.id).await.unwrap();
        assert_eq!(account.user, user);
        assert_eq!(account.user.email.as_str(), user.email.as_str());
        assert_eq!(account.storage, StorageUse::default(), "a fresh user keeps nothing");
        assert_eq!(given.read().await.users().find_by_email(&user.email).await.unwrap(), Some(account));
    }
    assert_eq!(given.account(UserId::new(uuid())).await, None, "an unknown id");
}

pub(crate) async fn user_04_a_password_is_replaced_only_while_it_is_the_one_seen<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let user = given.user().await;
    let (first, second) =
        (PasswordHash::new("$test$first".to_owned()), PasswordHash::new("$test$second".to_owned()));

    let mut unit = given.unit().await;
    assert!(unit.users().set_password(user.id, &user.password_hash, &first).await.unwrap());
    assert!(
        !unit.users().set_password(user.id, &user.password_hash, &second).await.unwrap(),
        "the seen one is old"
    );
    let unknown = UserId::new(uuid());
    assert!(
        !unit.users().set_password(unknown, &user.password_hash, &second).await.unwrap(),
        "an unknown user"
    );
    unit.commit().await.unwrap();

    let stored = given.account(user.id).await.unwrap().user.password_hash;
    assert!(stored == first, "the first replacement stands");
}

pub(crate) async fn user_05_two_units_never_both_reserve_the_last_byte<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let id = given.user_who_uses(2, 3).await;
    let quota = Some(fill::bytes(6));
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let given = given.clone();
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    Box::pin(async move {
                        match unit.users().reserve(id, fill::bytes(1), quota).await {
                            Ok(()) => Ok(1),
                            Err(ReserveBytes::QuotaExceeded) => Ok(0),
                            Err(ReserveBytes::NoUser) => panic!("the user is there"),
                            Err(ReserveBytes::Store(error)) => Err(error),
                        }
                    })
                })
                .await
        });
    }
    let got: i32 = soon("eight units for one byte", units.join_all()).await.into_iter().sum();
    assert_eq!(got, 1, "how many units got the last byte");
    assert_eq!(given.storage(id).await.reserved, fill::bytes(3));
}

pub(crate) async fn user_06_a_reservation_past_the_quota_is_refused_and_changes_nothing<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let id = given.user_who_uses(2, 3).await;

    let mut unit = given.unit().await;
    let users = unit.users();
    let past = users.reserve(id, fill::bytes(6), Some(fill::bytes(10))).await;
    assert!(matches!(past, Err(ReserveBytes::QuotaExceeded)), "{past:?}");
    users.reserve(id, fill::bytes(5), Some(fill::bytes(10))).await.unwrap();
    let full = users.reserve(id, fill::bytes(1), Some(fill::bytes(10))).await;
    assert!(matches!(full, Err(ReserveBytes::QuotaExceeded)), "{full:?}");
    users.reserve(id, fill::bytes(0), Some(fill::bytes(10))).await.unwrap();
    users.reserve(id, fill::bytes(1 << 40), None).await.unwrap();
    users.unreserve(id, fill::bytes(1 << 40)).await.unwrap();
    let unknown = users.reserve(UserId::new(uuid()), fill::bytes(1), None).await;
    assert!(matches!(unknown, Err(ReserveBytes::NoUser)), "{unknown:?}");
    unit.commit().await.unwrap();

    let storage = given.storage(id).await;
    assert_eq!((storage.reserved, storage.used), (fill::bytes(7), fill::bytes(3)));
}

pub(crate) async fn user_07_a_charge_is_applied_as_a_whole_or_refused<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let id = given.user_who_uses(20, 30).await;
    let quota = Some(fill::bytes(40));
    let finish =
        Charge { unreserve: fill::bytes(20), add: fill::bytes(15), files_added: 2, ..Charge::default() };
    let grow = Charge { add: fill::bytes(16), free: fill::bytes(15), files_added: 5, ..Charge::default() };
    let swap = Charge { add: fill::bytes(5), free: fill::bytes(6), files_removed: 1, ..Charge::default() };

    let mut unit = given.unit().await;
    unit.users().charge(id, &finish, quota).await.unwrap();
    let refused = unit.users().charge(id, &grow, quota).await;
    assert!(matches!(refused, Err(ReserveBytes::QuotaExceeded)), "it adds more than it frees: {refused:?}");
    unit.users().charge(id, &swap, quota).await.unwrap();
    let unknown = unit.users().charge(UserId::new(uuid()), &swap, quota).await;
    assert!(matches!(unknown, Err(ReserveBytes::NoUser)), "{unknown:?}");
    unit.commit().await.unwrap();

    let storage = given.storage(id).await;
    let expected = StorageUse {
        used: fill::bytes(44),
        reserved: fill::bytes(0),
        file_count: 2,
        ..StorageUse::default()
    };
    assert_eq!(storage, expected, "what does not grow is never refused, even past the quota");
}

pub(crate) async fn user_08_counters_never_go_below_zero<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let id = given.user_who_uses(2, 3).await;
    let mut unit = given.unit().await;
    unit.users().unreserve(id, fill::bytes(5)).await.unwrap();
    let much =
        Charge { unreserve: fill::bytes(9), free: fill::bytes(9), files_removed: 9, ..Charge::default() };
    unit.users().charge(id, &much, None).await.unwrap();
    unit.users().unreserve(UserId::new(uuid()), fill::bytes(1)).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.storage(id).await, StorageUse::default());
}

pub(crate) async fn user_09_a_removed_user_goes_with_files_and_keys_but_not_blobs<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (user, other) = (given.user().await, given.owner().await);
    let (file, kept) = (given.file(user.id, "theirs").await, given.file(other, "other's").await);
    let key: fm_domain::idempotency::IdempotencyKey = "key".parse().unwrap();
    let attempt = given.attempt(user.id).await;
    let claim = KeyClaim { user: user.id, key, attempt, lease_until: at(60) };
    let upload = FinishedUpload { file: file.id, name: file.name.clone(), sha256: Sha256::new([1; 32]) };

    let mut unit = given.unit().await;
    assert_eq!(unit.keys().claim(&claim, at(0)).await.unwrap(), Claimed::Held);
    assert!(unit.keys().finish(attempt, &upload, at(3600)).await.unwrap());
    assert!(unit.users().mark_removed(user.id, at(1)).await.unwrap());
    assert!(unit.users().remove(user.id).await.unwrap());
    assert!(!unit.users().remove(user.id).await.unwrap(), "there is none any more");
    assert!(unit.blobs().cancel_intent(attempt, at(1)).await.unwrap(), "the blobs stayed");
    assert_eq!(
        unit.blobs().drop_references(&[file.blob], at(1)).await.unwrap().len(),
        1,
        "with their references"
    );
    unit.commit().await.unwrap();

    assert_eq!(given.account(user.id).await, None);
    assert_eq!(given.stored(user.id, file.id).await, None);
    assert_eq!(given.list(user.id, &FileFilter::default(), &newest(10)).await, []);
    assert_eq!(given.stored(other, kept.id).await, Some(kept), "other users keep theirs");

    let mut unit = given.unit().await;
    unit.users().insert(&user).await.unwrap();
    let again = KeyClaim { attempt: recorded(&mut *unit, user.id).await, ..claim };
    assert_eq!(unit.keys().claim(&again, at(1)).await.unwrap(), Claimed::Held, "the key was forgotten");
    unit.commit().await.unwrap();
}

pub(crate) async fn user_10_of_units_that_lock_one_user_each_sees_what_the_last_one_did<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let id = given.owner().await;
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let given = given.clone();
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    Box::pin(async move {
                        let account = unit.users().find_for_update(id).await?.unwrap();
                        let seen = account.user.name.map_or(0, |name| name.as_str().parse::<u32>().unwrap());
                        tokio::task::yield_now().await;
                        unit.users().set_name(id, Some(display(&(seen + 1).to_string()))).await
                    })
                })
                .await
        });
    }
    soon("eight units on one user", units.join_all()).await;
    let name = given.account(id).await.unwrap().user.name;
    assert_eq!(name, Some(display("8")), "no unit missed another's change");
}

pub(crate) async fn user_11_a_name_is_replaced_and_cleared<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let user = given.user().await;
    for name in [Some(display("Ada")), None] {
        let mut unit = given.unit().await;
        assert!(unit.users().set_name(user.id, name.clone()).await.unwrap());
        assert!(!unit.users().set_name(UserId::new(uuid()), name.clone()).await.unwrap(), "an unknown user");
        unit.commit().await.unwrap();
        assert_eq!(given.account(user.id).await.unwrap().user, User { name, ..user.clone() });
    }
}

pub(crate) async fn user_12_of_units_that_insert_one_address_one_succeeds<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let email = fill::user().email;
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (given, user) = (given.clone(), User { email: email.clone(), ..fill::user() });
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    let user = user.clone();
                    Box::pin(async move {
                        match unit.users().insert(&user).await {
                            Ok(()) => Ok(1),
                            Err(InsertUser::EmailTaken) => Ok(0),
                            Err(InsertUser::Store(error)) => Err(error),
                        }
                    })
                })
                .await
        });
    }
    let inserted: i32 = soon("six units with one address", units.join_all()).await.into_iter().sum();
    assert_eq!(inserted, 1, "how many users have the address");
}
