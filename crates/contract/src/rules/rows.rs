//! USER and FILE: large numbers, odd texts, exact limits, and rows that are written twice.

use std::time::Duration;

use fm_domain::accounts::{Charge, DisplayName, InsertUser, Kept, ReserveBytes, StorageUse, User};
use fm_domain::files::{File, FileFilter, FilePage, FileSort, PageKey, SortOrder, TypeFilter};
use fm_domain::ids::{FileId, UserId};

use crate::fixture::database::{Given, given, newest, stored};
use crate::fixture::tree::insert_apart;
use crate::fixture::{at, fill, uuid};
use crate::harness::DatabaseHarness;

/// Texts that parsers, collations and quoting get wrong: quotes, patterns, escapes, spaces at both ends, marks that
/// turn the direction of writing, joined emoji, characters beyond 16 bits.
const TEXTS: [&str; 8] = [
    "it's \"quoted\"; -- DROP",
    "100%_?*[a]",
    "back\u{2216}slash \\u0041 &amp; ${x} {0}",
    "  spaces  ",
    "\u{202E}\u{5E9}\u{5DC}\u{5D5}\u{5DD} \u{645}\u{631}\u{62D}\u{628}\u{627}",
    "👩\u{200D}👩\u{200D}👧 \u{1F1E9}\u{1F1EA}",
    "ＦＵＬＬ ß ẞ İ ı",
    "\u{10FFFD}\u{A0}e\u{323}\u{307}",
];

/// More than fits in 32 bits.
pub(super) const LARGE: u64 = (5 << 32) + 7;

impl Given {
    async fn use_of(&self, id: UserId) -> StorageUse {
        self.account(id).await.unwrap().storage
    }

    async fn charge(&self, id: UserId, charge: Charge, quota: Option<u64>) -> Result<(), ReserveBytes> {
        let mut unit = self.unit().await;
        let charged = unit.users().charge(id, &charge, quota.map(fill::bytes)).await;
        unit.commit().await.unwrap();
        charged
    }
}

pub(crate) async fn user_15_counters_hold_more_than_four_gibibytes<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let id = given.owner().await;
    let mut unit = given.unit().await;
    unit.users().reserve(id, fill::bytes(LARGE), Some(fill::bytes(LARGE))).await.unwrap();
    let one_more = unit.users().reserve(id, fill::bytes(1), Some(fill::bytes(LARGE))).await;
    assert!(matches!(one_more, Err(ReserveBytes::QuotaExceeded)), "{one_more:?}");
    unit.commit().await.unwrap();
    assert_eq!(given.use_of(id).await.reserved, fill::bytes(LARGE));

    let kept = Charge {
        unreserve: fill::bytes(LARGE - 2),
        add: fill::bytes(LARGE + 3),
        files_added: LARGE,
        ..Charge::default()
    };
    given.charge(id, kept, None).await.unwrap();
    let expected = StorageUse {
        used: fill::bytes(LARGE + 3),
        reserved: fill::bytes(2),
        file_count: LARGE,
        ..StorageUse::default()
    };
    assert_eq!(given.use_of(id).await, expected);
    let tallies = given.read().await.users().tally(None, 10).await.unwrap();
    assert_eq!(tallies[0].recorded, Kept { bytes: fill::bytes(LARGE + 3), files: LARGE });

    let freed = Charge { free: fill::bytes(LARGE), files_removed: LARGE - 1, ..Charge::default() };
    given.charge(id, freed, Some(0)).await.unwrap();
    let mut unit = given.unit().await;
    unit.users().unreserve(id, fill::bytes(1)).await.unwrap();
    unit.commit().await.unwrap();
    let expected =
        StorageUse { used: fill::bytes(3), reserved: fill::bytes(1), file_count: 1, ..StorageUse::default() };
    assert_eq!(given.use_of(id).await, expected);
}

