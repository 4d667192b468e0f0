//! Snapshots of a database.

use fm_domain::accounts::{Account, Role};
use fm_domain::archive::{ArchivedKey, ArchivedNode, LooseBlob, LooseState, RowCounts, Snapshot};
use fm_domain::audit::{AuditAction, AuditEntry, AuditKey};
use fm_domain::blobs::{BlobIntent, BlobKey};
use fm_domain::files::{File, Sha256, ThumbnailState};
use fm_domain::idempotency::{FinishedUpload, KeyClaim};
use fm_domain::ids::{AuditEntryId, BlobId, FileId, NodeId, UserId};
use fm_domain::tree::{Delta, Seq};

use crate::fixture::database::{Given, stored, stored_thumbnail};
use crate::fixture::{access_of, at, fill, soon, uuid};
use crate::harness::ArchiveHarness;

pub(super) fn given<H: ArchiveHarness>(harness: &H) -> Given {
    Given { db: harness.database() }
}

pub(super) async fn snapshot<H: ArchiveHarness>(harness: &H) -> Box<dyn Snapshot> {
    soon("opening a snapshot", harness.archive().snapshot()).await.unwrap()
}

/// All accounts, page by page.
pub(super) async fn accounts(snapshot: &mut dyn Snapshot, limit: u32) -> Vec<Account> {
    let mut all: Vec<Account> = Vec::new();
    loop {
        let page = snapshot.accounts(all.last().map(|account| account.user.id), limit).await.unwrap();
        let is_last = page.len() < limit as usize;
        all.extend(page);
        if is_last {
            return all;
        }
    }
}

/// All items of a drive but its root, page by page.
pub(super) async fn nodes(snapshot: &mut dyn Snapshot, owner: UserId, limit: u32) -> Vec<ArchivedNode> {
    let mut all: Vec<ArchivedNode> = Vec::new();
    loop {
        let after = all.last().map(|last| last.item.id());
        let page = snapshot.nodes(fill::drive(owner), after, limit).await.unwrap();
        let is_last = page.len() < limit as usize;
        all.extend(page);
        if is_last {
            return all;
        }
    }
}

/// A living file that no unit inside its drive has written.
pub(super) fn archived(file: &File) -> ArchivedNode {
    ArchivedNode { item: file.clone().into(), changed: Seq::default(), trash: None, thumbnail_size: None }
}

/// All entries of the trail, page by page.
async fn entries(snapshot: &mut dyn Snapshot, limit: u32) -> Vec<AuditEntry> {
    let mut all: Vec<AuditEntry> = Vec::new();
    loop {
        let page = snapshot.audit(all.last().map(AuditKey::of), limit).await.unwrap();
        let is_last = page.len() < limit as usize;
        all.extend(page);
        if is_last {
            return all;
        }
    }
}

pub(super) fn entry(seconds: i64) -> AuditEntry {
    AuditEntry {
        id: AuditEntryId::new(uuid()),
        at: at(seconds),
        action: AuditAction::LOGIN_FAILED,
        actor: None,
        account: Some(UserId::new(uuid())),
        target: Some(uuid()),
        client: fm_domain::access::Client {
            ip: Some("192.0.2.7".to_owned()),
            user_agent: Some("rule".to_owned()),
        },
    }
}

impl Given {
    pub(super) async fn marked_as_removed(&self, user: UserId) {
        let mut unit = self.unit().await;
        assert!(unit.users().mark_removed(user, at(1)).await.unwrap());
        unit.commit().await.unwrap();
    }
}

pub(crate) async fn archive_01_a_snapshot_stays_as_it_was_whatever_is_committed_meanwhile<
    H: ArchiveHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let user = given.user().await;
    let file = given.file(user.id, "before.txt").await;
    let drive = given.read().await.tree().drive(&access_of(user.id), fill::drive(user.id)).await.unwrap();
    let expected = ArchivedNode { changed: drive.unwrap().seq, ..archived(&file) };
    let mut snapshot = snapshot(harness).await;

    let other = given.user().await;
    given.file(user.id, "after.txt").await;
    let mut unit = given.unit().await;
    unit.users().set_name(user.id, Some("Renamed".parse().unwrap())).await.unwrap();
    unit.blobs().mark_deleted(file.blob, at(9)).await.unwrap();
    unit.audit().append(&entry(3)).await.unwrap();
    unit.commit().await.unwrap();
    given.marked_as_removed(other.id).await;

    assert_eq!(accounts(&mut *snapshot, 10).await, [Account::new(user.clone())]);
    assert_eq!(nodes(&mut *snapshot, user.id, 10).await, [expected]);
    assert_eq!(snapshot.loose_blobs(None, 10).await.unwrap(), []);
    assert_eq!(snapshot.audit(None, 10).await.unwrap(), []);
    let counted = snapshot.row_counts().await.unwrap();
    assert_eq!(counted, RowCounts { users: 1, files: 1, blobs: 1, ..RowCounts::default() });
}

