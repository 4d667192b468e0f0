//! FILE: lists of files.

use std::collections::BTreeSet;

use fm_domain::files::{
    File, FileFilter, FileName, FilePage, FileSort, PageKey, Sha256, SortOrder, TypeFilter,
};
use fm_domain::ids::{FileId, NodeId, UserId};
use fm_domain::tree::Delta;

use crate::fixture::database::{Given, given, newest, stored};
use crate::fixture::tree::insert_apart;
use crate::fixture::{access_of, at, fill, uuid};
use crate::harness::DatabaseHarness;

const SORTS: [FileSort; 3] = [FileSort::CreatedAt, FileSort::Name, FileSort::Size];
const ORDERS: [SortOrder; 2] = [SortOrder::Ascending, SortOrder::Descending];

/// Names whose order differs between code points, UTF-16, bytes of other encodings and the collations of languages.
const NAMES: [&str; 12] = [
    "Zebra",
    "apple",
    "Apple",
    "äpfel",
    "zebra2",
    "_under",
    "10",
    "9",
    "\u{FF21}full",
    "🦀crab",
    "a b",
    "ab",
];

impl Given {
    /// Adds files to the owner's in one unit.
    async fn add(&self, files: &mut [File]) {
        let mut unit = self.unit().await;
        let owners: BTreeSet<UserId> = files.iter().map(|file| file.owner).collect();
        for owner in owners {
            unit.drives().enter(fill::drive(owner), &Delta::default(), None).await.unwrap();
        }
        for file in files {
            file.blob = stored(&mut *unit, file.owner).await;
            insert_apart(&mut *unit, file).await;
        }
        unit.commit().await.unwrap();
    }

    /// Everything, page by page.
    async fn walk(&self, owner: UserId, sort: FileSort, order: SortOrder, limit: u32) -> Vec<File> {
        let page = FilePage { sort, order, after: None, limit };
        self.walk_filtered(owner, &FileFilter::default(), page).await
    }

    /// All that the filter lets through, page by page.
    pub(super) async fn walk_filtered(
        &self,
        owner: UserId,
        filter: &FileFilter,
        mut page: FilePage,
    ) -> Vec<File> {
        let mut all = Vec::new();
        loop {
            let files = self.list(owner, filter, &page).await;
            assert!(
                files.len() <= page.limit as usize,
                "a page of {} files, {} at most",
                files.len(),
                page.limit
            );
            let Some(last) = files.last() else { return all };
            page.after = Some(PageKey::of(last, page.sort));
            all.extend(files);
            assert!(all.len() < 1000, "the list has no end");
        }
    }
}

/// Files with every name, twice, and with times and sizes that repeat.
fn many(owner: UserId) -> Vec<File> {
    let names = NAMES.iter().chain(&NAMES).enumerate();
    names
        .map(|(number, name)| {
            let number = u64::try_from(number).unwrap();
            File {
                size: fill::bytes([0, 10, 9, 1 << 40][usize::try_from(number % 4).unwrap()]),
                created_at: at(i64::try_from(number % 5).unwrap()),
                ..fill::file(owner, fm_domain::ids::BlobId::new(uuid()), name)
            }
        })
        .collect()
}

fn sorted(mut files: Vec<File>, sort: FileSort, order: SortOrder) -> Vec<FileId> {
    files.sort_by(|left, right| match sort {
        FileSort::CreatedAt => (left.created_at, left.id).cmp(&(right.created_at, right.id)),
        FileSort::Name => (left.name.sort_key(), left.id).cmp(&(right.name.sort_key(), right.id)),
        FileSort::Size => (left.size, left.id).cmp(&(right.size, right.id)),
    });
    if order == SortOrder::Descending {
        files.reverse();
    }
    ids(&files)
}

pub(super) fn ids(files: &[File]) -> Vec<FileId> {
    files.iter().map(|file| file.id).collect()
}

