#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ReplaceCommand, ReplaceContent};
use crate::files::{FileView, UploadBody, UploadError};
use crate::fixture::{
    FakeBlobs, access, actor, body, body_of, by_ada, entered, handover, noted, once, reads_of_file,
    reads_of_quota, unavailable,
};
use crate::ports::Ports;
use crate::testing::{TestPorts, settings};
use fm_domain::access::Right;
use fm_domain::audit::AuditAction;
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortError;
use fm_domain::files::{File, IfMatch, Revision, ThumbnailState, UpdateFile, VersionNumber};
use fm_domain::ids::BlobId;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, a_file, an_account};
use fm_domain::tree::{Delta, Item};
use futures_util::FutureExt as _;

fn recording_intent(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_record_intent(), "record intent", |_| Ok(()));
    unit
}

/// Unit 2 up to the file that it finds.
fn finding(effects: &Effects, file: Option<File>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_mark_stored(), "mark stored", |_, _| Ok(()));
    once!(effects, unit.drives.expect_enter(), "enter", |drive, delta, _| {
        assert_eq!((drive, *delta), (a_file().drive(), Delta::default()));
        Ok(entered())
    });
    once!(effects, unit.nodes.expect_find(), "look", |asked, _| {
        assert_eq!(*asked, access(Right::Write));
        Ok(file.clone().map(Item::from))
    });
    unit
}

/// Unit 2 of a file with a thumbnail.
fn switching(effects: &Effects) -> FakeUnitOfWork {
    let blob = BlobId::new(CountingIds::nth(77));
    let before = File {
        thumbnail: ThumbnailState::Ready { blob, width: 1, height: 1, placeholder: None },
        ..a_file()
    };
    let mut unit = finding(effects, Some(before));
    once!(effects, unit.files.expect_update(), "update", |after, seen| {
        assert_eq!((seen, after.revision), (Revision::FIRST, Revision::new(2)));
        assert_eq!(after.version, VersionNumber::new(2));
        Ok(())
    });
    once!(effects, unit.versions.expect_insert(), "version", |version| {
        assert_eq!((version.blob, version.number), (a_file().blob, VersionNumber::FIRST));
        Ok(())
    });
    unit.versions.expect_all().returning(|_| Ok(Vec::new()));
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, Delta { used: 3, versions: 5, ..Delta::default() });
        Ok(())
    });
    once!(effects, unit.blobs.expect_drop_references(), "drop thumbnail", |blobs, _| {
        assert_eq!(blobs, [blob]);
        Ok(vec![BlobKey::thumbnail(blob)])
    });
    let noted = effects.clone();
    unit.jobs.expect_enqueue().returning(move |job| {
        noted.note(job.kind.as_str());
        Ok(Enqueued::Added)
    });
    unit
}

fn cancelling_intent(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_cancel_intent(), "cancel intent", |_, _| Ok(true));
    unit
}

async fn replace(
    effects: &Effects,
    found: Option<File>,
    units: impl IntoIterator<Item = FakeUnitOfWork>,
    read_back: Option<FakeReads>,
    if_match: Option<IfMatch>,
    body: UploadBody,
) -> Result<FileView, UploadError> {
    let mut doubles = TestPorts::default();
    doubles.thumbnailer.expect_accepts().return_const(true);
    doubles.db = doubles.db.reads(reads_of_file(effects, found)).reads(reads_of_quota(an_account()));
    for unit in units {
        doubles.db = doubles.db.unit(unit);
    }
    if let Some(reads) = read_back {
        doubles.db = doubles.db.reads(reads);
    }
    let ports = FakeBlobs::noting(effects).among(doubles);
    let command = ReplaceCommand { file: a_file().id, if_match, modified_at: None, body };
    ReplaceContent::new(&ports, &settings()).run(&actor(), command).await
}

#[tokio::test]
async fn a_picture_is_there_for_its_job() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    doubles.thumbnailer.expect_accepts().return_const(true);
    doubles.db =
        doubles.db.reads(reads_of_file(&effects, Some(a_file()))).reads(reads_of_quota(an_account()));
    for unit in [recording_intent(&effects), switching(&effects)] {
        doubles.db = doubles.db.unit(unit);
    }
    let (handover, _budget) = handover();
    let ports = Ports { handover: handover.clone(), ..FakeBlobs::noting(&effects).among(doubles) };
    let modified_at = Some(Timestamp::from_unix_seconds(7));
    let command = ReplaceCommand { file: a_file().id, if_match: None, modified_at, body: body(&["new"]) };
    let file = ReplaceContent::new(&ports, &settings()).run(&actor(), command).await.unwrap().file;
    assert_eq!(Some(file.modified_at), modified_at, "the time of its client");
    assert_eq!(handover.take(file.blob, file.size, file.sha256), Some("new".into()));
}

