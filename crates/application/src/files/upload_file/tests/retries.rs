//! Uploads whose idempotency key was used before.

use super::{charging, doubles, recording_intent, upload};
use crate::files::UploadError;
use crate::files::upload_file::Uploaded;
use crate::fixture::{FakeBlobs, body, once, reads_of_file, reads_of_quota, sha256};
use crate::testing::settings;
use fm_domain::idempotency::{Claimed, FinishedUpload};
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, a_file, an_account};

/// An upload of `a` as `hello.txt` whose key was used for `first`, what is read of that, and the units that come then.
async fn repeat(
    effects: &Effects,
    first: FinishedUpload,
    reads: impl IntoIterator<Item = FakeReads>,
    then: impl IntoIterator<Item = FakeUnitOfWork>,
) -> Result<Uploaded, UploadError> {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Done(first.clone())));
    let mut doubles = doubles([unit].into_iter().chain(then), false);
    for reads in reads {
        doubles.db = doubles.db.reads(reads);
    }
    upload(doubles, FakeBlobs::noting(effects), &settings(), Some("k"), body(&["a"])).await
}

/// The unit that frees the key of the first file.
fn freeing_key(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.keys.expect_free_file(), "free", |file| {
        assert_eq!(file, a_file().id);
        Ok(())
    });
    unit
}

fn first() -> FinishedUpload {
    FinishedUpload { file: a_file().id, name: "hello.txt".parse().unwrap(), sha256: sha256(b"a") }
}

#[tokio::test]
async fn a_retry_gets_the_first_file_and_stores_nothing() {
    let effects = Effects::default();
    let found = || reads_of_file(&effects, Some(a_file()));
    let kept = repeat(&effects, first(), [found(), found()], []).await.unwrap();
    assert!(!kept.fresh);
    assert_eq!(kept.view.file, a_file());
    assert_eq!(kept.path.as_deref(), Some("/hello.txt"));
    assert_eq!(effects.seen(), ["claim", "rollback", "find", "find"]);
}

#[tokio::test]
async fn a_key_used_for_another_name_or_content_is_a_conflict() {
    for other in [
        FinishedUpload { name: "other.txt".parse().unwrap(), ..first() },
        FinishedUpload { sha256: sha256(b"b"), ..first() },
    ] {
        let effects = Effects::default();
        let outcome = repeat(&effects, other, [reads_of_file(&effects, Some(a_file()))], []).await;
        assert!(matches!(outcome, Err(UploadError::KeyConflict)));
    }
}

#[tokio::test]
async fn a_retry_whose_first_file_was_put_into_the_trash_is_an_upload() {
    let effects = Effects::default();
    let mut recording = recording_intent(&effects);
    once!(effects, recording.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Held));
    let mut committing = charging(&effects);
    once!(effects, committing.keys.expect_finish(), "finish", |_, _, _| Ok(true));
    let reads = [reads_of_file(&effects, None), reads_of_quota(an_account())];
    let units = [freeing_key(&effects), recording, committing];
    let kept = Box::pin(repeat(&effects, first(), reads, units)).await.unwrap();
    assert!(kept.fresh);
    let seen = effects.seen();
    assert_eq!(seen[..5], ["claim", "rollback", "find", "free", "commit"]);
    assert_eq!(seen[5..9], ["claim", "record intent", "commit", "put files"]);
}

#[tokio::test]
async fn the_key_of_a_first_file_that_was_removed_while_the_retry_was_read_is_freed_for_the_next_one() {
    let effects = Effects::default();
    let reads = [reads_of_file(&effects, Some(a_file())), reads_of_file(&effects, None)];
    let outcome = repeat(&effects, first(), reads, [freeing_key(&effects)]).await;
    assert!(matches!(outcome, Err(UploadError::KeyBusy { .. })), "{outcome:?}");
    assert_eq!(effects.seen(), ["claim", "rollback", "find", "find", "free", "commit"]);
}