pub(crate) async fn user_16_a_quota_is_filled_to_the_last_byte_and_not_beyond<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let id = given.owner().await;
    let add = |add, unreserve, free| Charge {
        add: fill::bytes(add),
        unreserve: fill::bytes(unreserve),
        free: fill::bytes(free),
        ..Charge::default()
    };
    given.charge(id, add(5, 0, 0), Some(5)).await.unwrap();
    let mut unit = given.unit().await;
    unit.users().reserve(id, fill::bytes(3), Some(fill::bytes(8))).await.unwrap();
    unit.commit().await.unwrap();
    // 5 are used, 3 are promised to others.
    let past = given.charge(id, add(3, 0, 0), Some(10)).await;
    assert!(matches!(past, Err(ReserveBytes::QuotaExceeded)), "what others reserved counts: {past:?}");
    given.charge(id, add(2, 0, 0), Some(10)).await.unwrap();
    let past = given.charge(id, add(4, 3, 0), Some(10)).await;
    assert!(matches!(past, Err(ReserveBytes::QuotaExceeded)), "it adds one more than it gives up: {past:?}");
    given.charge(id, add(3, 3, 0), Some(10)).await.unwrap();
    given.charge(id, add(4, 0, 4), Some(10)).await.unwrap();
    given.charge(id, add(6, 0, 6), Some(3)).await.unwrap();
    let expected = StorageUse { used: fill::bytes(10), ..StorageUse::default() };
    assert_eq!(given.use_of(id).await, expected);
}

pub(crate) async fn user_17_names_of_every_script_are_kept_and_touch_no_other_user<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (user, other) = (given.user().await, given.user().await);
    for text in TEXTS {
        let name = DisplayName::from_stored(text).unwrap();
        let mut unit = given.unit().await;
        assert!(unit.users().set_name(user.id, Some(name.clone())).await.unwrap());
        unit.commit().await.unwrap();
        assert_eq!(given.account(user.id).await.unwrap().user, User { name: Some(name), ..user.clone() });
    }
    let mut unit = given.unit().await;
    let hash = fill::user().password_hash;
    assert!(unit.users().set_password(user.id, &user.password_hash, &hash).await.unwrap());
    unit.users().reserve(user.id, fill::bytes(5), None).await.unwrap();
    let charge = Charge { add: fill::bytes(7), files_added: 1, ..Charge::default() };
    unit.users().charge(user.id, &charge, None).await.unwrap();
    unit.commit().await.unwrap();
    let unharmed = given.account(other.id).await.unwrap();
    assert_eq!((unharmed.user, unharmed.storage), (other, StorageUse::default()), "another user's account");
    let changed = given.account(user.id).await.unwrap();
    assert!(changed.user.password_hash == hash, "the new password");
    let expected =
        StorageUse { used: fill::bytes(7), reserved: fill::bytes(5), file_count: 1, ..StorageUse::default() };
    assert_eq!(changed.storage, expected);
}

pub(crate) async fn user_18_a_second_user_with_one_id_is_an_error_and_no_taken_address<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let user = given.user().await;
    let twin = User { id: user.id, ..fill::user() };
    let mut unit = given.unit().await;
    let inserted = unit.users().insert(&twin).await;
    assert!(matches!(inserted, Err(InsertUser::Store(_))), "{inserted:?}");
    drop(unit);
    assert_eq!(given.account(user.id).await.unwrap().user, user);
    assert_eq!(given.read().await.users().find_by_email(&twin.email).await.unwrap(), None);
}

pub(crate) async fn file_17_a_page_of_a_filtered_list_is_full_as_long_as_there_is_more<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.inside(owner).await;
    let mut expected = Vec::new();
    for number in 0_i64..30 {
        let matches = number % 5 == 0;
        let (name, content_type) = if matches { ("wanted", "image/png") } else { ("other", "text/plain") };
        let blob = stored(&mut *unit, owner).await;
        let mut file = File {
            content_type: fill::media_type(content_type),
            created_at: at(number),
            ..fill::file(owner, blob, name)
        };
        insert_apart(&mut *unit, &mut file).await;
        if matches {
            expected.push(file.id);
        }
    }
    unit.commit().await.unwrap();
    let by_name = FileFilter { name_contains: Some("wanted".to_owned()), ..FileFilter::default() };
    let family = Some(TypeFilter::Family("image".to_owned()));
    for filter in [by_name, FileFilter { content_type: family, ..FileFilter::default() }] {
        let mut page =
            FilePage { sort: FileSort::CreatedAt, order: SortOrder::Ascending, after: None, limit: 4 };
        let first = given.list(owner, &filter, &page).await;
        assert_eq!(first.iter().map(|file| file.id).collect::<Vec<_>>(), expected[..4], "{filter:?}");
        page.after = Some(PageKey::of(&first[3], FileSort::CreatedAt));
        let second = given.list(owner, &filter, &page).await;
        assert_eq!(second.iter().map(|file| file.id).collect::<Vec<_>>(), expected[4..], "{filter:?}");
    }
}

