//! Pictures on their way to their jobs.

use super::{cancelling_intent, charging, doubles, recording_intent};
use crate::files::upload_file::{UploadCommand, UploadFile};
use crate::fixture::{
    FakeBlobs, actor, body, enqueued, handover, once, reads_of_account, sha256, unavailable,
};
use crate::jobs::MakeThumbnail;
use crate::ports::Ports;
use crate::testing::settings;
use fm_domain::blobs::MarkStored;
use fm_domain::body::ByteSize;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeUnitOfWork, an_account};

/// The job may begin before the answer to the commit is there.
#[tokio::test]
async fn a_picture_is_there_for_its_job_from_before_the_commit_on() {
    for is_early in [true, false] {
        let effects = Effects::default();
        let (handover, budget) = handover();
        let take = {
            let handover = handover.clone();
            move |blob| handover.take(blob, ByteSize::new(5), Some(sha256(b"hello")))
        };
        let early = take.clone();
        let mut second = charging(&effects);
        once!(effects, second.jobs.expect_enqueue(), "enqueue", |job| {
            let job: MakeThumbnail = enqueued(job);
            assert!(!is_early || early(job.blob) == Some("hello".into()));
            Ok(Enqueued::Added)
        });
        let doubles = doubles([recording_intent(&effects), second], true);
        let ports = Ports { handover, ..FakeBlobs::noting(&effects).among(doubles) };
        let command = UploadCommand::new(None, body(&["he", "llo"]));
        let file = UploadFile::new(&ports, &settings()).run(&actor(), command).await.unwrap().view.file;
        assert_eq!(take(file.blob), (!is_early).then(|| "hello".into()), "once");
        assert_eq!(budget.in_use().held, ByteSize::ZERO);
    }
}

/// Bytes that the store refused, and those whose unit failed.
#[tokio::test]
async fn a_picture_that_is_not_kept_is_not_handed_over() {
    for is_stored in [false, true] {
        let effects = Effects::default();
        let mut units = vec![recording_intent(&effects)];
        if is_stored {
            let mut second = FakeUnitOfWork::noting(&effects);
            once!(effects, second.blobs.expect_mark_stored(), "mark stored", |_, _| Err(
                MarkStored::NoIntent
            ));
            units.push(second);
        }
        units.push(cancelling_intent(&effects));
        let mut doubles = doubles(units, true);
        doubles.db = doubles.db.reads(reads_of_account(&effects, Some(an_account())));
        let blobs = if is_stored {
            FakeBlobs::noting(&effects)
        } else {
            FakeBlobs::refusing(&effects, unavailable())
        };
        let (handover, budget) = handover();
        let ports = Ports { handover: handover.clone(), ..blobs.among(doubles) };
        let command = UploadCommand::new(None, body(&["a"]));
        assert!(UploadFile::new(&ports, &settings()).run(&actor(), command).await.is_err());
        assert_eq!(budget.in_use().held, ByteSize::ZERO, "stored: {is_stored}");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_not_copied() {
    let effects = Effects::default();
    let (handover, budget) = handover();
    let doubles = doubles([recording_intent(&effects), charging(&effects)], false);
    let ports = Ports { handover, ..FakeBlobs::noting(&effects).among(doubles) };
    let command = UploadCommand::new(None, body(&["a"]));
    UploadFile::new(&ports, &settings()).run(&actor(), command).await.unwrap();
    assert_eq!(budget.in_use().held, ByteSize::ZERO);
}
