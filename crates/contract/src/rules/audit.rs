//! AUDIT: the audit trail.

use fm_domain::access::Client;
use fm_domain::audit::{AuditAction, AuditEntry, AuditFilter, AuditKey, AuditPage};
use fm_domain::clock::Timestamp;
use fm_domain::ids::{AuditEntryId, UserId};

use crate::fixture::database::{Given, given};
use crate::fixture::{at, uuid};
use crate::harness::DatabaseHarness;

/// An entry of `account`, as much of it filled as can be.
fn entry(account: UserId, action: AuditAction, moment: Timestamp) -> AuditEntry {
    AuditEntry {
        id: AuditEntryId::new(uuid()),
        at: moment,
        action,
        actor: Some(account),
        account: Some(account),
        target: Some(uuid()),
        client: Client {
            ip: Some("2001:db8::7".to_owned()),
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) caf\u{e9} \u{1f4f1}".to_owned()),
        },
    }
}

/// A user of no database: the trail refers to no row.
fn stranger() -> UserId {
    UserId::new(uuid())
}

fn of(account: UserId) -> AuditFilter {
    AuditFilter { account: Some(account), ..AuditFilter::default() }
}

impl Given {
    /// Adds the entries in one unit and commits it.
    async fn append_all(&self, entries: &[AuditEntry]) {
        let mut unit = self.unit().await;
        for entry in entries {
            unit.audit().append(entry).await.unwrap();
        }
        unit.commit().await.unwrap();
    }

    /// A page of entries.
    async fn trail(&self, filter: &AuditFilter, after: Option<AuditKey>, limit: u32) -> Vec<AuditEntry> {
        self.read().await.audit().list(filter, &AuditPage { after, limit }).await.unwrap()
    }

    /// All entries that the filter fits, in pages of this many.
    async fn walk_trail(&self, filter: &AuditFilter, limit: u32) -> Vec<AuditEntry> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.trail(filter, after, limit).await;
            assert!(page.len() <= limit as usize, "{} entries on a page of {limit}", page.len());
            let Some(last) = page.last() else { return all };
            after = Some(AuditKey::of(last));
            all.extend(page);
        }
    }
}

/// The same, newest first.
fn newest_first(entries: impl IntoIterator<Item = AuditEntry>) -> Vec<AuditEntry> {
    let mut entries: Vec<AuditEntry> = entries.into_iter().collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(AuditKey::of(entry)));
    entries
}

pub(crate) async fn audit_01_an_entry_is_read_back_as_written<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (one, other) = (stranger(), stranger());
    let micros = |number| Timestamp::from_unix_micros(at(0).unix_micros() + number);
    let full = AuditEntry { actor: Some(other), ..entry(one, AuditAction::FILE_REMOVED, micros(123_457)) };
    let bare = AuditEntry {
        actor: None,
        account: None,
        target: None,
        client: Client::default(),
        ..entry(one, AuditAction::JOB_RETRIED, micros(123_456))
    };
    let long = AuditEntry {
        client: Client { ip: None, user_agent: Some("\u{fc}".repeat(512)) },
        action: AuditAction::from("of.a.newer.version".to_owned()),
        ..entry(one, AuditAction::JOB_RETRIED, micros(123_455))
    };
    given.append_all(&[bare.clone(), long.clone(), full.clone()]).await;
    assert_eq!(given.trail(&AuditFilter::default(), None, 10).await, [full, bare, long]);
}

pub(crate) async fn audit_02_entries_are_there_exactly_when_their_unit_is_committed<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let account = stranger();
    let committed = entry(account, AuditAction::FILE_UPLOADED, at(1));
    let mut unit = given.unit().await;
    unit.audit().append(&committed).await.unwrap();
    assert_eq!(given.trail(&of(account), None, 10).await, [], "the unit is open");
    unit.commit().await.unwrap();
    let rolled_back = entry(account, AuditAction::FILE_UPLOADED, at(2));
    let mut unit = given.unit().await;
    unit.audit().append(&rolled_back).await.unwrap();
    unit.rollback().await.unwrap();
    let dropped = entry(account, AuditAction::FILE_UPLOADED, at(3));
    let mut unit = given.unit().await;
    unit.audit().append(&dropped).await.unwrap();
    drop(unit);
    assert_eq!(given.trail(&of(account), None, 10).await, [committed]);
}

pub(crate) async fn audit_03_an_entry_that_is_there_is_never_replaced<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let account = stranger();
    let first = entry(account, AuditAction::FILE_REMOVED, at(1));
    given.append_all(std::slice::from_ref(&first)).await;
    let forged = AuditEntry { action: AuditAction::FILE_RENAMED, actor: None, target: None, ..first.clone() };
    let beside = entry(account, AuditAction::FILE_UPLOADED, at(2));
    given.append_all(&[forged, beside.clone()]).await;
    assert_eq!(given.trail(&of(account), None, 10).await, [beside, first]);
}

pub(crate) async fn audit_04_entries_are_listed_newest_first_with_ties_by_id<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let account = stranger();
    // Added in another order than they happened, and several at one moment.
    let moments = [5, 1, 3, 3, 9, 3, 5, 3];
    let entries = moments.map(|second| entry(account, AuditAction::FILE_RENAMED, at(second)));
    for entry in &entries {
        given.append_all(std::slice::from_ref(entry)).await;
    }
    let expected = newest_first(entries);
    for limit in [1, 2, 3, 8, 50] {
        assert_eq!(given.walk_trail(&of(account), limit).await, expected, "one account, pages of {limit}");
        assert_eq!(given.walk_trail(&AuditFilter::default(), limit).await, expected, "all, pages of {limit}");
    }
}

