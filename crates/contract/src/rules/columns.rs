//! USER, FILE and BLOBROW: counters at their ends, what a list looks for, sorts by and turns pages with, and both buckets.

use fm_domain::accounts::{Charge, ReserveBytes, StorageUse};
use fm_domain::blobs::{BlobIntent, BlobKey, ExpiredIntent};
use fm_domain::files::{
    File, FileFilter, FileName, FilePage, FileSort, SortOrder, ThumbnailState, TypeFilter,
};
use fm_domain::ids::BlobId;

use crate::fixture::database::{Given, given, newest, stored, stored_thumbnail};
use crate::fixture::tree::insert_apart;
use crate::fixture::{at, fill, uuid};
use crate::harness::DatabaseHarness;

use super::list::ids;

pub(crate) async fn user_19_a_charge_adds_before_it_stops_at_zero<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let id = given.owner().await;
    let mut unit = given.unit().await;
    let kept = Charge { add: fill::bytes(3), files_added: 1, ..Charge::default() };
    unit.users().charge(id, &kept, None).await.unwrap();
    // A counter that lags behind the files: what is freed is more than what it knows of.
    let swap = Charge {
        add: fill::bytes(5),
        free: fill::bytes(6),
        files_added: 2,
        files_removed: 2,
        ..Charge::default()
    };
    unit.users().charge(id, &swap, None).await.unwrap();
    unit.commit().await.unwrap();
    let expected =
        StorageUse { used: fill::bytes(2), reserved: fill::bytes(0), file_count: 1, ..StorageUse::default() };
    assert_eq!(given.account(id).await.unwrap().storage, expected, "3 + 5 − 6 bytes, and 1 + 2 − 2 files");
}

pub(crate) async fn user_20_amounts_that_no_counter_holds_are_refused<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let id = given.owner().await;
    let quota = Some(fill::bytes(10));
    let mut unit = given.unit().await;
    let kept = Charge { add: fill::bytes(3), files_added: 1, ..Charge::default() };
    unit.users().charge(id, &kept, quota).await.unwrap();
    unit.users().reserve(id, fill::bytes(2), quota).await.unwrap();
    // Around the largest number that a column of 64 bits with a sign holds.
    let largest = u64::MAX >> 1;
    for amount in [largest - 5, largest - 4, largest, largest + 1, u64::MAX] {
        let reserved = unit.users().reserve(id, fill::bytes(amount), quota).await;
        assert!(matches!(reserved, Err(ReserveBytes::QuotaExceeded)), "{amount} bytes: {reserved:?}");
        let charge = Charge { add: fill::bytes(amount), ..Charge::default() };
        let charged = unit.users().charge(id, &charge, quota).await;
        assert!(matches!(charged, Err(ReserveBytes::QuotaExceeded)), "{amount} bytes: {charged:?}");
    }
    unit.commit().await.unwrap();
    let expected =
        StorageUse { used: fill::bytes(3), reserved: fill::bytes(2), file_count: 1, ..StorageUse::default() };
    assert_eq!(given.account(id).await.unwrap().storage, expected, "what was refused changed nothing");
}

pub(super) fn named(text: &str) -> FileFilter {
    FileFilter { name_contains: Some(FileName::fold(text)), ..FileFilter::default() }
}

impl Given {
    /// Gives the file this name.
    async fn rename(&self, file: &File, name: &str) -> File {
        let renamed = File { name: fill::name(name), revision: file.revision.next(), ..file.clone() };
        let mut unit = self.unit().await;
        unit.files().update(&renamed, file.revision).await.unwrap();
        unit.commit().await.unwrap();
        renamed
    }
}

pub(crate) async fn file_21_a_renamed_file_is_found_and_sorted_by_its_new_name<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let first = given.file(owner, "Apple").await;
    let middle = given.file(owner, "Middle").await;
    let renamed = given.rename(&first, "Zebra ÄÖ").await;
    for text in ["apple", "APP"] {
        assert_eq!(given.list(owner, &named(text), &newest(10)).await, [], "by its old name, {text:?}");
    }
    for text in ["zebra", "äö"] {
        let found = given.list(owner, &named(text), &newest(10)).await;
        assert_eq!(found, std::slice::from_ref(&renamed), "by its new name, {text:?}");
    }
    for (order, expected) in
        [(SortOrder::Ascending, [middle.id, renamed.id]), (SortOrder::Descending, [renamed.id, middle.id])]
    {
        for limit in [1, 10] {
            let page = FilePage { sort: FileSort::Name, order, after: None, limit };
            let walked = ids(&given.walk_filtered(owner, &FileFilter::default(), page).await);
            assert_eq!(walked, expected, "{order:?} by {limit}");
        }
    }
}