pub(crate) async fn file_01_pages_neither_skip_nor_repeat_while_files_come_and_go<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut old: Vec<File> = (0..12)
        .map(|number| File {
            created_at: at(number * 10),
            ..fill::file(owner, fm_domain::ids::BlobId::new(uuid()), &format!("old {number}"))
        })
        .collect();
    given.add(&mut old).await;

    let mut page = newest(3);
    let mut seen = Vec::new();
    for round in 0_i64.. {
        let files = given.list(owner, &FileFilter::default(), &page).await;
        let Some(last) = files.last() else { break };
        page.after = Some(PageKey::of(last, FileSort::CreatedAt));
        // One comes before the place of the reader, and the last one read goes.
        let mut unit = given.inside(owner).await;
        let blob = stored(&mut *unit, owner).await;
        let new = File { created_at: at(1000 + round), ..fill::file(owner, blob, &format!("new {round}")) };
        unit.nodes().insert(&new.into()).await.unwrap();
        unit.files().remove(&access_of(owner), last.id).await.unwrap().unwrap();
        unit.commit().await.unwrap();
        seen.extend(ids(&files));
        assert!(round < 10, "the list has no end");
    }
    assert_eq!(seen, sorted(old, FileSort::CreatedAt, SortOrder::Descending));
}

pub(crate) async fn file_10_lists_are_in_order_with_ties_by_id<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let mut files = many(owner);
    given.add(&mut files).await;
    given.add(&mut many(other)[..3]).await;
    for sort in SORTS {
        for order in ORDERS {
            let page = FilePage { sort, order, after: None, limit: 200 };
            let listed = given.list(owner, &FileFilter::default(), &page).await;
            assert_eq!(ids(&listed), sorted(files.clone(), sort, order), "{sort:?} {order:?}");
        }
    }
    assert_eq!(given.list(owner, &FileFilter::default(), &newest(200)).await.len(), files.len());
}

pub(crate) async fn file_11_pages_of_any_size_and_order_give_the_whole_list<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut files = many(owner);
    given.add(&mut files).await;
    for sort in SORTS {
        for order in ORDERS {
            for limit in [1, 5, 24] {
                let listed = given.walk(owner, sort, order, limit).await;
                assert_eq!(ids(&listed), sorted(files.clone(), sort, order), "{sort:?} {order:?} by {limit}");
            }
        }
    }
}

/// The names that are found in the owner's list, oldest first.
async fn found(given: &Given, owner: UserId, filter: FileFilter) -> Vec<String> {
    let page = FilePage { sort: FileSort::CreatedAt, order: SortOrder::Ascending, after: None, limit: 200 };
    let files = given.list(owner, &filter, &page).await;
    files.into_iter().map(|file| file.name.as_str().to_owned()).collect()
}

fn part(text: &str) -> FileFilter {
    FileFilter { name_contains: Some(FileName::fold(text)), ..FileFilter::default() }
}

pub(crate) async fn file_12_a_part_of_a_name_is_found_literally_in_any_case_of_any_script<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let names = ["100%.txt", "100x.txt", "a_b", "aXb", "Straße", "ΣΊΣΥΦΟΣ", "cafe\u{301}", "[x]*?", "it's"];
    let mut files: Vec<File> = names
        .iter()
        .zip(0..)
        .map(|(name, number)| File {
            created_at: at(number),
            ..fill::file(owner, fm_domain::ids::BlobId::new(uuid()), name)
        })
        .collect();
    given.add(&mut files).await;

    for (text, expected) in [
        ("0%", vec!["100%.txt"]),
        ("A_B", vec!["a_b"]),
        ("STRASSE", vec!["Straße"]),
        ("σίσυφος", vec!["ΣΊΣΥΦΟΣ"]),
        ("CAFÉ", vec!["café"]),
        ("]*?", vec!["[x]*?"]),
        ("T'S", vec!["it's"]),
        (".TXT", vec!["100%.txt", "100x.txt"]),
        ("%", vec!["100%.txt"]),
        ("nowhere", vec![]),
    ] {
        assert_eq!(found(&given, owner, part(text)).await, expected, "{text:?}");
    }
}

