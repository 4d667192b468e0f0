//! TREE: the trash, versions, and what is removed for good.

use std::collections::BTreeSet;

use fm_domain::blobs::BlobState;
use fm_domain::body::ByteSize;
use fm_domain::files::{File, FileFilter, SortOrder, VersionNumber};
use fm_domain::ids::{BlobId, NodeId, UserId};
use fm_domain::tree::{
    ChildSort, Folder, Marked, Measure, PlaceItem, Removed, TrashFilter, TrashPage, TrashSort, Version,
};

use crate::fixture::database::{Given, given, newest, stored};
use crate::fixture::tree::first_page;
use crate::fixture::{access_of, at, fill};
use crate::harness::DatabaseHarness;

/// A folder with a file, with a folder of a file in it, and with a folder that was put into the trash before.
pub(super) struct Family {
    pub(super) top: Folder,
    file: File,
    inner: Folder,
    deep: File,
    pub(super) apart: Folder,
    with_it: File,
    pub(super) beside: File,
}

impl Family {
    pub(super) async fn of(given: &Given, owner: UserId) -> Self {
        let root = fill::root(owner);
        let top = given.folder(owner, root, "top").await;
        let inner = given.folder(owner, top.id, "inner").await;
        let apart = given.folder(owner, top.id, "apart").await;
        let family = Self {
            file: given.file_in(owner, top.id, "file").await,
            deep: given.file_in(owner, inner.id, "deep").await,
            with_it: given.file_in(owner, apart.id, "with it").await,
            beside: given.file_in(owner, root, "top.txt").await,
            top,
            inner,
            apart,
        };
        given.put_into_trash(owner, family.apart.id, 10).await;
        family
    }

    /// Those that go into the trash with the top.
    fn taken(&self) -> [NodeId; 4] {
        [self.top.id, self.file.id.into(), self.inner.id, self.deep.id.into()]
    }

    /// Those that were put there before.
    fn apart(&self) -> [NodeId; 2] {
        [self.apart.id, self.with_it.id.into()]
    }
}

pub(crate) async fn tree_10_a_trash_takes_all_that_is_living_below_and_nothing_else<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    for limit in [1, 2, 10] {
        let owner = given.owner().await;
        let family = Family::of(&given, owner).await;
        let measure = given.put_into_trash(owner, family.top.id, limit).await;
        let bytes = fill::bytes(24);
        assert_eq!(measure, Measure { nodes: 4, files: 2, bytes, version_bytes: ByteSize::ZERO });
        let below = ["", "/file", "/inner", "/inner/deep"];
        for (id, below) in family.taken().into_iter().zip(below) {
            assert_eq!(given.item(owner, id).await, None);
            let trashed = given.trashed(owner, id).await.unwrap();
            assert_eq!((trashed.top, trashed.trashed_at), (family.top.id, at(50)), "{id}");
            assert_eq!((trashed.original_path, trashed.has_parent), (format!("/its/path{below}"), true));
        }
        for id in family.apart() {
            let apart = given.trashed(owner, id).await.unwrap();
            assert_eq!((apart.top, apart.has_parent), (family.apart.id, true), "its folder is in the trash");
        }
        let beside = family.beside.id.into();
        assert!(given.item(owner, beside).await.is_some(), "a name that begins as the top's");
        assert_eq!(given.names_in(owner, fill::root(owner)).await, ["top.txt"]);
        let files = given.list(owner, &FileFilter::default(), &newest(10)).await;
        assert_eq!(files.iter().map(|file| file.id).collect::<Vec<_>>(), [family.beside.id]);
        let mut reads = given.read().await;
        let usage = reads.tree().usage(&access_of(owner), fill::root(owner)).await.unwrap().unwrap();
        assert_eq!((usage.files, usage.folders, usage.size), (1, 0, fill::bytes(12)));
        for id in family.taken() {
            assert_eq!(reads.tree().usage(&access_of(owner), id).await.unwrap(), None, "{id}");
            assert_eq!(reads.tree().ancestors(&access_of(owner), &[id]).await.unwrap(), [vec![]], "{id}");
        }
        assert_eq!(reads.files().find(&access_of(owner), family.deep.id).await.unwrap(), None);
        let storage = given.account(owner).await.unwrap().storage;
        assert_eq!((storage.used, storage.trash), (fill::bytes(48), fill::bytes(36)));
        assert_eq!(storage.file_count, 1);
        // What is in the trash can't be put there again.
        let mut unit = given.inside(owner).await;
        assert_eq!(unit.nodes().trash(family.top.id, at(60), "/again").await.unwrap(), None);
        unit.rollback().await.unwrap();
        given.assert_sound().await;
    }
}

