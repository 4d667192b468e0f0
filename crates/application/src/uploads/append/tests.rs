#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::audit::AuditAction;
use fm_domain::body::BodyError;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{FileId, NodeId};
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, an_upload};
use fm_domain::tree::Placing;
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use super::*;
use crate::fixture::{actor, by_ada, entered, noted, once, unavailable};
use crate::testing::settings;
use crate::tree::TreeError;
use crate::uploads::fixture::{
    FakeStore, Fault, Rows, acquired, acquiring, begun_with, context, doubles, filing, filing_afresh,
    finding, intent_cancelled, pieces, reads_of, recording_intent, saving,
};

async fn append(
    effects: &Effects,
    (units, reads): (Vec<FakeUnitOfWork>, Vec<FakeReads>),
    store: FakeStore,
    (offset, body): (u64, ByteStream),
) -> Result<Progress, ResumableError> {
    let store: Arc<dyn ResumableStore> = Arc::new(store);
    let offset = ByteSize::new(offset);
    let command = AppendCommand {
        upload: an_upload().id,
        offset,
        length: None,
        checksum: None,
        body,
        body_length: None,
    };
    let context = context(effects, doubles(units, reads), &settings());
    AppendToUpload::new(&context, &store).run(&actor(), command).await
}

/// Three of the five bytes are there.
fn half() -> Upload {
    begun_with(an_upload(), "hel")
}

fn never_ending() -> ByteStream {
    stream::pending().boxed()
}

#[tokio::test]
async fn an_upload_that_is_a_file_is_answered_and_its_body_not_read() {
    let effects = Effects::default();
    let file = FileId::new(CountingIds::nth(7));
    let complete = Upload { offset: ByteSize::new(5), status: UploadStatus::Complete(file), ..an_upload() };
    let units = vec![finding(&effects, Some(complete))];
    let store = FakeStore::stepwise(&effects);
    let progress = append(&effects, (units, vec![]), store, (5, never_ending())).await.unwrap();
    assert_eq!((progress.file, progress.offset), (Some(file), ByteSize::new(5)));
    assert_eq!(effects.seen(), ["find", "rollback"]);
}

#[tokio::test]
async fn a_body_that_is_not_the_last_moves_the_offset() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![acquiring(&effects, half(), &rows), saving(&effects, &rows)];
    let store = FakeStore::stepwise(&effects);
    let progress = append(&effects, (units, vec![]), store, (3, pieces(&["l"]))).await.unwrap();
    assert_eq!((progress.file, progress.offset), (None, ByteSize::new(4)));
    assert_eq!(
        effects.seen(),
        ["find", "update", "commit", "append l at 3", "sync", "update", "commit", "prune kept kept+1"]
    );
}

#[tokio::test]
async fn with_the_last_byte_the_file_exists() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![acquiring(&effects, half(), &rows), saving(&effects, &rows), filing(&effects, &rows)];
    let trail = units[2].audit.clone();
    let store = FakeStore::stepwise(&effects);
    let progress = append(&effects, (units, vec![]), store, (3, pieces(&["lo"]))).await.unwrap();
    let file = progress.file.map(FileId::uuid);
    assert_eq!(noted(&trail), [by_ada(AuditAction::FILE_UPLOADED, file)]);
    assert_eq!(progress.offset, ByteSize::new(5));
    assert_eq!(UploadStatus::Complete(progress.file.unwrap()), rows.last().status);
    assert_eq!(
        effects.seen()[3..],
        [
            "append the last lo at 3",
            "sync",
            "update",
            "commit",
            "prune kept kept+2",
            "complete at 5",
            "update",
            "mark stored",
            "enter",
            "insert",
            "commit"
        ]
    );
}

#[tokio::test]
async fn an_upload_of_one_chunk_is_a_file_without_begin_and_complete() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let upload = Upload { length: Some(ByteSize::new(4)), ..an_upload() };
    let units =
        vec![acquiring(&effects, upload, &rows), recording_intent(&effects), filing_afresh(&effects, &rows)];
    let store = FakeStore::stepwise(&effects);
    let progress = append(&effects, (units, vec![]), store, (0, pieces(&["abcd"]))).await.unwrap();
    assert_eq!(UploadStatus::Complete(progress.file.unwrap()), rows.last().status);
    assert_eq!(progress.offset, ByteSize::new(4));
    let seen = effects.seen();
    assert_eq!(seen[..6], ["find", "update", "commit", "record intent", "commit", "put abcd as text/plain"]);
    assert!(!seen.iter().any(|effect| effect.starts_with("begin") || effect.starts_with("complete")));
}

