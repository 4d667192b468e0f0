//! TREE: how the trash is listed, and what is not told of it.

use std::collections::BTreeSet;

use fm_domain::files::{File, FileFilter, SortOrder, UpdateFile};
use fm_domain::ids::{FileId, NodeId, UserId};
use fm_domain::tree::{
    ChildFilter, ChildSort, Item, Operation, OperationStatus, TrashFilter, TrashKey, TrashPage, TrashSort,
};

use super::tree_trash::Family;
use crate::fixture::database::{Given, given, newest};
use crate::fixture::tree::first_page;
use crate::fixture::{access_of, at, fill, uuid};
use crate::harness::DatabaseHarness;

pub(crate) async fn tree_16_the_trash_is_listed_by_its_tops_in_pages_of_any_order<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    let family = Family::of(&given, owner).await;
    given.put_into_trash(owner, family.top.id, 10).await;
    given.put_into_trash(owner, family.beside.id.into(), 10).await;
    let tops: BTreeSet<NodeId> = [family.apart.id, family.top.id, family.beside.id.into()].into();
    let access = access_of(owner);
    for sort in [TrashSort::TrashedAt, TrashSort::Name, TrashSort::Size] {
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            let mut page = TrashPage { sort, order, after: None, limit: 1 };
            let mut keys: Vec<TrashKey> = Vec::new();
            let mut found = BTreeSet::new();
            loop {
                let mut reads = given.read().await;
                let filter = TrashFilter::default();
                let items = reads.tree().trash(&access, fill::drive(owner), &filter, &page).await.unwrap();
                let Some(top) = items.first() else { break };
                assert!(items.len() == 1 && top.is_top(), "{items:?}");
                assert_eq!(
                    given.trashed(owner, top.top).await.as_ref(),
                    Some(top),
                    "as it is found by its id"
                );
                assert!(found.insert(top.top), "repeated by {sort:?}");
                keys.push(TrashKey::of(top, sort));
                page.after = keys.last().cloned();
            }
            assert_eq!(found, tops, "{sort:?}");
            if order == SortOrder::Descending {
                keys.reverse();
            }
            assert!(keys.is_sorted(), "{sort:?}: {keys:?}");
        }
    }
    let all = TrashPage { sort: TrashSort::TrashedAt, order: SortOrder::Ascending, after: None, limit: 10 };
    let cases = [
        (TrashFilter { from: Some(family.top.id), ..TrashFilter::default() }, vec![family.apart.id]),
        (
            TrashFilter { from: Some(root), name_contains: Some("op.".to_owned()), before: None },
            vec![family.beside.id.into()],
        ),
        (TrashFilter { before: Some(at(50)), ..TrashFilter::default() }, vec![]),
    ];
    for (filter, expected) in cases {
        let mut reads = given.read().await;
        let items = reads.tree().trash(&access, fill::drive(owner), &filter, &all).await.unwrap();
        assert_eq!(items.iter().map(|item| item.top).collect::<Vec<_>>(), expected, "{filter:?}");
    }
    let mut reads = given.read().await;
    let other = access_of(given.owner().await);
    let theirs = reads.tree().trash(&other, fill::drive(owner), &TrashFilter::default(), &all).await.unwrap();
    assert_eq!(theirs, [], "of another owner");
}

impl Given {
    /// Makes a living item a top of the trash at this second, with this path, and takes what is below it along.
    async fn trash_at(&self, owner: UserId, id: NodeId, second: i64, path: &str) {
        let mut unit = self.inside(owner).await;
        unit.nodes().trash(id, at(second), path).await.unwrap().unwrap();
        unit.nodes().mark_below(id, 10).await.unwrap();
        unit.commit().await.unwrap();
    }
}

