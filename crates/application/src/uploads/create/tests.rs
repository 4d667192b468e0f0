#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::access::Right;
use fm_domain::accounts::ReserveBytes;
use fm_domain::body::BodyError;
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::ids::DriveId;
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, FixedClock, an_upload};
use fm_domain::tree::Folder;

use super::*;
use crate::fixture::{access, lost_race, once, sha256, unavailable};
use crate::ports::Settings;
use crate::testing::settings;
use crate::uploads::fixture::{Rows, context, doubles, inserted, reads_of, with_quota};

fn draft() -> Draft {
    let upload = an_upload();
    Draft {
        owner: upload.owner,
        transport: upload.transport,
        key: None,
        name: upload.name,
        placing: upload.placing,
        length: upload.length,
        claimed_type: upload.claimed_type,
        promised: None,
        metadata: "filename aGVsbG8=".to_owned(),
    }
}

fn keyed() -> Draft {
    Draft { key: "k".parse().ok(), ..draft() }
}

/// The first unit, from the reservation on.
fn creating(effects: &Effects, mut unit: FakeUnitOfWork, rows: &Rows, reserved: u64) -> FakeUnitOfWork {
    once!(effects, unit.users.expect_reserve(), "reserve", |user, bytes, _| {
        assert_eq!((user, bytes), (an_upload().owner, ByteSize::new(reserved)));
        Ok(())
    });
    once!(effects, unit.uploads.expect_count_open(), "count open", |user| {
        assert_eq!(user, an_upload().owner);
        // One less than are allowed.
        Ok(settings().max_unfinished_uploads - 1)
    });
    once!(effects, unit.blobs.expect_record_intent(), "record intent", |intent| {
        let end = FixedClock::NEW_YEAR.now().plus(settings().upload_ttl);
        assert!(intent.expires_at > end, "the upload expires before its intent");
        // The upload itself gives the reservation back.
        assert_eq!(intent.reserved, ByteSize::ZERO);
        Ok(())
    });
    inserted(effects, unit, rows)
}

async fn create(
    effects: &Effects,
    (units, reads): (Vec<FakeUnitOfWork>, Vec<FakeReads>),
    settings: &Settings,
    draft: &Draft,
) -> Result<Created, ResumableError> {
    context(effects, doubles(units, reads), settings).create(&access(Right::Write), draft).await
}

#[tokio::test]
async fn the_key_the_length_the_intent_and_the_upload_are_one_unit() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.keys.expect_claim(), "claim", |claim, now| {
        assert_eq!((claim.user, claim.attempt), (an_upload().owner, BlobId::new(CountingIds::nth(2))));
        assert!(claim.lease_until > now.plus(settings().upload_ttl));
        Ok(Claimed::Held)
    });
    let units = vec![creating(&effects, unit, &rows, 5)];
    let created = create(&effects, (units, vec![]), &with_quota(9), &keyed()).await.unwrap();
    let expected = Upload {
        id: UploadId::new(CountingIds::nth(1)),
        blob: BlobId::new(CountingIds::nth(2)),
        key: keyed().key,
        metadata: keyed().metadata,
        reserved: ByteSize::new(5),
        // It is said to be a text, and not in which charset.
        charset_check: Some(CharsetCheck::default()),
        ..an_upload()
    };
    assert!(created.fresh);
    assert_eq!((&created.upload, rows.last()), (&expected, expected.clone()));
    assert_eq!(
        effects.seen(),
        ["claim", "reserve", "count open", "record intent", "insert upload", "commit"]
    );
}

#[tokio::test]
async fn a_known_length_is_reserved_whatever_the_quota_of_the_configuration_is() {
    for (settings, length) in [(settings(), Some(5)), (with_quota(9), Some(5)), (with_quota(9), None)] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let (length, reserved) = (length.map(ByteSize::new), length.unwrap_or(0));
        let units = vec![creating(&effects, FakeUnitOfWork::noting(&effects), &rows, reserved)];
        create(&effects, (units, vec![]), &settings, &Draft { length, ..draft() }).await.unwrap();
        assert_eq!((rows.last().reserved, rows.last().length), (ByteSize::new(reserved), length));
    }
}