/// The bytes are all there: the next request completes it.
#[tokio::test]
async fn a_whole_upload_that_can_not_be_completed_stays_locked_and_whole() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![acquiring(&effects, half(), &rows), saving(&effects, &rows)];
    let store = FakeStore::stepwise(&effects).failing("complete", Fault::Unavailable);
    let outcome = append(&effects, (units, vec![]), store, (3, pieces(&["lo"]))).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))));
    assert!(rows.last().is_whole() && rows.last().is_locked);
    assert_eq!(effects.seen().last().unwrap(), "complete at 5");
}

#[tokio::test]
async fn a_release_that_fails_does_not_hide_why_the_body_was_refused() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut release = FakeUnitOfWork::noting(&effects);
    once!(effects, release.uploads.expect_update(), "release", |_, _| Err(unavailable().into()));
    let small = Upload { length: Some(ByteSize::new(4)), ..an_upload() };
    let units = vec![acquiring(&effects, small, &rows), release];
    let too_long = (0, pieces(&["abcde"]));
    let outcome = append(&effects, (units, vec![]), FakeStore::stepwise(&effects), too_long).await;
    assert!(matches!(outcome, Err(ResumableError::Body(BodyError::TooLarge { .. }))));
    assert_eq!(effects.seen()[3..], ["release", "drop"]);
}

