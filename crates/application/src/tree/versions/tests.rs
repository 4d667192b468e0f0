#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ChangeVersionCommand, Versions};
use crate::fixture::{actor, by_ada, noted, once};
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use crate::tree::fixture::inside;
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::blobs::Disposition;
use fm_domain::body::ByteSize;
use fm_domain::files::{File, VersionNumber};
use fm_domain::ids::BlobId;
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, PlainLinks, a_file};
use fm_domain::tree::{Delta, MAX_PINNED, Version};

/// The file at its third content.
fn file() -> File {
    File { version: VersionNumber::new(3), ..a_file() }
}

/// An old version of seven bytes.
fn version(number: u32) -> Version {
    let blob = BlobId::new(CountingIds::nth(70 + u64::from(number)));
    let held = File { version: VersionNumber::new(number), blob, size: ByteSize::new(7), ..a_file() };
    Version { sha256: None, ..Version::of(&held, a_file().content_at) }
}

fn versions(unit: FakeUnitOfWork) -> Versions {
    let mut doubles = TestPorts::default();
    doubles.thumbnailer.expect_accepts().return_const(false);
    doubles.db = doubles.db.unit(unit);
    Versions::new(&doubles.ports(), &settings())
}

fn finding(effects: &Effects, all: Vec<Version>) -> FakeUnitOfWork {
    let mut unit = inside(effects, &[file().into()]);
    let kept = all.clone();
    unit.versions
        .expect_find()
        .returning(move |_, number| Ok(kept.iter().find(|version| version.number == number).cloned()));
    unit.versions.expect_all().returning(move |_| Ok(all.clone()));
    unit
}

/// The entry of an act that Ada does to the versions of her file.
fn told(action: AuditAction) -> AuditEntry {
    by_ada(action, Some(a_file().id.uuid()))
}

#[tokio::test]
async fn a_restored_version_is_a_new_content_that_refers_to_the_same_bytes() {
    let effects = Effects::default();
    let mut unit = finding(&effects, vec![version(1)]);
    once!(effects, unit.blobs.expect_add_references(), "refer", |blobs| {
        assert_eq!(blobs, [version(1).blob]);
        Ok(true)
    });
    once!(effects, unit.files.expect_update(), "update", |file, _| {
        assert_eq!((file.blob, file.version), (version(1).blob, VersionNumber::new(4)));
        Ok(())
    });
    once!(effects, unit.versions.expect_insert(), "version", |kept| {
        assert_eq!((kept.number, kept.blob), (VersionNumber::new(3), a_file().blob));
        Ok(())
    });
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, Delta { used: 7, versions: 5, ..Delta::default() });
        Ok(())
    });
    let view = versions(unit).restore(&actor(), file().id, VersionNumber::FIRST, None).await.unwrap();
    assert_eq!((view.file.id, view.file.size), (a_file().id, ByteSize::new(7)));
    assert_eq!(effects.seen(), ["enter", "refer", "update", "version", "charge", "commit"]);
}

#[tokio::test]
async fn a_version_that_is_not_there_is_not_restored() {
    let effects = Effects::default();
    let refused =
        versions(finding(&effects, vec![])).restore(&actor(), file().id, VersionNumber::FIRST, None).await;
    assert!(matches!(refused, Err(TreeError::NotFound)), "{:?}", refused.err());
    assert_eq!(effects.seen(), ["enter", "rollback"]);
}

#[tokio::test]
async fn a_version_is_deleted_by_its_number_and_all_but_pinned_ones_together() {
    let effects = Effects::default();
    let pinned = Version { is_pinned: true, ..version(1) };
    for (number, expected) in [(Some(VersionNumber::FIRST), 1), (None, 2)] {
        let mut unit = finding(&effects, vec![pinned.clone(), version(2)]);
        unit.versions.expect_remove().return_once(move |_, numbers| {
            assert_eq!(numbers, [VersionNumber::new(expected)]);
            Ok(vec![version(expected)])
        });
        unit.drives.expect_charge().return_once(|_, delta, _| {
            assert_eq!(*delta, Delta { used: -7, versions: -7, ..Delta::default() });
            Ok(())
        });
        unit.blobs.expect_drop_references().return_once(move |blobs, _| {
            assert_eq!(blobs, [version(expected).blob]);
            Ok(Vec::new())
        });
        let trail = unit.audit.clone();
        assert!(versions(unit).delete(&actor(), file().id, number).await.is_ok());
        assert_eq!(noted(&trail), [told(AuditAction::VERSIONS_REMOVED)]);
    }
    for (number, is_present) in [(3, true), (9, false)] {
        let refused = versions(finding(&effects, vec![version(2)]))
            .delete(&actor(), file().id, Some(VersionNumber::new(number)))
            .await;
        assert_eq!(matches!(refused, Err(TreeError::PresentContent)), is_present, "{refused:?}");
        assert_eq!(matches!(refused, Err(TreeError::NotFound)), !is_present, "{refused:?}");
    }
}

