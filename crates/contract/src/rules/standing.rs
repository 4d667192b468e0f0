//! What admins do to users: suspend them, give them a role or a quota, and look for them.

use fm_domain::accounts::{Account, Charge, ReserveBytes, Role, StorageUse, User, UserCounts, UserFilter};
use fm_domain::ids::UserId;

use crate::fixture::database::{Given, given};
use crate::fixture::{at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

impl Given {
    /// A committed admin.
    async fn admin(&self) -> UserId {
        let user = User { role: Role::Admin, ..fill::user() };
        let mut unit = self.unit().await;
        unit.users().insert(&user).await.unwrap();
        unit.commit().await.unwrap();
        user.id
    }

    /// A committed user with a quota of so many bytes.
    async fn user_with_quota(&self, quota: u64) -> UserId {
        let id = self.owner().await;
        let mut unit = self.unit().await;
        assert!(unit.users().set_quota(id, Some(fill::bytes(quota))).await.unwrap());
        unit.commit().await.unwrap();
        id
    }

    /// The ids of a page of users.
    async fn page_of_users(&self, part: Option<&str>, after: Option<UserId>, limit: u32) -> Vec<UserId> {
        let filter = UserFilter { address_contains: part.map(str::to_owned) };
        let page = self.read().await.users().list(&filter, after, limit).await.unwrap();
        page.into_iter().map(|account| account.user.id).collect()
    }
}

pub(crate) async fn user_28_role_suspension_and_quota_are_set_each_by_itself<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (user, other, gone) = (given.user().await, given.user().await, given.owner().await);
    let mut unit = given.unit().await;
    let users = unit.users();
    assert!(users.set_role(user.id, Role::Admin).await.unwrap());
    assert!(users.set_suspended(user.id, Some(at(7))).await.unwrap());
    assert!(users.set_quota(user.id, Some(fill::bytes(5 << 40))).await.unwrap());
    assert!(users.mark_removed(gone, at(1)).await.unwrap());
    for missing in [gone, UserId::new(uuid())] {
        assert!(!users.set_role(missing, Role::Admin).await.unwrap());
        assert!(!users.set_suspended(missing, Some(at(7))).await.unwrap());
        assert!(!users.set_quota(missing, None).await.unwrap());
    }
    unit.commit().await.unwrap();
    let set = Account {
        user: User { role: Role::Admin, ..user.clone() },
        quota: Some(fill::bytes(5 << 40)),
        suspended_at: Some(at(7)),
        ..Account::new(user.clone())
    };
    let found = given.read().await.users().find_by_email(&user.email).await.unwrap();
    assert_eq!(found, Some(set));
    let found = given.read().await.users().find_by_email(&other.email).await.unwrap();
    assert_eq!(found, Some(Account::new(other)), "no other user changes");

    let mut unit = given.unit().await;
    let users = unit.users();
    assert!(users.set_role(user.id, Role::User).await.unwrap());
    assert!(users.set_suspended(user.id, None).await.unwrap());
    assert!(users.set_quota(user.id, None).await.unwrap());
    unit.commit().await.unwrap();
    let found = given.read().await.users().find_by_email(&user.email).await.unwrap();
    assert_eq!(found, Some(Account::new(user)), "all of it can be taken back");
}

pub(crate) async fn user_29_a_quota_of_ones_own_counts_instead_of_the_given_one<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let id = given.user_with_quota(10).await;
    let (small, large) = (Some(fill::bytes(1)), Some(fill::bytes(100)));
    let mut unit = given.unit().await;
    let users = unit.users();
    users.reserve(id, fill::bytes(4), small).await.unwrap();
    for quota in [large, None] {
        let past = users.reserve(id, fill::bytes(7), quota).await;
        assert!(matches!(past, Err(ReserveBytes::QuotaExceeded)), "{past:?}");
    }
    let finish =
        Charge { unreserve: fill::bytes(4), add: fill::bytes(10), files_added: 1, ..Charge::default() };
    users.charge(id, &finish, small).await.unwrap();
    let more = Charge { add: fill::bytes(1), files_added: 1, ..Charge::default() };
    for quota in [large, None] {
        let past = users.charge(id, &more, quota).await;
        assert!(matches!(past, Err(ReserveBytes::QuotaExceeded)), "{past:?}");
    }
    users.set_quota(id, Some(fill::bytes(0))).await.unwrap();
    let swap = Charge { add: fill::bytes(3), free: fill::bytes(3), ..Charge::default() };
    users.charge(id, &swap, None).await.unwrap();
    users.set_quota(id, None).await.unwrap();
    let past = users.reserve(id, fill::bytes(1), small).await;
    assert!(matches!(past, Err(ReserveBytes::QuotaExceeded)), "the given one counts again: {past:?}");
    users.charge(id, &more, large).await.unwrap();
    unit.commit().await.unwrap();
    let storage = given.account(id).await.unwrap().storage;
    let expected = StorageUse {
        used: fill::bytes(11),
        reserved: fill::bytes(0),
        file_count: 2,
        ..StorageUse::default()
    };
    assert_eq!(storage, expected);
}