/// Waits for a body that never comes, and looks at these uploads meanwhile; what it ends with, after how many seconds.
async fn wait(looks: Vec<PortResult<Option<Upload>>>) -> (ResumableError, u64) {
    let (effects, rows) = (Effects::default(), Rows::default());
    let reads = looks.into_iter().map(|found| match found {
        Ok(found) => reads_of(&effects, found),
        Err(error) => {
            let mut reads = FakeReads::default();
            let error = std::sync::Mutex::new(Some(error));
            once!(effects, reads.uploads.expect_find(), "look", |_, _| Err(error
                .lock()
                .unwrap()
                .take()
                .unwrap()));
            reads
        }
    });
    let (units, reads) = (vec![acquiring(&effects, an_upload(), &rows)], reads.collect());
    let started = Instant::now();
    let outcome = append(&effects, (units, reads), FakeStore::stepwise(&effects), (0, never_ending())).await;
    // What another request has is not released.
    assert!(effects.seen()[3..].iter().all(|effect| effect == "look"));
    (outcome.unwrap_err(), started.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_stuck_request_whose_upload_another_one_has_ends_within_two_seconds() {
    let other = Upload { epoch: acquired().epoch.next(), ..acquired() };
    let (error, seconds) = wait(vec![Ok(Some(other))]).await;
    assert!(matches!(error, ResumableError::TakenOver { .. }));
    assert_eq!(seconds, 2);
}

#[tokio::test(start_paused = true)]
async fn a_stuck_request_whose_upload_has_expired_or_is_gone_is_told_so() {
    let expired = Upload { status: UploadStatus::Expired, epoch: acquired().epoch.next(), ..acquired() };
    let (error, seconds) = wait(vec![Ok(Some(expired))]).await;
    assert!(matches!(error, ResumableError::Expired));
    assert_eq!(seconds, 2);
    let (error, _) = wait(vec![Ok(None)]).await;
    assert!(matches!(error, ResumableError::NotFound));
}

#[tokio::test(start_paused = true)]
async fn a_request_goes_on_while_the_upload_is_its_own_or_the_database_is_away() {
    let (error, seconds) = wait(vec![Ok(Some(acquired())), Err(unavailable()), Ok(None)]).await;
    assert!(matches!(error, ResumableError::NotFound));
    assert_eq!(seconds, 6);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_completes_its_upload_itself_is_not_taken_over() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![acquiring(&effects, half(), &rows), saving(&effects, &rows), filing(&effects, &rows)];
    let complete = Upload {
        status: UploadStatus::Complete(FileId::new(CountingIds::nth(1))),
        epoch: acquired().epoch.next(),
        ..acquired()
    };
    let store = FakeStore::stepwise(&effects).failing("complete", Fault::Pause(LOCK_POLL_INTERVAL * 3 / 2));
    let reads = vec![reads_of(&effects, Some(complete))];
    let progress = append(&effects, (units, reads), store, (3, pieces(&["lo"]))).await.unwrap();
    assert!(progress.file.is_some());
    assert_eq!(effects.seen()[8..10], ["complete at 5", "look"]);
}

/// The unit that removes an upload which this request has acquired.
fn removing(effects: &Effects, upload: Upload) -> FakeUnitOfWork {
    let acquired = Upload { epoch: acquired().epoch, is_locked: true, ..upload };
    let mut unit = intent_cancelled(effects, finding(effects, Some(acquired)));
    once!(effects, unit.uploads.expect_remove(), "remove", |_| Ok(true));
    unit
}

#[tokio::test]
async fn with_bytes_that_are_too_large_for_the_store_the_upload_is_gone() {
    let gone = ["find", "cancel intent", "enqueue", "remove", "commit"];
    for (call, body) in [("append", "l"), ("append", "lo")] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let units = vec![acquiring(&effects, half(), &rows), removing(&effects, half())];
        let store = FakeStore::stepwise(&effects).failing(call, Fault::TooLarge);
        let outcome = append(&effects, (units, vec![]), store, (3, pieces(&[body]))).await;
        assert!(matches!(outcome, Err(ResumableError::TooLargeForStore)), "{outcome:?}");
        assert_eq!(effects.seen()[4..], gone);
    }
    // A store may see only at the end how large the whole is.
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![acquiring(&effects, half(), &rows), saving(&effects, &rows), removing(&effects, half())];
    let store = FakeStore::stepwise(&effects).failing("complete", Fault::TooLarge);
    let outcome = append(&effects, (units, vec![]), store, (3, pieces(&["lo"]))).await;
    assert!(matches!(outcome, Err(ResumableError::TooLargeForStore)), "{outcome:?}");
    assert_eq!(
        effects.seen()[8..],
        ["complete at 5", "find", "cancel intent", "enqueue", "remove", "commit"]
    );
}

#[tokio::test]
async fn where_the_only_folder_that_its_client_wants_is_gone_the_upload_is_gone() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let folder = Some(NodeId::new(CountingIds::nth(70)));
    let strict = Placing { parent: folder, strict_parent: true, ..Placing::default() };
    let upload = Upload { placing: strict, ..half() };
    let mut refusing = saving(&effects, &rows);
    once!(effects, refusing.blobs.expect_mark_stored(), "mark stored", |_, _| Ok(()));
    once!(effects, refusing.drives.expect_enter(), "enter", |_, _, _| Ok(entered()));
    once!(effects, refusing.nodes.expect_find(), "no folder", |_, _| Ok(None));
    let units = vec![
        acquiring(&effects, upload.clone(), &rows),
        saving(&effects, &rows),
        refusing,
        removing(&effects, upload),
    ];
    let outcome =
        append(&effects, (units, vec![]), FakeStore::stepwise(&effects), (3, pieces(&["lo"]))).await;
    assert!(matches!(outcome, Err(ResumableError::Misplaced(TreeError::ParentTrashed))), "{outcome:?}");
    let seen = effects.seen();
    assert_eq!(seen[seen.len() - 7..seen.len() - 5], ["no folder", "rollback"]);
    assert_eq!(seen[seen.len() - 5..], ["find", "cancel intent", "enqueue", "remove", "commit"]);
}

#[tokio::test]
async fn an_upload_that_another_request_has_meanwhile_is_not_removed_as_too_large() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![acquiring(&effects, half(), &rows), finding(&effects, None)];
    let store = FakeStore::stepwise(&effects).failing("append", Fault::TooLarge);
    let outcome = append(&effects, (units, vec![]), store, (3, pieces(&["l"]))).await;
    assert!(matches!(outcome, Err(ResumableError::TakenOver { .. })), "{outcome:?}");
}
