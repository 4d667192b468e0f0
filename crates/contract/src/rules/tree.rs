//! TREE: where items are, what they are called, and how they are found.

use fm_domain::files::{FileName, SortOrder};
use fm_domain::ids::{NodeId, UserId};
use fm_domain::tree::{
    ChildFilter, ChildSort, Delta, EnterDrive, Folder, Item, ItemKind, MAX_DEPTH, Misplaced, PlaceItem,
    TrashFilter, TrashPage, TrashSort, UpdateItem, check_folder, check_subtree,
};
use tokio::task::JoinSet;

use crate::fixture::database::{Given, given, stored};
use crate::fixture::tree::{IsContended as _, first_page, is_committed};
use crate::fixture::{access_of, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

pub(crate) async fn tree_01_every_item_but_a_root_lies_in_a_folder_of_its_drive_or_in_the_trash<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let root = fill::root(owner);
    assert_eq!(given.item(owner, root).await.map(|root| root.is_root()), Some(true), "a user has a root");
    let outer = given.folder(owner, root, "outer").await;
    let inner = given.folder(owner, outer.id, "inner").await;
    let file = given.file_in(owner, inner.id, "file").await;
    let gone = given.folder(owner, outer.id, "gone").await;
    given.put_into_trash(owner, gone.id, 10).await;
    let parents = [NodeId::new(uuid()), file.id.into(), gone.id, fill::root(other)];
    for parent in parents {
        let (mut unit, _) = given.entered(owner, &Delta::new_folders(1)).await;
        let lost = fill::folder(owner, parent, "lost");
        let refusal = unit.nodes().insert(&lost.into()).await;
        assert!(matches!(refusal, Err(PlaceItem::NoFolder)), "made in {parent}: {refusal:?}");
        let item = Item::from(inner.clone());
        let moved = item.clone().placed(parent, fill::name("lost")).edited(at(1));
        let refusal = unit.nodes().update(&moved, item.revision()).await;
        let is_refused = matches!(refusal, Err(UpdateItem::Place(PlaceItem::NoFolder)));
        assert!(is_refused, "moved to {parent}: {refusal:?}");
        unit.rollback().await.unwrap();
    }
    given.assert_sound().await;
    given.move_to(owner, inner.id, root, "inner").await;
    given.assert_sound().await;
    given.put_into_trash(owner, outer.id, 10).await;
    given.put_into_trash(owner, inner.id, 10).await;
    given.assert_sound().await;
    let nodes = given.nodes().await;
    assert_eq!(nodes.len(), 6, "{nodes:?}");
}