/// A body that must not be read.
fn untouchable() -> UploadBody {
    use futures_util::StreamExt as _;
    body_of(futures_util::stream::poll_fn(|_| unreachable!("the body was read")).boxed())
}

#[tokio::test]
async fn the_pointer_switches_and_the_old_bytes_become_a_version_in_one_unit() {
    let effects = Effects::default();
    let units = [recording_intent(&effects), switching(&effects)];
    let trail = units[1].audit.clone();
    let if_match = Some(IfMatch::Revisions(vec![Revision::FIRST]));
    let nameless = UploadBody { end: async { Ok(None) }.boxed(), ..body(&["new"]) };
    let view = replace(&effects, Some(a_file()), units, None, if_match, nameless).await.unwrap();
    let file = view.file;
    assert_eq!(noted(&trail), [by_ada(AuditAction::FILE_REPLACED, Some(file.id.uuid()))]);
    assert_eq!((file.id, file.name.as_str(), file.size), (a_file().id, "hello.txt", ByteSize::new(3)));
    assert_eq!((file.revision, file.thumbnail), (Revision::new(2), ThumbnailState::Pending));
    assert_ne!(file.blob, a_file().blob);
    assert_eq!(
        effects.seen(),
        [
            "find",
            "record intent",
            "commit",
            "put files",
            "mark stored",
            "enter",
            "look",
            "update",
            "version",
            "charge",
            "make_thumbnail",
            "drop thumbnail",
            "purge_blob",
            "commit"
        ]
    );
}

#[tokio::test]
async fn a_missing_file_or_another_revision_is_refused_before_a_byte_is_read() {
    let effects = Effects::default();
    let outcome = replace(&effects, None, [], None, None, untouchable()).await;
    assert!(matches!(outcome, Err(UploadError::NotFound)));
    let other = Some(IfMatch::Revisions(vec![Revision::new(2)]));
    let outcome = replace(&effects, Some(a_file()), [], None, other, untouchable()).await;
    assert!(matches!(outcome, Err(UploadError::PreconditionFailed)));
    assert_eq!(effects.seen(), ["find", "find"]);
}

#[tokio::test]
async fn a_file_that_changed_during_the_transfer_keeps_its_content() {
    let later = File { revision: Revision::new(2), ..a_file() };
    for (now, gone) in [(Some(later), false), (None, true)] {
        let effects = Effects::default();
        let units = [recording_intent(&effects), finding(&effects, now), cancelling_intent(&effects)];
        let if_match = Some(IfMatch::Revisions(vec![Revision::FIRST]));
        let outcome = replace(&effects, Some(a_file()), units, None, if_match, body(&["new"])).await;
        assert_eq!(matches!(outcome, Err(UploadError::NotFound)), gone);
        assert_eq!(matches!(outcome, Err(UploadError::PreconditionFailed)), !gone);
        assert_eq!(
            effects.seen()[4..],
            ["mark stored", "enter", "look", "rollback", "cancel intent", "commit", "delete files"]
        );
    }
}

#[tokio::test]
async fn a_stale_update_switches_nothing() {
    let effects = Effects::default();
    let mut unit = finding(&effects, Some(a_file()));
    once!(effects, unit.files.expect_update(), "update", |_, _| Err(UpdateFile::Stale));
    let units = [recording_intent(&effects), unit, cancelling_intent(&effects)];
    let outcome = replace(&effects, Some(a_file()), units, None, None, body(&["new"])).await;
    assert!(matches!(outcome, Err(UploadError::PreconditionFailed)));
    assert_eq!(
        effects.seen()[4..],
        ["mark stored", "enter", "look", "update", "rollback", "cancel intent", "commit", "delete files"]
    );
}

#[tokio::test]
async fn a_lost_answer_to_the_commit_is_read_back() {
    // The first id of the source is the new blob's.
    let switched = File { blob: BlobId::new(CountingIds::nth(1)), ..a_file() };
    for (found, done) in [(switched, true), (a_file(), false)] {
        let effects = Effects::default();
        let lost = switching(&effects).committing_with(unavailable());
        let mut units = vec![recording_intent(&effects), lost];
        if !done {
            units.push(cancelling_intent(&effects));
        }
        let outcome = replace(
            &effects,
            Some(a_file()),
            units,
            Some(reads_of_file(&effects, Some(found))),
            None,
            body(&["new"]),
        )
        .await;
        assert_eq!(outcome.is_ok(), done);
        assert!(done || matches!(outcome, Err(UploadError::Store(PortError::Unavailable(_)))));
    }
}
