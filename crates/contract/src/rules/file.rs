//! FILE: files one by one.

use std::time::Duration;

use fm_domain::access::{Access, Right};
use fm_domain::files::{Charset, File, FileFilter, Revision, Sha256, ThumbnailState, UpdateFile};
use fm_domain::ids::{BlobId, FileId};
use fm_domain::tree::Delta;

use crate::fixture::database::{given, newest, stored, stored_thumbnail};
use crate::fixture::tree::insert_apart;
use crate::fixture::{access_of, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

pub(crate) async fn file_02_a_stale_revision_is_refused<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let file = given.file(owner, "first").await;
    let second = File { name: fill::name("second"), revision: Revision::new(2), ..file.clone() };
    let third = File { name: fill::name("third"), revision: Revision::new(2), ..file.clone() };

    let mut unit = given.unit().await;
    unit.files().update(&second, Revision::FIRST).await.unwrap();
    let stale = unit.files().update(&third, Revision::FIRST).await;
    assert!(matches!(stale, Err(UpdateFile::Stale)), "{stale:?}");
    let unknown = File { id: FileId::new(uuid()), ..third };
    let gone = unit.files().update(&unknown, Revision::FIRST).await;
    assert!(matches!(gone, Err(UpdateFile::Stale)), "{gone:?}");
    unit.commit().await.unwrap();
    assert_eq!(given.stored(owner, file.id).await, Some(second), "the refused update changed nothing");
}

pub(crate) async fn file_03_another_owners_file_is_answered_like_none<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let file = given.file(owner, "mine").await;

    assert_eq!(given.stored(other, file.id).await, None);
    assert_eq!(given.list(other, &FileFilter::default(), &newest(10)).await, []);
    let mut unit = given.unit().await;
    assert_eq!(unit.files().find_for_update(&access_of(other), file.id).await.unwrap(), None);
    assert_eq!(unit.files().remove(&access_of(other), file.id).await.unwrap(), None);
    for right in Right::ALL {
        let own = unit.files().find_for_update(&Access::on_behalf_of(owner, right), file.id).await.unwrap();
        assert_eq!(own.as_ref(), Some(&file), "owners have the right to {}", right.name());
    }
    let stolen = File { owner: other, ..file.clone() };
    let refused = unit.files().update(&stolen, file.revision).await;
    assert!(matches!(refused, Err(UpdateFile::Stale)), "{refused:?}");
    unit.commit().await.unwrap();
    assert_eq!(given.stored(owner, file.id).await, Some(file), "it is as it was");
}

pub(crate) async fn file_04_a_file_is_read_back_as_written<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let thumbnail = stored_thumbnail(&mut *unit, owner).await;
    let plain = fill::file(owner, stored(&mut *unit, owner).await, "plain.txt");
    let empty =
        File { size: fill::bytes(0), sha256: None, thumbnail: ThumbnailState::Pending, ..plain.clone() };
    let large = File {
        size: fill::bytes(5 << 40),
        thumbnail: ThumbnailState::Failed { times: 70_000 },
        ..plain.clone()
    };
    let full = File {
        name: fill::name(&format!("{} 'ÿ\u{10FFFD}%_;--\u{202e}\u{200b}.png", "名".repeat(235))),
        content_type: fill::media_type("image/vnd.microsoft.icon"),
        thumbnail: ThumbnailState::Ready {
            blob: thumbnail,
            width: 64,
            height: 4096,
            placeholder: fill::placeholder(28),
        },
        revision: Revision::new(1 << 40),
        created_at: at(0).plus(Duration::from_micros(1)),
        updated_at: at(1).plus(Duration::from_micros(999_999)),
        ..plain.clone()
    };
    let read_as = File { content_type: fill::media_type("text/csv; charset=windows-1252"), ..plain.clone() };
    let mut files = Vec::new();
    unit.drives().enter(fill::drive(owner), &Delta::default(), None).await.unwrap();
    for file in [plain, empty, large, full, read_as] {
        let blob = stored(&mut *unit, owner).await;
        let mut file = File { id: FileId::new(uuid()), blob, ..file };
        insert_apart(&mut *unit, &mut file).await;
        files.push(file);
    }
    unit.commit().await.unwrap();

    for file in files {
        assert_eq!(given.stored(owner, file.id).await.as_ref(), Some(&file));
        let mut unit = given.unit().await;
        assert_eq!(unit.files().find_for_update(&access_of(owner), file.id).await.unwrap(), Some(file));
        unit.rollback().await.unwrap();
    }
    assert_eq!(given.stored(owner, FileId::new(uuid())).await, None, "an unknown id");
}

pub(crate) async fn file_05_an_update_replaces_all_but_id_owner_and_creation<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let file = given.file(owner, "before").await;

    let mut unit = given.unit().await;
    let blob = stored(&mut *unit, owner).await;
    let thumbnail = stored_thumbnail(&mut *unit, owner).await;
    let changed = File {
        name: fill::name("after.png"),
        content_type: fill::media_type("image/png"),
        size: fill::bytes(99),
        sha256: None,
        blob,
        thumbnail: ThumbnailState::Ready {
            blob: thumbnail,
            width: 1,
            height: 2,
            placeholder: fill::placeholder(1),
        },
        revision: file.revision.next(),
        created_at: at(500),
        updated_at: at(500),
        ..file.clone()
    };
    unit.files().update(&changed, file.revision).await.unwrap();
    unit.commit().await.unwrap();
    let expected = File { created_at: file.created_at, ..changed };
    assert_eq!(given.stored(owner, file.id).await.as_ref(), Some(&expected));
    assert_eq!(given.list(owner, &FileFilter::default(), &newest(10)).await, [expected]);
}

