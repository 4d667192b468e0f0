//! USER, FILE, KEY, UPLOAD and JOB: texts as long as they may be, and texts that are almost the same.

use fm_domain::accounts::{Email, InsertUser, PasswordHash, User};
use fm_domain::blobs::{PartTag, WrittenPart};
use fm_domain::files::{File, FileFilter, TypeFilter};
use fm_domain::idempotency::{Claimed, KeyClaim};
use fm_domain::ids::{BlobId, JobId};
use fm_domain::jobs::{Enqueued, NewJob};
use fm_domain::uploads::Upload;

use crate::fixture::database::{given, newest, stored};
use crate::fixture::{at, fill, uuid};
use crate::harness::DatabaseHarness;

use super::columns::named;

/// So many characters that differ from each other in the last one alone.
fn long(length: usize, last: char) -> String {
    "x".repeat(length - 1) + &last.to_string()
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

pub(crate) async fn user_21_addresses_and_hashes_as_long_as_they_may_be_are_kept_whole<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let domain = format!("{}.{}.{}.example", "a".repeat(60), "b".repeat(60), "c".repeat(58));
    let address = |last| fill::email(&format!("{}@{domain}", long(64, last)));
    let (first, second) = (long(200, 'p'), long(200, 'q'));
    let user = User { email: address('y'), password_hash: hash(&first), ..fill::user() };
    assert!(user.email.as_str().len() > 250, "{}", user.email.as_str().len());
    let neighbour = User { email: address('z'), ..fill::user() };
    let mut unit = given.unit().await;
    for user in [&user, &neighbour] {
        unit.users().insert(user).await.unwrap();
    }
    unit.commit().await.unwrap();
    for user in [&user, &neighbour] {
        let found = given.read().await.users().find_by_email(&user.email).await.unwrap().unwrap().user;
        assert_eq!((found.id, found.email.as_str()), (user.id, user.email.as_str()));
        assert!(found.password_hash == user.password_hash, "another hash");
    }
    let mut unit = given.unit().await;
    let other = unit.users().set_password(user.id, &hash(&second), &hash("new")).await.unwrap();
    assert!(!other, "a hash that differs in its last character is another");
    assert!(unit.users().set_password(user.id, &hash(&first), &hash(&second)).await.unwrap());
    unit.commit().await.unwrap();
    assert!(given.account(user.id).await.unwrap().user.password_hash == hash(&second), "another hash");
}

pub(crate) async fn user_22_addresses_that_differ_by_more_than_case_are_different<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let texts = [
        "jose@example.com",
        "jos\u{e9}@example.com",
        "jose+tag@example.com",
        "jo.se@example.com",
        "jo_se@example.com",
        "stra\u{df}e@example.com",
        "strasse@example.com",
        "jose@mail.example.com",
        "jose@example.co",
        // Stored before such addresses were refused.
        "jo\u{3164}se@example.com",
        "jo\u{115f}se@example.com",
    ];
    let email = |text: &str| Email::from_stored(text).unwrap();
    let users: Vec<User> = texts.iter().map(|text| User { email: email(text), ..fill::user() }).collect();
    let mut unit = given.unit().await;
    for user in &users {
        let inserted: Result<(), InsertUser> = unit.users().insert(user).await;
        assert!(inserted.is_ok(), "{}: {inserted:?}", user.email);
    }
    unit.commit().await.unwrap();
    for user in &users {
        let found = given.read().await.users().find_by_email(&user.email).await.unwrap();
        assert_eq!(found.map(|account| account.user.id), Some(user.id), "{}", user.email);
    }
    for unknown in ["joze@example.com", "jos\u{e8}@example.com", "jose%@example.com", "joXse@example.com"] {
        let found = given.read().await.users().find_by_email(&fill::email(unknown)).await.unwrap();
        assert_eq!(found, None, "{unknown}");
    }
}