pub(crate) async fn tree_30_tops_of_the_trash_are_found_by_their_times_and_by_literal_parts_of_their_names<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let root = fill::root(owner);
    let late = given.file_in(owner, root, "a_b 100%.txt").await;
    let folder = given.folder(owner, root, "aXb").await;
    let inner = given.folder(owner, folder.id, "inner").await;
    let deep = given.file_in(owner, inner.id, "deep").await;
    given.versioned(owner, &deep).await;
    given.file_in(owner, folder.id, "file").await;
    let early = given.file_in(owner, root, "STRASSE").await;
    let theirs = given.file_in(other, fill::root(other), "a_b").await;
    let (late, early) = (NodeId::from(late.id), NodeId::from(early.id));
    given.trash_at(owner, late, 30, "/late").await;
    given.trash_at(owner, early, 10, "/early").await;
    given.trash_at(owner, folder.id, 20, "/x/aXb").await;
    given.trash_at(other, theirs.id.into(), 15, "/theirs").await;
    let access = access_of(owner);
    let mut reads = given.read().await;
    let tree = reads.tree();
    for (order, expected) in
        [(SortOrder::Ascending, [early, folder.id, late]), (SortOrder::Descending, [late, folder.id, early])]
    {
        let mut page = TrashPage { sort: TrashSort::TrashedAt, order, after: None, limit: 2 };
        let mut found = Vec::new();
        for length in [2, 1, 0] {
            let tops = tree.trash(&access, fill::drive(owner), &TrashFilter::default(), &page).await.unwrap();
            assert_eq!(tops.len(), length, "{order:?}: {tops:?}");
            page.after = tops.last().map(|top| TrashKey::of(top, TrashSort::TrashedAt)).or(page.after);
            found.extend(tops.iter().map(|top| top.top));
        }
        assert_eq!(found, expected, "{order:?}");
    }
    let page = TrashPage { sort: TrashSort::TrashedAt, order: SortOrder::Ascending, after: None, limit: 10 };
    let before = |second| TrashFilter { before: Some(at(second)), ..TrashFilter::default() };
    let called = |text: &str| TrashFilter { name_contains: Some(text.to_owned()), ..TrashFilter::default() };
    for (filter, expected) in [
        (before(20), vec![early]),
        (before(31), vec![early, folder.id, late]),
        (called("a_b"), vec![late]),
        (called("0%"), vec![late]),
        (called("%"), vec![late]),
        (called("strasse"), vec![early]),
        (called("\\"), vec![]),
    ] {
        let tops = tree.trash(&access, fill::drive(owner), &filter, &page).await.unwrap();
        assert_eq!(tops.iter().map(|top| top.top).collect::<Vec<_>>(), expected, "{filter:?}");
    }
    let tops = tree.trash(&access, fill::drive(other), &TrashFilter::default(), &page).await.unwrap();
    assert_eq!(tops, [], "of another owner");
    let top = tree.trashed(&access, folder.id).await.unwrap().unwrap();
    assert_eq!((top.trashed_at, top.original_path.as_str()), (at(20), "/x/aXb"));
    assert_eq!((top.size, top.is_top()), (fill::bytes(24), true), "with all that went along");
    let below = tree.trashed(&access, inner.id).await.unwrap().unwrap();
    assert_eq!((below.trashed_at, below.original_path.as_str()), (at(20), "/x/aXb/inner"));
    assert_eq!((below.size, below.is_top()), (fill::bytes(12), false), "what is below itself");
    assert_eq!(below.item, inner.into());
}