pub(crate) async fn tree_11_a_restore_brings_back_exactly_what_that_trash_took<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    let family = Family::of(&given, owner).await;
    let mut before = given.items(owner, &family.taken()).await;
    let taken = given.put_into_trash(owner, family.top.id, 10).await;
    let again = given.folder(owner, root, "TOP").await;
    let mut unit = given.inside(owner).await;
    let trashed = unit.nodes().find_trashed(&access_of(owner), family.top.id).await.unwrap().unwrap();
    assert_eq!(trashed.item.parent(), Some(root), "the folder that it was in");
    let refusal = unit.nodes().restore(&trashed.item).await;
    let is_taken = matches!(refusal, Err(PlaceItem::NameTaken { existing, .. }) if existing == again.id);
    assert!(is_taken, "{refusal:?}");
    let item = trashed.item.placed(again.id, fill::name("back")).edited(at(70));
    let mut back = unit.nodes().restore(&item).await.unwrap();
    loop {
        let marked = unit.nodes().unmark_below(family.top.id, 2).await.unwrap();
        assert!(marked.items <= 2, "two at most: {marked:?}");
        back = back.plus(marked.measure);
        if marked.items < 2 {
            break;
        }
    }
    assert_eq!(back, taken);
    unit.drives().charge(fill::drive(owner), &back.into_trash().reversed(), None).await.unwrap();
    unit.commit().await.unwrap();
    before[0] = Some(item);
    for (id, item) in family.taken().into_iter().zip(before) {
        assert_eq!(given.item(owner, id).await, item, "what was below the top is as it was");
        assert_eq!(given.trashed(owner, id).await, None);
    }
    for id in family.apart() {
        assert_eq!(given.item(owner, id).await, None, "it went there before");
        assert_eq!(given.trashed(owner, id).await.unwrap().top, family.apart.id);
    }
    assert_eq!(given.names_in(owner, family.top.id).await, ["inner", "file"]);
    let storage = given.account(owner).await.unwrap().storage;
    assert_eq!((storage.trash, storage.file_count), (fill::bytes(12), 3));
    given.assert_sound().await;
}