#[tokio::test]
async fn where_no_version_goes_or_changes_nothing_is_told() {
    let effects = Effects::default();
    let mut unit = finding(&effects, vec![]);
    unit.versions.expect_remove().return_once(|_, _| Ok(Vec::new()));
    unit.drives.expect_charge().return_once(|_, _, _| Ok(()));
    unit.blobs.expect_drop_references().returning(|_, _| Ok(Vec::new()));
    let trail = unit.audit.clone();
    assert!(versions(unit).delete(&actor(), file().id, None).await.is_ok());
    assert_eq!(noted(&trail), []);
    let mut unit = finding(&effects, vec![version(1)]);
    unit.versions.expect_set().return_once(|_, _, _, _| Ok(true));
    let trail = unit.audit.clone();
    let same = ChangeVersionCommand {
        file: file().id,
        number: VersionNumber::FIRST,
        is_pinned: Some(false),
        label: None,
    };
    assert!(versions(unit).change(&actor(), same).await.is_ok());
    assert_eq!(noted(&trail), []);
}

#[tokio::test]
async fn a_version_is_pinned_and_named_up_to_the_limit() {
    let effects = Effects::default();
    let command = |number| ChangeVersionCommand {
        file: file().id,
        number: VersionNumber::new(number),
        is_pinned: Some(true),
        label: Some("sent".parse().ok()),
    };
    let mut unit = finding(&effects, vec![version(1)]);
    unit.versions.expect_set().return_once(|_, _, is_pinned, label| {
        assert_eq!((is_pinned, label), (true, "sent".parse().ok()));
        Ok(true)
    });
    let trail = unit.audit.clone();
    let changed = versions(unit).change(&actor(), command(1)).await.unwrap();
    assert_eq!(noted(&trail), [told(AuditAction::VERSION_CHANGED)]);
    assert!(changed.version.is_pinned && changed.version.label.is_some());
    assert_eq!(PlainLinks::open(changed.download.expose()).unwrap().target.key.id, version(1).blob);
    let pinned = (10..).take(MAX_PINNED).map(|number| Version { is_pinned: true, ..version(number) });
    let full = [vec![version(1)], pinned.collect()].concat();
    let refused = versions(finding(&effects, full)).change(&actor(), command(1)).await;
    assert!(matches!(refused, Err(TreeError::TooManyPinned)), "{refused:?}");
    let refused = versions(finding(&effects, vec![])).change(&actor(), command(3)).await;
    assert!(matches!(refused, Err(TreeError::PresentContent)), "{refused:?}");
}

#[tokio::test]
async fn no_version_of_a_file_that_is_not_living_changes() {
    // Nor of one that follows a folder into the trash, which is locked as if it were living.
    let gone = |effects: &Effects| {
        let mut unit = inside(effects, &[]);
        unit.files.expect_find_for_update().returning(|_, _| Ok(Some(file())));
        versions(unit)
    };
    let effects = Effects::default();
    let (file, number) = (file().id, VersionNumber::FIRST);
    let restored = gone(&effects).restore(&actor(), file, number, None).await;
    assert!(matches!(restored, Err(TreeError::NotFound)), "{:?}", restored.err());
    let command = ChangeVersionCommand { file, number, is_pinned: Some(true), label: None };
    let changed = gone(&effects).change(&actor(), command).await;
    assert!(matches!(changed, Err(TreeError::NotFound)), "{changed:?}");
    for number in [Some(number), None] {
        let deleted = gone(&effects).delete(&actor(), file, number).await;
        assert!(matches!(deleted, Err(TreeError::NotFound)), "{deleted:?}");
    }
    assert_eq!(effects.seen(), ["enter", "rollback"].repeat(4));
}

#[tokio::test]
async fn each_content_is_linked_by_its_number() {
    let reads = || {
        let mut reads = FakeReads::default();
        reads.files.expect_find().returning(|_, _| Ok(Some(file())));
        reads.tree.expect_version().returning(|_, _, number| Ok(Some(version(number.number()))));
        reads
    };
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads()).reads(reads());
    let versions = Versions::new(&doubles.ports(), &settings());
    for (number, blob) in [(3, a_file().blob), (1, version(1).blob)] {
        let number = VersionNumber::new(number);
        let url = versions.link(&actor(), file().id, number, Disposition::Attachment).await.unwrap();
        assert_eq!(PlainLinks::open(url.expose()).unwrap().target.key.id, blob);
    }
}