pub(crate) async fn tree_02_a_taken_name_is_a_refusal_and_does_not_poison<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    let folder = given.folder(owner, root, "Straße").await;
    let file = given.file_in(owner, root, "caf\u{e9}.txt").await;
    let (mut unit, _) = given.entered(owner, &Delta::new_folders(1)).await;
    for (text, existing, kind) in [
        ("STRASSE", folder.id, ItemKind::Folder),
        ("STRAẞE", folder.id, ItemKind::Folder),
        ("CAFE\u{301}.TXT", file.id.into(), ItemKind::File),
    ] {
        match unit.nodes().insert(&fill::folder(owner, root, text).into()).await {
            Err(PlaceItem::NameTaken { existing: found, kind: of }) => {
                assert_eq!((found, of), (existing, kind), "{text}");
            }
            answer => panic!("{text}: {answer:?}"),
        }
    }
    let item = Item::from(folder.clone());
    let renamed = item.clone().placed(root, fill::name("CAF\u{c9}.txt")).edited(at(1));
    let refusal = unit.nodes().update(&renamed, item.revision()).await;
    let is_refused = matches!(
        refusal,
        Err(UpdateItem::Place(PlaceItem::NameTaken { existing, .. })) if existing == file.id.into()
    );
    assert!(is_refused, "{refusal:?}");
    let respelt = item.clone().placed(root, fill::name("STRAẞE")).edited(at(1));
    unit.nodes().update(&respelt, item.revision()).await.unwrap();
    let stale = unit.nodes().update(&respelt, item.revision()).await;
    assert!(matches!(stale, Err(UpdateItem::Stale)), "{stale:?}");
    let keys = ["free", "caf\u{e9}.txt", "strasse", "caf%.txt"].map(str::to_owned);
    let mut taken = unit.nodes().taken(root, &keys).await.unwrap();
    taken.sort_unstable();
    assert_eq!(taken, ["caf\u{e9}.txt", "strasse"]);
    let entry = unit.nodes().entry(root, "strasse").await.unwrap();
    assert_eq!(entry.map(|item| item.id()), Some(folder.id));
    unit.nodes().insert(&fill::folder(owner, root, "free").into()).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.names_in(owner, root).await, ["free", "STRAẞE", "caf\u{e9}.txt"]);
    // A name of another folder, and one in the trash, is not taken.
    given.file_in(owner, folder.id, "caf\u{e9}.txt").await;
    given.put_into_trash(owner, file.id.into(), 10).await;
    let again = given.file_in(owner, root, "CAF\u{c9}.txt").await;
    assert!(given.read().await.files().find(&access_of(owner), again.id).await.unwrap().is_some());
    given.assert_sound().await;
}

pub(crate) async fn tree_03_of_units_that_want_one_name_one_gets_it<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    for round in 0..3 {
        let mut units = JoinSet::new();
        for number in 0..8 {
            let given = given.clone();
            units.spawn(async move {
                loop {
                    let name =
                        if number % 2 == 0 { format!("name {round}") } else { format!("NAME {round}") };
                    let folder = fill::folder(owner, root, &name);
                    let (mut unit, _) = given.entered(owner, &Delta::new_folders(1)).await;
                    match unit.nodes().insert(&folder.clone().into()).await {
                        Ok(()) => {
                            if is_committed(unit.commit().await) {
                                return Ok(folder.id);
                            }
                        }
                        Err(PlaceItem::NameTaken { existing, .. }) => return Err(existing),
                        Err(lost) => assert!(lost.is_contended(), "{lost:?}"),
                    }
                }
            });
        }
        let answers = soon("units that want one name", units.join_all()).await;
        let winners: Vec<NodeId> = answers.iter().filter_map(|answer| answer.ok()).collect();
        assert_eq!(winners.len(), 1, "round {round}: {answers:?}");
        assert!(answers.iter().all(|answer| answer.unwrap_or_else(|existing| existing) == winners[0]));
    }
    assert_eq!(given.names_in(owner, root).await.len(), 3);
}