pub(crate) async fn file_22_a_backslash_in_a_filter_is_a_character_like_any_other<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    for name in ["a_b", "100%", "plain", "n"] {
        given.file(owner, name).await;
    }
    // No name has one.
    for text in ["\\", "\\\\", "a\\_b", "100\\%", "p\\lain", "plain\\", "\\n", "\\%"] {
        assert_eq!(given.list(owner, &named(text), &newest(10)).await, [], "{text:?}");
    }
}

pub(crate) async fn file_23_pages_of_a_filtered_list_break_ties_by_id<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.inside(owner).await;
    let mut expected = Vec::new();
    for number in 0..14 {
        // All of one moment, one size and one name.
        let (name, media) = if number % 2 == 0 { ("wanted", "image/png") } else { ("other", "text/plain") };
        let blob = stored(&mut *unit, owner).await;
        let mut file = File { content_type: fill::media_type(media), ..fill::file(owner, blob, name) };
        insert_apart(&mut *unit, &mut file).await;
        if number % 2 == 0 {
            expected.push(file.id);
        }
    }
    unit.commit().await.unwrap();
    expected.sort();
    let png = TypeFilter::Exactly(fill::media_type("image/png"));
    let filters = [
        named("wanted"),
        FileFilter { content_type: Some(png), ..FileFilter::default() },
        FileFilter { content_type: Some(TypeFilter::Family("image".to_owned())), ..named("want") },
    ];
    for sort in [FileSort::CreatedAt, FileSort::Name, FileSort::Size] {
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            for filter in &filters {
                let page = FilePage { sort, order, after: None, limit: 3 };
                let walked = ids(&given.walk_filtered(owner, filter, page).await);
                assert_eq!(walked, expected, "{sort:?} {order:?} {filter:?}");
            }
            expected.reverse();
        }
    }
}

pub(crate) async fn file_24_an_update_takes_away_what_the_file_no_longer_has<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    for thumbnail in [ThumbnailState::None, ThumbnailState::Pending, ThumbnailState::Failed { times: 2 }] {
        let file = given.file(owner, thumbnail.as_str()).await;
        let mut unit = given.unit().await;
        let blob = stored_thumbnail(&mut *unit, owner).await;
        let placeholder = fill::placeholder(28);
        let ready = ThumbnailState::Ready { blob, width: 64, height: 48, placeholder };
        assert!(unit.files().set_thumbnail(file.id, file.blob, &ready).await.unwrap());
        unit.commit().await.unwrap();
        let mut unit = given.unit().await;
        let replaced = File {
            blob: stored(&mut *unit, owner).await,
            size: fill::bytes(0),
            sha256: None,
            thumbnail,
            revision: file.revision.next(),
            updated_at: at(9),
            ..file.clone()
        };
        unit.files().update(&replaced, file.revision).await.unwrap();
        unit.commit().await.unwrap();
        assert_eq!(given.stored(owner, file.id).await, Some(replaced.clone()), "to {thumbnail:?}");

        let mut unit = given.unit().await;
        assert!(unit.files().set_thumbnail(file.id, replaced.blob, &ready).await.unwrap());
        assert!(unit.files().set_thumbnail(file.id, replaced.blob, &thumbnail).await.unwrap());
        unit.commit().await.unwrap();
        assert_eq!(given.stored(owner, file.id).await, Some(replaced), "set to {thumbnail:?}");
    }
}

pub(crate) async fn blobrow_07_blobs_of_both_buckets_expire<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let intent = |key, owner, second| BlobIntent {
        key,
        reserved: fill::bytes(5),
        expires_at: at(second),
        ..fill::intent(owner)
    };
    let id = || BlobId::new(uuid());
    let file = intent(BlobKey::file(id()), owner, 10);
    let thumbnail = intent(BlobKey::thumbnail(id()), other, 20);
    let living = intent(BlobKey::thumbnail(id()), owner, 5_000);
    for intent in [&file, &thumbnail, &living] {
        given.intent(intent).await;
    }

    let count = given.read().await.blobs().count_sweepable(at(100), 10).await.unwrap();
    assert_eq!((count.expired, count.due), (2, 0), "a file and a thumbnail have expired");
    let mut unit = given.unit().await;
    let expired = unit.blobs().cancel_expired(at(100), 10).await.unwrap();
    let expected = [&file, &thumbnail].map(|intent| ExpiredIntent {
        key: intent.key,
        owner: intent.owner,
        reserved: intent.reserved,
    });
    assert_eq!(expired, expected, "each with its own owner");
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    let due = unit.blobs().due(at(100), 10).await.unwrap();
    let mut due: Vec<BlobKey> = due.into_iter().map(|tombstone| tombstone.key).collect();
    due.sort();
    let mut expected = [file.key, thumbnail.key];
    expected.sort();
    assert_eq!(due, expected);
    assert!(unit.blobs().cancel_intent(living.key.id, at(100)).await.unwrap(), "it has not expired");
    unit.rollback().await.unwrap();
}