#[tokio::test]
async fn an_upload_that_is_too_large_asks_the_database_nothing() {
    let effects = Effects::default();
    let small = Settings { max_resumable: ByteSize::new(4), ..settings() };
    let outcome = create(&effects, (vec![], vec![]), &small, &draft()).await;
    let limit = ByteSize::new(4);
    assert!(matches!(outcome, Err(ResumableError::Body(error)) if error == BodyError::TooLarge { limit }));
}

/// Creates an upload whose key another attempt holds, which made `found`.
async fn repeat(found: Option<Upload>, draft: &Draft) -> Result<Created, ResumableError> {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    let lease_until = FixedClock::NEW_YEAR.now();
    once!(effects, unit.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Running { lease_until }));
    once!(effects, unit.uploads.expect_find_by_key(), "find", |asked, _| {
        assert_eq!(*asked, access(Right::Write));
        Ok(found.clone())
    });
    let outcome = create(&effects, (vec![unit], vec![]), &settings(), draft).await;
    assert_eq!(effects.seen(), ["claim", "find", "rollback"]);
    outcome
}

#[tokio::test]
async fn a_repetition_with_the_same_key_finds_the_first_upload() {
    let first = Upload { offset: ByteSize::new(3), ..an_upload() };
    // A client may not know the length yet, or no longer.
    for length in [draft().length, None] {
        let created = repeat(Some(first.clone()), &Draft { length, ..keyed() }).await.unwrap();
        assert!(!created.fresh);
        assert_eq!(created.upload, first);
    }
}

#[tokio::test]
async fn a_key_that_was_used_for_another_upload_is_a_conflict() {
    let over = Upload { expires_at: FixedClock::NEW_YEAR.now(), ..an_upload() };
    for (found, draft) in [
        (None, keyed()),
        (Some(over), keyed()),
        (Some(an_upload()), Draft { name: "other.txt".parse().unwrap(), ..keyed() }),
        (Some(an_upload()), Draft { length: Some(ByteSize::new(6)), ..keyed() }),
        (Some(an_upload()), Draft { transport: Transport::Direct, ..keyed() }),
        (Some(an_upload()), Draft { promised: Some(sha256(b"a")), ..keyed() }),
    ] {
        let outcome = repeat(found, &draft).await;
        assert!(matches!(outcome, Err(ResumableError::KeyConflict)));
    }
}

#[tokio::test]
async fn an_upload_that_is_refused_for_its_owner_records_no_intent() {
    for (refusal, is_quota) in [(ReserveBytes::QuotaExceeded, true), (ReserveBytes::NoUser, false)] {
        let effects = Effects::default();
        let mut unit = FakeUnitOfWork::noting(&effects);
        let refusal = std::sync::Mutex::new(Some(refusal));
        once!(effects, unit.users.expect_reserve(), "reserve", |_, _, _| Err(refusal
            .lock()
            .unwrap()
            .take()
            .unwrap()));
        let outcome = create(&effects, (vec![unit], vec![]), &with_quota(4), &draft()).await;
        assert_eq!(matches!(outcome, Err(ResumableError::QuotaExceeded)), is_quota);
        assert_eq!(matches!(outcome, Err(ResumableError::Unauthenticated)), !is_quota);
        assert_eq!(effects.seen(), ["reserve", "rollback"]);
    }
}

#[tokio::test]
async fn an_owner_with_as_many_unfinished_uploads_as_are_allowed_begins_no_other() {
    for (open, is_refused) in [(0, false), (1, false), (2, true), (9, true)] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let mut unit = FakeUnitOfWork::noting(&effects);
        once!(effects, unit.users.expect_reserve(), "reserve", |_, _, _| Ok(()));
        once!(effects, unit.uploads.expect_count_open(), "count open", |_| Ok(open));
        if !is_refused {
            once!(effects, unit.blobs.expect_record_intent(), "record intent", |_| Ok(()));
            unit = inserted(&effects, unit, &rows);
        }
        let two = Settings { max_unfinished_uploads: 2, ..settings() };
        let outcome = create(&effects, (vec![unit], vec![]), &two, &draft()).await;
        assert_eq!(matches!(outcome, Err(ResumableError::TooManyUnfinished { limit: 2 })), is_refused);
        assert_eq!(outcome.is_ok(), !is_refused);
        // The user is locked before the uploads are counted, and a refusal undoes the reservation.
        let end = if is_refused { "rollback" } else { "commit" };
        assert_eq!(effects.seen()[..2], ["reserve", "count open"]);
        assert_eq!(effects.seen().last().map(String::as_str), Some(end));
    }
}