pub(crate) async fn user_30_a_reservation_beside_a_change_of_the_quota_obeys_the_one_committed_first<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let id = given.user_with_quota(100).await;
    let mut changing = given.unit().await;
    assert!(changing.users().set_quota(id, Some(fill::bytes(4))).await.unwrap());
    let under_way = {
        let given = given.clone();
        tokio::spawn(async move {
            let mut unit = given.unit().await;
            let reserved = unit.users().reserve(id, fill::bytes(5), None).await;
            (reserved, unit)
        })
    };
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    changing.commit().await.unwrap();
    let (reserved, unit) = soon("a unit that waited for the quota", under_way).await.unwrap();
    assert!(matches!(reserved, Err(ReserveBytes::QuotaExceeded)), "{reserved:?}");
    unit.rollback().await.unwrap();
}

pub(crate) async fn user_31_the_admins_who_are_not_suspended_are_locked_by_their_ids<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (first, suspended, removed) = (given.admin().await, given.admin().await, given.admin().await);
    let (demoted, promoted) = (given.admin().await, given.owner().await);
    given.owner().await;
    let mut unit = given.unit().await;
    let users = unit.users();
    users.set_suspended(suspended, Some(at(1))).await.unwrap();
    users.mark_removed(removed, at(1)).await.unwrap();
    users.set_role(demoted, Role::User).await.unwrap();
    users.set_role(promoted, Role::Admin).await.unwrap();
    let mut expected = [first, promoted];
    expected.sort_unstable();
    assert_eq!(users.lock_admins().await.unwrap(), expected, "the unit sees its own changes");
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    assert_eq!(unit.users().lock_admins().await.unwrap(), expected);
    unit.rollback().await.unwrap();
}

pub(crate) async fn user_32_of_units_that_each_leave_an_admin_none_takes_the_last_one<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    for _ in 0..4 {
        given.admin().await;
    }
    let mut units = tokio::task::JoinSet::new();
    for turn in 0..8_usize {
        let given = given.clone();
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    Box::pin(async move {
                        let admins = unit.users().lock_admins().await?;
                        if admins.len() > 1 {
                            unit.users().set_role(admins[turn % admins.len()], Role::User).await?;
                        }
                        Ok(())
                    })
                })
                .await;
        });
    }
    soon("eight units that demote an admin each", units.join_all()).await;
    let counts = given.read().await.users().count().await.unwrap();
    assert_eq!(counts.admins, 1, "how many are left");
}

pub(crate) async fn user_33_users_are_listed_newest_first_by_a_literal_part_of_their_address<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let mut ids = Vec::new();
    for address in ["Ada@example.com", "a_da@example.com", "bob%@example.com", "ada.ünal@example.org"] {
        let user = User { email: fill::email(address), ..fill::user() };
        let mut unit = given.unit().await;
        unit.users().insert(&user).await.unwrap();
        unit.commit().await.unwrap();
        ids.push(user.id);
    }
    let [ada, patterned, bob, unal] = *ids else { panic!("four users") };
    let removed = given.owner().await;
    let mut unit = given.unit().await;
    unit.users().mark_removed(removed, at(1)).await.unwrap();
    unit.commit().await.unwrap();

    let newest_first = |mut ids: Vec<UserId>| {
        ids.sort_unstable();
        ids.reverse();
        ids
    };
    let all = newest_first(ids.clone());
    assert_eq!(given.page_of_users(None, None, 10).await, all);
    let mut paged = Vec::new();
    while let page @ [_, ..] = &*given.page_of_users(None, paged.last().copied(), 3).await {
        paged.extend_from_slice(page);
    }
    assert_eq!(paged, all, "pages neither skip nor repeat");
    assert_eq!(given.page_of_users(Some("ada"), None, 10).await, newest_first(vec![ada, unal]));
    assert_eq!(
        given.page_of_users(Some("ada"), None, 2).await,
        newest_first(vec![ada, unal]),
        "a page is full as long as there is more"
    );
    assert_eq!(given.page_of_users(Some("_"), None, 10).await, [patterned]);
    assert_eq!(given.page_of_users(Some("%@"), None, 10).await, [bob]);
    assert_eq!(given.page_of_users(Some("ünal"), None, 10).await, [unal]);
    assert_eq!(given.page_of_users(Some("\\"), None, 10).await, []);
}

pub(crate) async fn user_34_all_users_are_counted_with_what_they_keep<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let read = async || given.read().await.users().count().await.unwrap();
    assert_eq!(read().await, UserCounts::default());
    let (one, two, removed) = (given.owner().await, given.admin().await, given.admin().await);
    let mut unit = given.unit().await;
    let users = unit.users();
    for id in [one, two, removed] {
        users.reserve(id, fill::bytes(5), None).await.unwrap();
        let charge = Charge { add: fill::bytes(3 << 40), files_added: 2, ..Charge::default() };
        users.charge(id, &charge, None).await.unwrap();
    }
    users.set_suspended(two, Some(at(1))).await.unwrap();
    users.mark_removed(removed, at(1)).await.unwrap();
    unit.commit().await.unwrap();
    let storage = StorageUse {
        used: fill::bytes(6 << 40),
        reserved: fill::bytes(10),
        file_count: 4,
        ..StorageUse::default()
    };
    assert_eq!(read().await, UserCounts { users: 2, suspended: 1, admins: 1, storage });
}