pub(crate) async fn file_25_types_as_long_as_they_may_be_are_kept_and_told_apart<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut files = Vec::new();
    for last in ['y', 'z'] {
        let text = format!("text/{}; charset={}", long(250, last), long(40, 'c'));
        let mut unit = given.inside(owner).await;
        let blob = stored(&mut *unit, owner).await;
        let file = File {
            content_type: fill::media_type(&text),
            ..fill::file(owner, blob, &format!("typed {last}"))
        };
        unit.nodes().insert(&file.clone().into()).await.unwrap();
        unit.commit().await.unwrap();
        assert_eq!(given.stored(owner, file.id).await.as_ref(), Some(&file));
        files.push(file);
    }
    for file in &files {
        let exactly = Some(TypeFilter::Exactly(file.content_type.clone()));
        let filter = FileFilter { content_type: exactly, ..FileFilter::default() };
        assert_eq!(given.list(owner, &filter, &newest(10)).await, std::slice::from_ref(file));
    }
}

pub(crate) async fn file_26_a_name_is_found_by_its_own_letters_and_accents<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut ids = Vec::new();
    for name in ["caf\u{e9}", "cafe", "\u{c5}ngstr\u{f6}m", "full"] {
        ids.push(given.file(owner, name).await.id);
    }
    for (text, expected) in [
        ("cafe", vec![ids[1]]),
        ("caf\u{e9}", vec![ids[0]]),
        ("CAF\u{c9}", vec![ids[0]]),
        ("angstrom", vec![]),
        ("\u{e5}ngstr\u{f6}m", vec![ids[2]]),
        ("\u{ff46}ull", vec![]),
    ] {
        let found = given.list(owner, &named(text), &newest(10)).await;
        assert_eq!(found.iter().map(|file| file.id).collect::<Vec<_>>(), expected, "{text:?}");
    }
}

pub(crate) async fn key_17_every_character_of_a_long_key_counts<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let user = given.owner().await;
    let claim = |last| KeyClaim {
        user,
        key: long(255, last).parse().unwrap(),
        attempt: BlobId::new(uuid()),
        lease_until: at(60),
    };
    let mut unit = given.unit().await;
    for last in ['y', 'Y', 'z'] {
        let claimed = unit.keys().claim(&claim(last), at(0)).await.unwrap();
        assert_eq!(claimed, Claimed::Held, "the key that ends with {last}");
    }
    let running = unit.keys().claim(&claim('y'), at(1)).await.unwrap();
    assert_eq!(running, Claimed::Running { lease_until: at(60) }, "the same key again");
    unit.commit().await.unwrap();
}

pub(crate) async fn upload_20_long_tags_and_metadata_are_kept_whole<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let upload = given.upload(Upload { metadata: long(8 * 1024, 'z'), ..fill::upload(owner) }).await;
    let part = WrittenPart { tag: PartTag::new(format!("\"{}\"", long(500, 'z'))), ..fill::part(1, 5) };
    let mut unit = given.unit().await;
    unit.uploads().add_part(upload.id, &part).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.stored_upload(owner, upload.id).await.as_ref(), Some(&upload));
    let mut unit = given.unit().await;
    assert_eq!(unit.uploads().parts(upload.id).await.unwrap(), [part]);
    unit.rollback().await.unwrap();
}

pub(crate) async fn job_35_every_character_of_a_unique_name_counts<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let named = |last| NewJob {
        id: JobId::new(uuid()),
        unique: Some(format!("purge:{}", long(300, last))),
        ..fill::job()
    };
    let mut unit = given.unit().await;
    for last in ['y', 'Y', 'z', ' '] {
        let enqueued = unit.jobs().enqueue(&named(last)).await.unwrap();
        assert_eq!(enqueued, Enqueued::Added, "the name that ends with {last:?}");
    }
    assert_eq!(unit.jobs().enqueue(&named('y')).await.unwrap(), Enqueued::AlreadyThere, "the same again");
    unit.commit().await.unwrap();
    assert_eq!(given.living_jobs().await, 4);
}