pub(crate) async fn audit_05_an_account_is_shown_its_own_entries_alone<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (one, other) = (stranger(), stranger());
    let of_one = entry(one, AuditAction::FILE_REMOVED, at(1));
    let by_other = AuditEntry { actor: Some(other), ..entry(one, AuditAction::FILE_REMOVED, at(2)) };
    let of_other = entry(other, AuditAction::FILE_REMOVED, at(3));
    let without_account = AuditEntry { account: None, ..entry(one, AuditAction::LOGIN_FAILED, at(4)) };
    given.append_all(&[of_one.clone(), by_other.clone(), of_other.clone(), without_account.clone()]).await;
    assert_eq!(given.walk_trail(&of(one), 1).await, [by_other.clone(), of_one.clone()]);
    assert_eq!(given.walk_trail(&of(other), 1).await, std::slice::from_ref(&of_other));
    assert_eq!(given.walk_trail(&of(stranger()), 10).await, []);
    assert_eq!(
        given.walk_trail(&AuditFilter::default(), 10).await,
        [without_account, of_other, by_other, of_one]
    );
}

pub(crate) async fn audit_06_all_that_a_filter_names_must_fit<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (one, other) = (stranger(), stranger());
    let actions = [AuditAction::SESSION_CREATED, AuditAction::SESSION_REVOKED, AuditAction::LOGIN_FAILED];
    let mut entries = Vec::new();
    for second in 0..12 {
        for (account, action) in
            [one, other].into_iter().flat_map(|one| actions.clone().map(|act| (one, act)))
        {
            entries.push(entry(account, action, at(second)));
        }
    }
    given.append_all(&entries).await;
    let action = Some(AuditAction::SESSION_REVOKED);
    for filter in [
        AuditFilter { action: action.clone(), ..AuditFilter::default() },
        AuditFilter { action: action.clone(), ..of(one) },
        AuditFilter { since: Some(at(4)), ..of(one) },
        AuditFilter { until: Some(at(4)), ..of(one) },
        AuditFilter { since: Some(at(4)), until: Some(at(6)), ..AuditFilter::default() },
        AuditFilter { account: Some(other), action, since: Some(at(3)), until: Some(at(9)) },
        AuditFilter { since: Some(at(6)), until: Some(at(6)), ..AuditFilter::default() },
    ] {
        let fits = |entry: &AuditEntry| {
            filter.account.is_none_or(|account| entry.account == Some(account))
                && filter.action.as_ref().is_none_or(|action| entry.action == *action)
                && filter.since.is_none_or(|since| entry.at >= since)
                && filter.until.is_none_or(|until| entry.at < until)
        };
        let expected = newest_first(entries.iter().filter(|entry| fits(entry)).cloned());
        for limit in [1, 5, 100] {
            assert_eq!(given.walk_trail(&filter, limit).await, expected, "{filter:?}, pages of {limit}");
        }
        let first = given.trail(&filter, None, 3).await;
        assert_eq!(first.len(), expected.len().min(3), "a page is full as long as there is more: {filter:?}");
    }
}

pub(crate) async fn audit_07_entries_outlive_the_account_that_they_tell_of<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let user = given.owner().await;
    let before = entry(user, AuditAction::FILE_UPLOADED, at(1));
    given.append_all(std::slice::from_ref(&before)).await;
    let removal = entry(user, AuditAction::ACCOUNT_REMOVED, at(2));
    let mut unit = given.unit().await;
    assert!(unit.users().mark_removed(user, at(2)).await.unwrap());
    assert!(unit.users().remove(user).await.unwrap());
    unit.audit().append(&removal).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.trail(&of(user), None, 10).await, [removal, before]);
}

pub(crate) async fn audit_08_entries_are_purged_by_age_the_oldest_first_up_to_the_limit<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (one, other) = (stranger(), stranger());
    let entries: Vec<AuditEntry> = (0..10)
        .map(|second| entry(if second % 2 == 0 { one } else { other }, AuditAction::FILE_RENAMED, at(second)))
        .collect();
    given.append_all(&entries).await;
    let purge = async |before: i64, limit| {
        let mut unit = given.unit().await;
        let purged = unit.audit().purge_before(at(before), limit).await.unwrap();
        unit.commit().await.unwrap();
        purged
    };
    assert_eq!(purge(0, 10).await, 0, "an entry of this very moment is not older");
    assert_eq!(purge(7, 3).await, 3);
    let left = |from: usize| newest_first(entries[from..].iter().cloned());
    assert_eq!(given.walk_trail(&AuditFilter::default(), 100).await, left(3), "the oldest went first");
    assert_eq!(purge(7, 100).await, 4);
    assert_eq!(purge(7, 100).await, 0);
    assert_eq!(given.walk_trail(&AuditFilter::default(), 100).await, left(7));
    let of_one = left(7).into_iter().filter(|entry| entry.account == Some(one)).collect::<Vec<_>>();
    assert_eq!(given.walk_trail(&of(one), 100).await, of_one);
}