pub(crate) async fn tree_12_a_purge_leaves_no_item_below_and_no_blob_without_a_reference<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let family = Family::of(&given, owner).await;
    let old = given.versioned(owner, &family.deep).await;
    let taken = given.put_into_trash(owner, family.top.id, 10).await;
    assert_eq!((taken.bytes, taken.version_bytes), (fill::bytes(24), fill::bytes(12)));
    let mut blobs = BTreeSet::new();
    let mut rows = 0;
    loop {
        let mut unit = given.inside(owner).await;
        let removed = unit.nodes().remove(family.top.id, 3).await.unwrap();
        assert!(removed.measure.nodes <= 3, "three at most: {removed:?}");
        unit.drives().charge(fill::drive(owner), &removed.measure.out_of_drive(), None).await.unwrap();
        let gone = unit.blobs().drop_references(&removed.blobs, at(80)).await.unwrap();
        unit.commit().await.unwrap();
        rows += removed.measure.nodes;
        blobs.extend(gone.into_iter().map(|key| key.id));
        given.assert_sound().await;
        if removed.measure.nodes < 3 {
            break;
        }
    }
    assert_eq!(rows, 4);
    let mut reads = given.read().await;
    let deep = reads.tree().trashed(&access_of(owner), family.deep.id.into()).await.unwrap();
    assert_eq!(deep, None);
    let expected: BTreeSet<BlobId> = [family.file.blob, family.deep.blob, old].into();
    assert_eq!(blobs, expected);
    let all: Vec<BlobId> =
        expected.iter().copied().chain([family.with_it.blob, family.beside.blob]).collect();
    for record in reads.blobs().find(&all).await.unwrap() {
        let is_gone = record.state == BlobState::Deleted;
        assert_eq!(is_gone, expected.contains(&record.key.id), "{record:?}");
    }
    let nodes = given.nodes().await;
    let left: BTreeSet<NodeId> =
        family.apart().into_iter().chain([family.beside.id.into(), fill::root(owner)]).collect();
    assert_eq!(nodes.keys().copied().collect::<BTreeSet<_>>(), left, "a top that was below stays");
    let apart = given.trashed(owner, family.apart.id).await.unwrap();
    assert_eq!((apart.item.parent(), apart.has_parent), (Some(family.top.id), false), "its folder is gone");
    assert!(given.trashed(owner, family.with_it.id.into()).await.unwrap().has_parent);
    let from = TrashFilter { from: Some(family.top.id), ..TrashFilter::default() };
    let page = TrashPage { sort: TrashSort::Name, order: SortOrder::Ascending, after: None, limit: 10 };
    let tops = reads.tree().trash(&access_of(owner), fill::drive(owner), &from, &page).await.unwrap();
    assert_eq!(tops, [apart], "what was put there from a folder that is gone");
    let storage = given.account(owner).await.unwrap().storage;
    assert_eq!(
        (storage.used, storage.trash, storage.versions),
        (fill::bytes(24), fill::bytes(12), ByteSize::ZERO)
    );
}

pub(crate) async fn tree_15_what_lies_in_a_trashed_folder_can_become_a_top_of_its_own<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let family = Family::of(&given, owner).await;
    given.put_into_trash(owner, family.top.id, 10).await;
    let mut unit = given.inside(owner).await;
    let nothing = unit.nodes().trash(family.inner.id, at(60), "/top/inner").await.unwrap().unwrap();
    assert_eq!(nothing.plus(Measure::default()), Measure::default(), "none of it was living");
    let marked = unit.nodes().mark_below(family.inner.id, 10).await.unwrap();
    assert_eq!((marked.items, marked.measure), (1, Measure::default()));
    unit.commit().await.unwrap();
    for id in [family.inner.id, family.deep.id.into()] {
        assert_eq!(given.trashed(owner, id).await.unwrap().top, family.inner.id);
    }
    assert_eq!(given.trashed(owner, family.file.id.into()).await.unwrap().top, family.top.id);
    given.assert_sound().await;
    let page = first_page(ChildSort::Name, 10);
    let mut reads = given.read().await;
    let tree = reads.tree();
    let inside = tree.trashed_children(&access_of(owner), family.top.id, &page).await.unwrap().unwrap();
    assert_eq!(
        inside,
        [given.trashed(owner, family.file.id.into()).await.unwrap()],
        "as it is found by its id"
    );
    let living = tree.trashed_children(&access_of(owner), fill::root(owner), &page).await.unwrap();
    assert_eq!(living, None, "a living folder is not in the trash");
}

