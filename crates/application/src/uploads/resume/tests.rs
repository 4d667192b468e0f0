#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::fixture::actor;
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock as _;
use fm_domain::ids::FileId;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock, an_upload};
use fm_domain::uploads::{Epoch, Upload};

use super::*;
use crate::testing::settings;
use crate::uploads::fixture::{
    FakeStore, Rows, acquiring, begun_with, context, doubles, filing, reads_of, saving,
};

async fn resume(
    effects: &Effects,
    units: Vec<FakeUnitOfWork>,
    found: Option<Upload>,
) -> Result<Progress, ResumableError> {
    let store: Arc<dyn ResumableStore> = Arc::new(FakeStore::stepwise(effects));
    let context = context(effects, doubles(units, [reads_of(effects, found)]), &settings());
    ResumeUpload::new(&context, &store).run(&actor(), an_upload().id).await
}

#[tokio::test]
async fn an_unknown_upload_and_a_direct_one_are_not_found() {
    for found in [None, Some(Upload { transport: Transport::Direct, ..an_upload() })] {
        let outcome = resume(&Effects::default(), vec![], found).await;
        assert!(matches!(outcome, Err(ResumableError::NotFound)));
    }
}

#[tokio::test]
async fn an_upload_whose_time_is_over_has_expired() {
    for expired in [
        Upload { status: UploadStatus::Expired, ..an_upload() },
        Upload { expires_at: FixedClock::NEW_YEAR.now(), ..an_upload() },
    ] {
        let outcome = resume(&Effects::default(), vec![], Some(expired)).await;
        assert!(matches!(outcome, Err(ResumableError::Expired)));
    }
}

#[tokio::test]
async fn an_open_upload_goes_on_at_its_offset_and_a_complete_one_names_its_file() {
    let file = FileId::new(CountingIds::nth(7));
    for (status, offset, expected) in
        [(UploadStatus::Open, 3, None), (UploadStatus::Complete(file), 5, Some(file))]
    {
        let effects = Effects::default();
        let upload =
            Upload { status, offset: ByteSize::new(offset), metadata: "m".to_owned(), ..an_upload() };
        let progress = resume(&effects, vec![], Some(upload.clone())).await.unwrap();
        let Upload { id, length, expires_at, .. } = upload;
        let (offset, metadata) = (ByteSize::new(offset), "m".to_owned());
        assert_eq!(
            progress,
            Progress {
                id,
                offset,
                length,
                metadata,
                expires_at,
                file: expected,
                requested_name: None,
                moved_from: None
            }
        );
        assert_eq!(effects.seen(), ["look"]);
    }
}

#[tokio::test]
async fn a_whole_upload_that_its_request_left_behind_becomes_a_file() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let left = Upload { is_locked: true, epoch: Epoch::FIRST, ..begun_with(an_upload(), "hello") };
    let units =
        vec![acquiring(&effects, left.clone(), &rows), saving(&effects, &rows), filing(&effects, &rows)];
    let progress = resume(&effects, units, Some(left)).await.unwrap();
    assert_eq!(UploadStatus::Complete(progress.file.unwrap()), rows.last().status);
    assert_eq!(
        effects.seen(),
        [
            "look",
            "find",
            "update",
            "commit",
            "sync",
            "update",
            "commit",
            "complete at 5",
            "update",
            "mark stored",
            "enter",
            "insert",
            "commit"
        ]
    );
}