pub(crate) async fn file_06_a_thumbnail_is_set_only_while_the_file_points_to_its_blob<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let file = given.file(owner, "picture").await;

    let mut unit = given.unit().await;
    let blob = stored_thumbnail(&mut *unit, owner).await;
    let ready = ThumbnailState::Ready { blob, width: 64, height: 48, placeholder: fill::placeholder(21) };
    assert!(unit.files().set_thumbnail(file.id, file.blob, &ready).await.unwrap());
    let other = BlobId::new(uuid());
    assert!(
        !unit.files().set_thumbnail(file.id, other, &ThumbnailState::Failed { times: 1 }).await.unwrap(),
        "another blob"
    );
    let unknown = FileId::new(uuid());
    assert!(
        !unit.files().set_thumbnail(unknown, file.blob, &ThumbnailState::Failed { times: 1 }).await.unwrap(),
        "no such file"
    );
    unit.commit().await.unwrap();
    let expected = File { thumbnail: ready, ..file.clone() };
    assert_eq!(
        given.stored(owner, file.id).await,
        Some(expected),
        "nothing else, and not the revision, has changed"
    );
}

pub(crate) async fn file_07_a_removed_file_is_given_once<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let (file, kept) = (given.file(owner, "gone").await, given.file(owner, "kept").await);

    let mut unit = given.unit().await;
    assert_eq!(unit.files().remove(&access_of(owner), file.id).await.unwrap().as_ref(), Some(&file));
    assert_eq!(unit.files().remove(&access_of(owner), file.id).await.unwrap(), None);
    unit.commit().await.unwrap();
    assert_eq!(given.stored(owner, file.id).await, None);
    assert_eq!(given.list(owner, &FileFilter::default(), &newest(10)).await, [kept]);
}

pub(crate) async fn file_08_of_units_that_edit_one_revision_one_succeeds<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let file = given.file(owner, "contested").await;
    let edited = File { revision: file.revision.next(), ..file.clone() };
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (given, edited, seen) = (given.clone(), edited.clone(), file.revision);
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    let edited = edited.clone();
                    Box::pin(async move {
                        match unit.files().update(&edited, seen).await {
                            Ok(()) => Ok(1),
                            Err(UpdateFile::Stale) => Ok(0),
                            Err(UpdateFile::Store(error)) => Err(error),
                        }
                    })
                })
                .await
        });
    }
    let won: i32 = soon("six units on one file", units.join_all()).await.into_iter().sum();
    assert_eq!(won, 1, "how many edits of one revision succeeded");
}

pub(crate) async fn file_09_of_units_that_lock_one_file_each_sees_what_the_last_one_did<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let id = given.file(owner, "counter").await.id;
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let given = given.clone();
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    Box::pin(async move {
                        let file = unit.files().find_for_update(&access_of(owner), id).await?.unwrap();
                        tokio::task::yield_now().await;
                        let next = File { revision: file.revision.next(), ..file.clone() };
                        match unit.files().update(&next, file.revision).await {
                            Err(UpdateFile::Store(error)) => Err(error),
                            other => {
                                other.unwrap();
                                Ok(())
                            }
                        }
                    })
                })
                .await;
        });
    }
    soon("six units on one file", units.join_all()).await;
    assert_eq!(
        given.stored(owner, id).await.unwrap().revision,
        Revision::new(7),
        "no unit missed another's change"
    );
}

pub(crate) async fn file_14_a_hash_is_set_once_and_only_while_the_file_points_to_its_blob<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (first, second) = (Sha256::new([1; 32]), Sha256::new([2; 32]));
    let utf_8 = || Some(Charset::utf_8());

    let mut unit = given.inside(owner).await;
    let blob = stored(&mut *unit, owner).await;
    let file = File { sha256: None, ..fill::file(owner, blob, "unread") };
    unit.nodes().insert(&file.clone().into()).await.unwrap();
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    let (other, unknown) = (BlobId::new(uuid()), FileId::new(uuid()));
    assert!(!unit.files().set_sha256(file.id, other, first, None).await.unwrap(), "another blob");
    assert!(!unit.files().set_sha256(unknown, file.blob, first, None).await.unwrap(), "no such file");
    assert!(unit.files().set_sha256(file.id, file.blob, first, utf_8()).await.unwrap());
    assert!(!unit.files().set_sha256(file.id, file.blob, second, None).await.unwrap(), "it has one");
    unit.commit().await.unwrap();
    let content_type = file.content_type.clone().or_charset(utf_8());
    let expected = File { sha256: Some(first), content_type, ..file.clone() };
    assert_eq!(
        given.stored(owner, file.id).await,
        Some(expected.clone()),
        "nothing else, and not the revision, has changed"
    );
    let found = FileFilter { sha256: Some(first), ..FileFilter::default() };
    assert_eq!(given.list(owner, &found, &newest(10)).await.as_slice(), std::slice::from_ref(&expected));

    let revision = file.revision.next();
    let replaced = File { content_type: fill::media_type("text/plain"), revision, ..expected };
    let mut unit = given.unit().await;
    unit.files().update(&replaced, file.revision).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.stored(owner, file.id).await, Some(replaced), "the charset goes with the bytes");

    let content_type = fill::media_type("text/plain; charset=windows-1252");
    let mut unit = given.inside(owner).await;
    let blob = stored(&mut *unit, owner).await;
    let told = File { sha256: None, content_type, ..fill::file(owner, blob, "told") };
    unit.nodes().insert(&told.clone().into()).await.unwrap();
    assert!(unit.files().set_sha256(told.id, told.blob, first, utf_8()).await.unwrap());
    unit.commit().await.unwrap();
    let expected = File { sha256: Some(first), ..told.clone() };
    assert_eq!(given.stored(owner, told.id).await, Some(expected), "the charset that the client told stays");
}