#[tokio::test]
async fn a_lost_answer_to_the_commit_is_read_back() {
    for found in [Some(an_upload()), None] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let unit = creating(&effects, FakeUnitOfWork::noting(&effects), &rows, 5);
        let case = (vec![unit.committing_with(unavailable())], vec![reads_of(&effects, found.clone())]);
        let outcome = create(&effects, case, &settings(), &draft()).await;
        assert_eq!(outcome.is_ok(), found.is_some());
        if let Err(error) = outcome {
            assert!(matches!(error, ResumableError::Store(PortError::Unavailable(_))));
        }
        assert_eq!(effects.seen()[4..], ["commit", "look"]);
    }
}

#[tokio::test]
async fn a_unit_that_lost_a_race_is_tried_again() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![
        creating(&effects, FakeUnitOfWork::noting(&effects), &rows, 5).committing_with(lost_race()),
        creating(&effects, FakeUnitOfWork::noting(&effects), &rows, 5),
    ];
    let created = create(&effects, (units, vec![]), &settings(), &draft()).await.unwrap();
    assert_eq!(rows.last(), created.upload);
    assert_eq!(rows.all().len(), 2);
}

/// Reads that find an item under the name that is asked for.
fn taken() -> FakeReads {
    let mut reads = FakeReads::default();
    reads.tree.expect_resolve().return_once(|_, _, _| Ok(Some(fm_domain::testing::a_file().into())));
    reads
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_before_any_bytes_unless_it_is_a_repetition() {
    let effects = Effects::default();
    let placing = Placing { on_conflict: fm_domain::tree::OnConflict::Fail, ..Placing::default() };
    let plain = Draft { placing: placing.clone(), ..draft() };
    let refused = create(&effects, (vec![], vec![taken()]), &settings(), &plain).await.err();
    assert!(matches!(refused, Some(ResumableError::Misplaced(TreeError::NameTaken { .. }))), "{refused:?}");
    assert_eq!(effects.seen(), [""; 0], "no unit was begun");

    let mut held = FakeUnitOfWork::noting(&effects);
    once!(effects, held.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Held));
    let keyed = Draft { placing: placing.clone(), ..keyed() };
    let refused = create(&effects, (vec![held], vec![taken()]), &settings(), &keyed).await.err();
    assert!(matches!(refused, Some(ResumableError::Misplaced(TreeError::NameTaken { .. }))), "{refused:?}");
    assert_eq!(effects.seen(), ["claim", "rollback"], "the key is free again");

    let mut again = FakeUnitOfWork::noting(&effects);
    let lease_until = FixedClock::NEW_YEAR.now();
    once!(effects, again.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Running { lease_until }));
    again.uploads.expect_find_by_key().return_once(move |_, _| Ok(Some(Upload { placing, ..an_upload() })));
    let found = create(&effects, (vec![again], vec![taken()]), &settings(), &keyed).await.unwrap();
    assert_eq!((found.upload.id, found.fresh), (an_upload().id, false));
}

#[tokio::test]
async fn a_repetition_into_another_folder_is_another_upload() {
    let effects = Effects::default();
    let mut again = FakeUnitOfWork::noting(&effects);
    let lease_until = FixedClock::NEW_YEAR.now();
    once!(effects, again.keys.expect_claim(), "claim", |_, _| Ok(Claimed::Running { lease_until }));
    again.uploads.expect_find_by_key().return_once(|_, _| Ok(Some(an_upload())));
    let parent = Some(fm_domain::ids::NodeId::new(CountingIds::nth(8)));
    let elsewhere = Draft { placing: Placing { parent, ..Placing::default() }, ..keyed() };
    let mut reads = FakeReads::default();
    let folder = Folder::root(DriveId::of_user(an_upload().owner), FixedClock::NEW_YEAR.now());
    reads.tree.expect_item().return_once(|_, _| Ok(Some(folder.into())));
    let refused = create(&effects, (vec![again], vec![reads]), &settings(), &elsewhere).await.err();
    assert!(matches!(refused, Some(ResumableError::KeyConflict)), "{refused:?}");
}