pub(crate) async fn archive_02_every_account_and_entry_comes_once_with_all_that_belongs_to_it<
    H: ArchiveHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let mut expected = Vec::new();
    for number in 0..7 {
        let mut user = fill::user();
        if number == 2 {
            user.role = Role::Admin;
            user.name = Some("Ünal ✓".parse().unwrap());
        }
        let mut unit = given.unit().await;
        unit.users().insert(&user).await.unwrap();
        let mut account = Account::new(user.clone());
        if number == 3 {
            account.quota = Some(fill::bytes(5 << 40));
            account.suspended_at = Some(at(77));
            unit.users().set_quota(user.id, account.quota).await.unwrap();
            unit.users().set_suspended(user.id, account.suspended_at).await.unwrap();
        }
        unit.commit().await.unwrap();
        expected.push(account);
    }
    let removed = given.owner().await;
    given.marked_as_removed(removed).await;
    expected.sort_by_key(|account| std::cmp::Reverse(account.user.id));

    let mut trail: Vec<AuditEntry> = [0, 1, 1, 1, 1, 2, 3].map(entry).into();
    let mut unit = given.unit().await;
    for entry in &trail {
        unit.audit().append(entry).await.unwrap();
    }
    unit.commit().await.unwrap();
    trail.sort_by_key(|entry| std::cmp::Reverse(AuditKey::of(entry)));

    let mut snapshot = snapshot(harness).await;
    for limit in [1, 2, 3, 7, 100] {
        assert_eq!(accounts(&mut *snapshot, limit).await, expected, "pages of {limit}");
        assert_eq!(entries(&mut *snapshot, limit).await, trail, "pages of {limit}");
    }
}

pub(crate) async fn archive_03_the_items_of_a_drive_come_once_by_their_ids<H: ArchiveHarness>(harness: &H) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    given.file(other, "another's.txt").await;
    let mut expected: Vec<NodeId> = Vec::new();
    for number in 0..6 {
        let folder = given.folder(owner, fill::root(owner), &number.to_string()).await;
        let file = given.file_in(owner, folder.id, "file.txt").await;
        expected.extend([folder.id, file.id.into()]);
    }
    given.put_into_trash(owner, expected[0], 10).await;
    expected.sort_unstable();
    let mut snapshot = snapshot(harness).await;
    for limit in [1, 2, 4, 12, 100] {
        let found = nodes(&mut *snapshot, owner, limit).await;
        let found: Vec<NodeId> = found.iter().map(|archived| archived.item.id()).collect();
        assert_eq!(found, expected, "pages of {limit}");
    }
    assert_eq!(nodes(&mut *snapshot, UserId::new(uuid()), 10).await, []);
}

pub(crate) async fn archive_04_a_file_comes_with_the_size_of_its_thumbnail<H: ArchiveHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let (mut unit, entered) = given.entered(owner, &Delta::default()).await;
    let (kept, gone) = (stored_thumbnail(&mut *unit, owner).await, stored_thumbnail(&mut *unit, owner).await);
    let placeholder = fill::placeholder(28);
    let ready = |blob| ThumbnailState::Ready { blob, width: 64, height: 48, placeholder };
    let mut expected = Vec::new();
    for (seconds, thumbnail, thumbnail_size) in [
        (1, ready(kept), Some(fill::bytes(12))),
        (2, ready(gone), None),
        (3, ThumbnailState::Pending, None),
        (4, ThumbnailState::Failed { times: 2 }, None),
        (5, ThumbnailState::None, None),
    ] {
        let blob = stored(&mut *unit, owner).await;
        let file =
            File { created_at: at(seconds), thumbnail, ..fill::file(owner, blob, &format!("{seconds}.png")) };
        unit.nodes().insert(&file.clone().into()).await.unwrap();
        expected.push(ArchivedNode { changed: entered.seq, thumbnail_size, ..archived(&file) });
    }
    unit.blobs().mark_deleted(gone, at(2)).await.unwrap();
    unit.commit().await.unwrap();
    expected.sort_by_key(|archived| archived.item.id());
    assert_eq!(nodes(&mut *snapshot(harness).await, owner, 10).await, expected);
}