pub(crate) async fn file_13_all_that_a_filter_names_must_match<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let hash = Sha256::new([9; 32]);
    let facts = [
        ("a", "image/png", None),
        ("b", "image/jpeg", Some(hash)),
        ("c", "imagex/png", None),
        ("ab", "image/png", Some(hash)),
        ("d", "text/plain; charset=utf-8", None),
    ];
    let mut files: Vec<File> = facts
        .into_iter()
        .zip(0..)
        .map(|((name, content_type, sha256), number)| File {
            content_type: fill::media_type(content_type),
            sha256,
            created_at: at(number),
            ..fill::file(owner, fm_domain::ids::BlobId::new(uuid()), name)
        })
        .collect();
    given.add(&mut files).await;

    let png = || Some(TypeFilter::Exactly(fill::media_type("image/png")));
    let family = |name: &str| Some(TypeFilter::Family(name.to_owned()));
    let of = |content_type| FileFilter { content_type, ..FileFilter::default() };
    let with_hash = FileFilter { sha256: Some(hash), ..FileFilter::default() };
    assert_eq!(found(&given, owner, FileFilter::default()).await, ["a", "b", "c", "ab", "d"]);
    assert_eq!(found(&given, owner, of(png())).await, ["a", "ab"]);
    for text in ["text/plain", "text/plain; charset=utf-16"] {
        let text = Some(TypeFilter::Exactly(fill::media_type(text)));
        assert_eq!(found(&given, owner, of(text)).await, ["d"], "the charset is no part of the type");
    }
    assert_eq!(found(&given, owner, of(family("image"))).await, ["a", "b", "ab"]);
    assert_eq!(found(&given, owner, of(family("imag_"))).await, [""; 0], "a family is literal");
    assert_eq!(found(&given, owner, with_hash.clone()).await, ["b", "ab"]);
    assert_eq!(found(&given, owner, FileFilter { content_type: png(), ..with_hash.clone() }).await, ["ab"]);
    assert_eq!(
        found(&given, owner, FileFilter { content_type: png(), sha256: Some(hash), ..part("B") }).await,
        ["ab"]
    );
    assert_eq!(
        found(&given, owner, FileFilter { sha256: Some(Sha256::new([8; 32])), ..part("a") }).await,
        [""; 0]
    );
}

pub(crate) async fn file_29_files_are_listed_by_their_folder_and_the_time_of_their_content<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let folder = given.folder(owner, fill::root(owner), "folder").await.id;
    let below = given.folder(owner, folder, "below").await.id;
    let mut unit = given.inside(owner).await;
    for (parent, name, time) in
        [(fill::root(owner), "a", 1), (folder, "b", 2), (folder, "c", 3), (below, "d", 4)]
    {
        let file = fill::file(owner, stored(&mut *unit, owner).await, name);
        let file = File { parent, created_at: at(time), modified_at: at(10 * time), ..file };
        unit.nodes().insert(&file.into()).await.unwrap();
    }
    unit.commit().await.unwrap();
    let of = |parent| FileFilter { parent: Some(parent), ..FileFilter::default() };
    assert_eq!(found(&given, owner, of(folder)).await, ["b", "c"], "not what lies deeper");
    assert_eq!(found(&given, owner, of(fill::root(owner))).await, ["a"]);
    assert_eq!(found(&given, owner, of(NodeId::new(uuid()))).await, [""; 0]);
    assert_eq!(found(&given, owner, FileFilter { parent: Some(folder), ..part("B") }).await, ["b"]);
    let after = FileFilter { modified_after: Some(at(20)), ..FileFilter::default() };
    assert_eq!(found(&given, owner, after.clone()).await, ["c", "d"], "later than the moment");
    let before = FileFilter { modified_before: Some(at(20)), ..FileFilter::default() };
    assert_eq!(found(&given, owner, before).await, ["a"], "earlier than the moment");
    let between = FileFilter { parent: Some(folder), modified_before: Some(at(40)), ..after };
    assert_eq!(found(&given, owner, between).await, ["c"]);
    for sort in SORTS {
        for order in ORDERS {
            let page = FilePage { sort, order, after: None, limit: 1 };
            let walked = given.walk_filtered(owner, &of(folder), page).await;
            assert_eq!(walked.len(), 2, "{sort:?} {order:?}");
        }
    }
}