pub(crate) async fn tree_17_versions_are_kept_by_their_numbers<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let access = access_of(owner);
    let file = given.file_in(owner, fill::root(owner), "file").await;
    let mut unit = given.inside(owner).await;
    let mut versions = Vec::new();
    // As text they would come in another order.
    for number in [1, 2, 9, 10] {
        let blob = stored(&mut *unit, owner).await;
        let held =
            File { blob, version: VersionNumber::new(number), content_at: at(number.into()), ..file.clone() };
        versions.push(Version::of(&held, at(100)));
        unit.versions().insert(versions.last().unwrap()).await.unwrap();
    }
    let label = "sent".parse().unwrap();
    assert!(unit.versions().set(file.id, VersionNumber::new(2), true, Some(label)).await.unwrap());
    assert!(!unit.versions().set(file.id, VersionNumber::new(99), true, None).await.unwrap());
    versions[1] = Version { is_pinned: true, label: "sent".parse().ok(), ..versions[1].clone() };
    assert_eq!(unit.versions().all(file.id).await.unwrap(), versions);
    let removed =
        unit.versions().remove(file.id, &[VersionNumber::new(9), VersionNumber::new(99)]).await.unwrap();
    assert_eq!(removed, [versions.remove(2)]);
    assert_eq!(unit.versions().find(file.id, VersionNumber::new(9)).await.unwrap(), None);
    unit.commit().await.unwrap();
    versions.reverse();
    let mut reads = given.read().await;
    let tree = reads.tree();
    assert_eq!(tree.versions(&access, file.id, None, 10).await.unwrap(), versions, "the newest first");
    assert_eq!(
        tree.versions(&access, file.id, Some(VersionNumber::new(10)), 1).await.unwrap(),
        versions[1..2]
    );
    let found = tree.version(&access, file.id, VersionNumber::new(2)).await.unwrap();
    assert_eq!(found.as_ref(), versions.get(1));
    let other = access_of(given.owner().await);
    assert_eq!(tree.versions(&other, file.id, None, 10).await.unwrap(), []);
    assert_eq!(tree.version(&other, file.id, VersionNumber::new(2)).await.unwrap(), None);
    given.put_into_trash(owner, file.id.into(), 10).await;
    assert_eq!(given.read().await.tree().versions(&access, file.id, None, 10).await.unwrap(), []);
}

pub(crate) async fn tree_18_a_top_that_came_back_is_left_alone_and_so_is_what_it_took_before<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    let top = given.folder(owner, root, "top").await;
    let inner = given.folder(owner, top.id, "inner").await;
    given.file_in(owner, inner.id, "deep").await;
    let access = access_of(owner);
    given.put_into_trash(owner, top.id, 10).await;
    let mut unit = given.inside(owner).await;
    assert_eq!(unit.nodes().height(top.id).await.unwrap(), 1, "levels in the trash");
    assert_eq!(
        unit.nodes().unmark_below(top.id, 10).await.unwrap(),
        Marked::default(),
        "it is no living top"
    );
    // It comes back with one item of two: the other one waits.
    let trashed = unit.nodes().find_trashed(&access, top.id).await.unwrap().unwrap();
    let measure = unit.nodes().restore(&trashed.item.edited(at(70))).await.unwrap();
    let marked = unit.nodes().unmark_below(top.id, 1).await.unwrap();
    let back = measure.plus(marked.measure);
    unit.drives().charge(fill::drive(owner), &back.into_trash().reversed(), None).await.unwrap();
    unit.commit().await.unwrap();

    let mut unit = given.inside(owner).await;
    assert_eq!(unit.nodes().mark_below(top.id, 10).await.unwrap(), Marked::default(), "it is living");
    assert_eq!(unit.nodes().remove(top.id, 10).await.unwrap(), Removed::default());
    unit.commit().await.unwrap();
    assert!(given.item(owner, top.id).await.is_some());

    let mut unit = given.inside(owner).await;
    let marked = unit.nodes().unmark_below(top.id, 10).await.unwrap();
    assert_eq!(marked.items, 1, "the rest comes back");
    unit.drives().charge(fill::drive(owner), &marked.measure.into_trash().reversed(), None).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.account(owner).await.unwrap().storage.trash, ByteSize::ZERO);
    given.assert_sound().await;
}