pub(crate) async fn tree_07_a_path_is_followed_by_the_keys_of_its_names_in_any_script<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    let mut folder = root;
    let names = ["Äpfel", "ΣΊΣΥΦΟΣ", "Ĳssel & İz_%", "日本語 ﾃｽﾄ", "Ǆ", "caf\u{e9}"];
    let mut folders = Vec::new();
    for name in names {
        folder = given.folder(owner, folder, name).await.id;
        folders.push(folder);
    }
    let file = given.file_in(owner, folder, "Report.PDF").await;
    let spelt = ["äPFEL", "σίσυφος", "ĳSSEL & İZ_%", "日本語 ﾃｽﾄ", "ǆ", "CAFE\u{301}", "rEPORT.pdf"];
    let keys: Vec<String> = spelt.iter().map(|text| FileName::fold(text)).collect();
    let found = async |from, keys: &[String]| {
        let mut reads = given.read().await;
        let item = reads.tree().resolve(&access_of(owner), from, keys).await.unwrap();
        item.map(|item| item.id())
    };
    assert_eq!(found(root, &keys).await, Some(file.id.into()));
    assert_eq!(found(root, &[]).await, Some(root), "an empty path is its start");
    for (end, folder) in folders.iter().enumerate() {
        assert_eq!(found(root, &keys[..=end]).await, Some(*folder), "{}", names[end]);
        assert_eq!(found(*folder, &keys[end + 1..]).await, Some(file.id.into()), "from {}", names[end]);
    }
    let beyond = [keys.clone(), vec!["more".to_owned()]].concat();
    assert_eq!(found(root, &beyond).await, None, "a file has no entries");
    let unlike = ["äpfel", "σισυφος"].map(str::to_owned);
    assert_eq!(found(root, &unlike).await, None, "an accent counts");
    let pattern = [&keys[..2], &["ĳssel & i\u{307}z%%".to_owned()][..]].concat();
    assert_eq!(found(root, &pattern).await, None, "no character stands for others");
    given.move_to(owner, folders[1], root, "elsewhere").await;
    assert_eq!(found(root, &keys).await, None, "a folder on the way is somewhere else");
    let moved = [&["elsewhere".to_owned()][..], &keys[2..]].concat();
    assert_eq!(found(root, &moved).await, Some(file.id.into()));
    given.put_into_trash(owner, folders[3], 10).await;
    assert_eq!(found(root, &moved).await, None, "a folder on the way is in the trash");
    assert_eq!(found(folders[4], &keys[5..]).await, None, "nor is what was in it a start");
    let other = given.owner().await;
    let mut reads = given.read().await;
    let theirs = reads.tree().resolve(&access_of(other), root, &[]).await.unwrap();
    assert_eq!(theirs, None, "of another owner");
}

pub(crate) async fn tree_08_folders_reach_64_levels_and_no_more_by_creation_and_by_move<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let levels = usize::try_from(MAX_DEPTH).unwrap();
    let chain = nested(&given, owner, fill::root(owner), levels).await;
    let short = nested(&given, owner, fill::root(owner), 3).await;
    let (deepest, above) = (chain[levels - 1].id, chain[levels - 4].id);
    let mut unit = given.inside(owner).await;
    let nodes = unit.nodes();
    let lineage: Vec<NodeId> = nodes.lineage(deepest).await.unwrap().iter().map(|one| one.id).collect();
    let mut expected: Vec<NodeId> = chain.iter().rev().map(|folder| folder.id).collect();
    expected.push(fill::root(owner));
    assert_eq!(lineage, expected);
    assert_eq!(nodes.height(chain[0].id).await.unwrap(), MAX_DEPTH - 1);
    assert_eq!(nodes.height(deepest).await.unwrap(), 0);
    assert_eq!(nodes.height(fill::root(owner)).await.unwrap(), MAX_DEPTH);
    let refusal = check_folder(nodes, deepest, 1).await;
    assert!(matches!(refusal, Err(Misplaced::TooDeep)), "{refusal:?}");
    check_folder(nodes, chain[levels - 2].id, 1).await.unwrap();
    let moved = Item::from(short[0].clone());
    check_subtree(nodes, &moved, above).await.unwrap();
    let refusal = check_subtree(nodes, &moved, chain[levels - 3].id).await;
    assert!(matches!(refusal, Err(Misplaced::TooDeep)), "{refusal:?}");
    let refusal = check_subtree(nodes, &Item::from(chain[2].clone()), above).await;
    assert!(matches!(refusal, Err(Misplaced::IntoItself)), "{refusal:?}");
    unit.nodes()
        .update(&moved.placed(above, fill::name("short")).edited(at(1)), short[0].revision)
        .await
        .unwrap();
    unit.commit().await.unwrap();
    // A file may lie in the deepest folder, and is found there.
    let file = given.file_in(owner, deepest, "deep").await;
    let mut reads = given.read().await;
    let ancestors =
        reads.tree().ancestors(&access_of(owner), &[file.id.into(), fill::root(owner)]).await.unwrap();
    let way: Vec<NodeId> = ancestors[0].iter().map(|ancestor| ancestor.id).collect();
    assert_eq!(way, lineage.into_iter().rev().collect::<Vec<_>>());
    assert_eq!(ancestors[0].first().unwrap().name, None, "the root has no name");
    assert_eq!(ancestors[1], [], "nothing is above a root");
    given.assert_sound().await;
}