pub(crate) async fn tree_32_while_an_operation_runs_what_is_below_a_top_is_answered_like_none<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (root, access) = (fill::root(owner), access_of(owner));
    let top = given.folder(owner, root, "top").await;
    let inner = given.folder(owner, top.id, "inner").await;
    let file = given.file_in(owner, inner.id, "file").await;
    let beside = given.file_in(owner, root, "beside").await;
    let running = Operation { status: OperationStatus::Running, ended_at: None, ..fill::operation(owner) };
    given.operation(&running).await;
    for id in [root, top.id, inner.id, file.id.into(), beside.id.into()] {
        assert!(given.item(owner, id).await.is_some(), "nothing is in the trash yet");
    }

    let mut unit = given.inside(owner).await;
    unit.nodes().trash(top.id, at(50), "/top").await.unwrap().unwrap();
    for id in [inner.id, file.id.into()] {
        assert_eq!(unit.nodes().find(&access, id).await.unwrap(), None);
    }
    assert!(unit.nodes().find(&access, beside.id.into()).await.unwrap().is_some());
    unit.commit().await.unwrap();

    for id in [inner.id, file.id.into()] {
        assert_eq!(given.item(owner, id).await, None);
    }
    let page = first_page(ChildSort::Name, 10);
    let mut reads = given.read().await;
    assert_eq!(reads.files().find(&access, file.id).await.unwrap(), None);
    assert!(reads.files().find(&access, beside.id).await.unwrap().is_some());
    assert_eq!(reads.files().find_with_trash(&access, file.id).await.unwrap(), Some(file.clone()));
    let tree = reads.tree();
    assert_eq!(tree.children(&access, inner.id, &ChildFilter::default(), &page).await.unwrap(), []);
    assert_eq!(tree.resolve(&access, inner.id, &["file".to_owned()]).await.unwrap(), None);
    assert_eq!(tree.usage(&access, inner.id).await.unwrap(), None);
    assert_eq!(tree.ancestors(&access, &[file.id.into()]).await.unwrap(), [vec![]]);
    let names = tree.children(&access, root, &ChildFilter::default(), &page).await.unwrap();
    assert_eq!(names, [Item::File(beside)]);
}

pub(crate) async fn file_28_a_file_in_the_trash_is_answered_like_none<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let access = access_of(owner);
    let file = given.file_in(owner, fill::root(owner), "file").await;
    given.put_into_trash(owner, file.id.into(), 10).await;
    let mut reads = given.read().await;
    assert_eq!(reads.files().find(&access, file.id).await.unwrap(), None);
    assert_eq!(reads.files().list(&access, &FileFilter::default(), &newest(10)).await.unwrap(), []);
    let walked = reads.files().walk(None, 10).await.unwrap();
    assert_eq!(walked.iter().map(|file| file.id).collect::<Vec<_>>(), [file.id], "its bytes are there still");
    let mut unit = given.inside(owner).await;
    assert_eq!(unit.files().find_for_update(&access, file.id).await.unwrap(), None);
    let edited = File { revision: file.revision.next(), ..file.clone() };
    let update = unit.files().update(&edited, file.revision).await;
    assert!(matches!(update, Err(UpdateFile::Stale)), "{update:?}");
    assert_eq!(unit.files().remove(&access, file.id).await.unwrap(), None);
    unit.rollback().await.unwrap();
}

pub(crate) async fn file_30_a_file_is_found_with_the_trash_where_that_is_asked_for<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let (root, access) = (fill::root(owner), access_of(owner));
    let folder = given.folder(owner, root, "folder").await;
    let living = given.file_in(owner, root, "living").await;
    let top = given.file_in(owner, root, "top").await;
    let below = given.file_in(owner, folder.id, "below").await;
    given.put_into_trash(owner, top.id.into(), 10).await;
    given.put_into_trash(owner, folder.id, 10).await;
    let mut reads = given.read().await;
    for file in [&living, &top, &below] {
        let found = reads.files().find_with_trash(&access, file.id).await.unwrap();
        assert_eq!(found.map(|found| (found.id, found.blob)), Some((file.id, file.blob)));
        assert_eq!(reads.files().find_with_trash(&access_of(other), file.id).await.unwrap(), None);
    }
    let a_folder = FileId::new(folder.id.uuid());
    assert_eq!(reads.files().find_with_trash(&access, a_folder).await.unwrap(), None);
    assert_eq!(reads.files().find_with_trash(&access, FileId::new(uuid())).await.unwrap(), None);
}