pub(crate) async fn archive_05_the_finished_keys_of_a_user_come_and_no_others<H: ArchiveHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let mut expected = Vec::new();
    let mut unit = given.unit().await;
    for (user, text, is_finished) in [
        (owner, "b", true),
        (owner, "a", true),
        (owner, "aa", false),
        (owner, "~", true),
        (owner, "B", true),
        (other, "c", true),
    ] {
        let attempt = BlobId::new(uuid());
        let key = text.parse().unwrap();
        let claim = KeyClaim { user, key, attempt, lease_until: at(60) };
        unit.keys().claim(&claim, at(0)).await.unwrap();
        if !is_finished {
            continue;
        }
        let upload = FinishedUpload {
            file: FileId::new(uuid()),
            name: fill::name("Käse.txt"),
            sha256: Sha256::new([text.as_bytes()[0]; 32]),
        };
        // One of them has expired.
        let expires_at = if text == "b" { at(-5) } else { at(90) };
        assert!(unit.keys().finish(attempt, &upload, expires_at).await.unwrap());
        if user == owner {
            expected.push(ArchivedKey { key: claim.key, upload, expires_at });
        }
    }
    unit.commit().await.unwrap();
    expected.sort_by(|one, other| one.key.as_str().cmp(other.key.as_str()));
    let mut snapshot = snapshot(harness).await;
    for limit in [1, 3, 10] {
        let mut found: Vec<ArchivedKey> = Vec::new();
        loop {
            let after = found.last().map(|last| last.key.clone());
            let page = snapshot.keys(owner, after, limit).await.unwrap();
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
}

pub(crate) async fn archive_06_blobs_that_no_file_needs_come_in_every_state_and_no_others<
    H: ArchiveHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, removed) = (given.owner().await, given.owner().await);
    let kept = given.file(owner, "kept.txt").await;
    // It is made anew of what is kept.
    let preview = given.previewed(owner, kept.blob).await;
    let of_removed = given.file(removed, "removed.txt").await;
    // What was stored for one who goes, and copied by one who stays.
    let shared = given.file(removed, "shared.txt").await;
    let mut unit = given.inside(owner).await;
    unit.nodes().insert(&fill::file(owner, shared.blob, "copy.txt").into()).await.unwrap();
    assert!(unit.blobs().add_references(&[shared.blob]).await.unwrap());
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    let intent = BlobIntent { expires_at: at(50), ..fill::intent(owner) };
    unit.blobs().record_intent(&intent).await.unwrap();
    let (stored_before, never_stored) =
        (stored_thumbnail(&mut *unit, owner).await, fill::intent(owner).key.id);
    let never = BlobIntent { key: BlobKey::file(never_stored), ..fill::intent(owner) };
    unit.blobs().record_intent(&never).await.unwrap();
    unit.blobs().mark_deleted(stored_before, at(10)).await.unwrap();
    unit.blobs().mark_deleted(never_stored, at(20)).await.unwrap();
    unit.blobs().postpone(never_stored, at(30)).await.unwrap();
    unit.commit().await.unwrap();
    given.marked_as_removed(removed).await;

    let deleted = |deleted_at, due_at, was_stored| LooseState::Deleted { deleted_at, due_at, was_stored };
    let mut expected = [
        LooseBlob { key: intent.key, owner, state: LooseState::Intent { expires_at: at(50) } },
        LooseBlob { key: BlobKey::thumbnail(stored_before), owner, state: deleted(at(10), at(10), true) },
        LooseBlob { key: never.key, owner, state: deleted(at(20), at(30), false) },
        LooseBlob { key: BlobKey::file(of_removed.blob), owner: removed, state: LooseState::Unreferenced },
        LooseBlob {
            key: BlobKey::thumbnail(preview.state.blob().unwrap()),
            owner,
            state: LooseState::Unreferenced,
        },
    ];
    expected.sort_by_key(|blob| blob.key.id);
    let mut snapshot = snapshot(harness).await;
    for limit in [1, 3, 10] {
        let mut found: Vec<LooseBlob> = Vec::new();
        loop {
            let page = snapshot.loose_blobs(found.last().map(|last| last.key.id), limit).await.unwrap();
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
}