/// Folders, each in the one before.
pub(super) async fn nested(given: &Given, owner: UserId, from: NodeId, levels: usize) -> Vec<Folder> {
    let mut folders: Vec<Folder> = Vec::with_capacity(levels);
    for level in 0..levels {
        let parent = folders.last().map_or(from, |folder| folder.id);
        folders.push(fill::folder(owner, parent, &format!("level {level} of {levels}")));
    }
    let (mut unit, _) = given.entered(owner, &Delta::new_folders(levels)).await;
    let items: Vec<Item> = folders.iter().cloned().map(Item::from).collect();
    unit.nodes().insert_many(&items).await.unwrap();
    unit.commit().await.unwrap();
    folders
}

pub(crate) async fn tree_13_what_belongs_to_a_user_who_is_marked_as_removed_is_answered_like_none<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, stays) = (given.owner().await, given.owner().await);
    let access = access_of(owner);
    let folder = given.folder(owner, fill::root(owner), "folder").await;
    let file = given.file_in(owner, folder.id, "file").await;
    given.versioned(owner, &file).await;
    let trashed = given.folder(owner, folder.id, "trashed").await;
    given.put_into_trash(owner, trashed.id, 10).await;
    let (filter, order) = (TrashFilter::default(), SortOrder::Ascending);
    let all = TrashPage { sort: TrashSort::TrashedAt, order, after: None, limit: 10 };
    let mut reads = given.read().await;
    let tops = reads.tree().trash(&access, fill::drive(owner), &filter, &all).await.unwrap();
    assert_eq!(tops.len(), 1, "until then it is told");
    drop(reads);
    let mut unit = given.unit().await;
    let blob = stored(&mut *unit, stays).await;
    assert!(unit.users().mark_removed(owner, at(60)).await.unwrap());
    unit.commit().await.unwrap();
    let mut reads = given.read().await;
    let tree = reads.tree();
    assert_eq!(tree.drive(&access, fill::drive(owner)).await.unwrap(), None);
    for id in [fill::root(owner), folder.id, file.id.into()] {
        assert_eq!(tree.item(&access, id).await.unwrap(), None);
        assert_eq!(tree.resolve(&access, id, &[]).await.unwrap(), None);
        assert_eq!(tree.ancestors(&access, &[id]).await.unwrap(), [vec![]]);
        assert_eq!(tree.usage(&access, id).await.unwrap(), None);
        let page = first_page(ChildSort::Name, 10);
        assert_eq!(tree.children(&access, id, &ChildFilter::default(), &page).await.unwrap(), []);
    }
    assert_eq!(tree.trashed(&access, trashed.id).await.unwrap(), None);
    assert_eq!(tree.trash(&access, fill::drive(owner), &filter, &all).await.unwrap(), []);
    let page = first_page(ChildSort::Name, 10);
    assert_eq!(tree.trashed_children(&access, trashed.id, &page).await.unwrap(), None);
    assert_eq!(tree.versions(&access, file.id, None, 10).await.unwrap(), []);
    assert_eq!(tree.version(&access, file.id, file.version).await.unwrap(), None);
    let mut unit = given.unit().await;
    let entered = unit.drives().enter(fill::drive(owner), &Delta::default(), None).await;
    assert!(matches!(entered, Err(EnterDrive::NoDrive)), "{entered:?}");
    let new = fill::file(stays, blob, "new");
    unit.drives().enter(fill::drive(stays), &Delta::new_file(new.size), None).await.unwrap();
    unit.nodes().insert(&new.into()).await.unwrap();
    unit.commit().await.unwrap();
}