pub(crate) async fn file_18_files_a_microsecond_or_a_byte_apart_are_on_one_page_each<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.inside(owner).await;
    let mut expected = Vec::new();
    for number in 0..7 {
        let blob = stored(&mut *unit, owner).await;
        let file = File {
            created_at: at(0).plus(Duration::from_micros(number)),
            size: fill::bytes((1 << 53) + number),
            ..fill::file(owner, blob, &format!("name {number}"))
        };
        expected.push(file.id);
        unit.nodes().insert(&file.into()).await.unwrap();
    }
    unit.commit().await.unwrap();
    for sort in [FileSort::CreatedAt, FileSort::Size, FileSort::Name] {
        let mut page = FilePage { sort, order: SortOrder::Ascending, after: None, limit: 1 };
        let mut walked = Vec::new();
        while let [file] = given.list(owner, &FileFilter::default(), &page).await.as_slice() {
            page.after = Some(PageKey::of(file, sort));
            walked.push(file.id);
            assert!(walked.len() <= expected.len(), "the list by {sort:?} repeats itself");
        }
        assert_eq!(walked, expected, "{sort:?}");
    }
}

pub(crate) async fn file_19_names_of_every_script_are_kept_found_and_sorted<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut files = Vec::new();
    for text in TEXTS {
        let name: String = text.chars().filter(|character| *character != '\\').collect();
        let file = given.file(owner, &name).await;
        assert_eq!(given.stored(owner, file.id).await.as_ref(), Some(&file), "{text:?}");
        let filter = FileFilter { name_contains: Some(file.name.search_key()), ..FileFilter::default() };
        let found = given.list(owner, &filter, &newest(10)).await;
        assert_eq!(found, std::slice::from_ref(&file), "{text:?} is found by its whole name");
        files.push(file);
    }
    files.sort_by_key(|file| file.name.sort_key());
    let page = FilePage { sort: FileSort::Name, order: SortOrder::Ascending, after: None, limit: 100 };
    assert_eq!(given.list(owner, &FileFilter::default(), &page).await, files);
    let owner = given.owner().await;
    let mut renamed = given.file(owner, "before").await;
    for text in TEXTS {
        let name: String = text.chars().filter(|character| *character != '\\').collect();
        let next = File { name: fill::name(&name), revision: renamed.revision.next(), ..renamed.clone() };
        let mut unit = given.unit().await;
        unit.files().update(&next, renamed.revision).await.unwrap();
        unit.commit().await.unwrap();
        assert_eq!(given.stored(owner, next.id).await.as_ref(), Some(&next), "renamed to {text:?}");
        renamed = next;
    }
}

pub(crate) async fn file_20_a_change_of_one_file_leaves_every_other_as_it_is<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    // Two files of one blob: what is said of one is not said of the other.
    let file = given.file(owner, "changed").await;
    let twin = File { id: FileId::new(uuid()), name: fill::name("twin"), sha256: None, ..file.clone() };
    let mut unit = given.inside(owner).await;
    let blob = stored(&mut *unit, owner).await;
    let twin = File { blob, ..twin };
    unit.nodes().insert(&twin.clone().into()).await.unwrap();
    let failed = fm_domain::files::ThumbnailState::Failed { times: 1 };
    assert!(unit.files().set_thumbnail(file.id, file.blob, &failed).await.unwrap());
    let changed =
        File { thumbnail: failed, revision: file.revision.next(), name: fill::name("new"), ..file.clone() };
    unit.files().update(&changed, file.revision).await.unwrap();
    let hash = fm_domain::files::Sha256::new([3; 32]);
    assert!(!unit.files().set_sha256(file.id, file.blob, hash, None).await.unwrap());
    unit.commit().await.unwrap();
    assert_eq!(given.stored(owner, twin.id).await, Some(twin));
    assert_eq!(given.stored(owner, file.id).await, Some(changed));
}
