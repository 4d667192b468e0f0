#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{CreateFolders, CreateFoldersCommand, MOST_LOOKED_FOR, MOST_MADE, MadePaths};
use crate::fixture::{actor, once};
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use crate::tree::fixture::{a_folder, drive, entering, inside, node, root as root_folder};
use fm_domain::ids::NodeId;
use fm_domain::testing::{Effects, FakeUnitOfWork, a_file};
use fm_domain::tree::{Ancestor, Delta, Item, ItemKind, MAX_DEPTH, TreePath};

async fn create(unit: FakeUnitOfWork, paths: &[&str]) -> Result<MadePaths, TreeError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    let paths = paths.iter().map(|path| TreePath::parse(path).unwrap()).collect();
    let command = CreateFoldersCommand { parent: None, paths };
    CreateFolders::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

/// A unit in whose root the folder `a` is, number 50, and the file `f`.
fn unit(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = inside(effects, &[]);
    unit.nodes.expect_entry().returning(|folder, key| {
        let is_root = folder == NodeId::root(drive());
        Ok(match key {
            "a" if is_root => Some(Item::Folder(a_folder(50, "A"))),
            "f" if is_root => Some(Item::File(a_file())),
            _ => None,
        })
    });
    unit
}

#[tokio::test]
async fn what_is_missing_on_the_way_is_made_once() {
    let effects = Effects::default();
    let mut unit = unit(&effects);
    let noted = effects.clone();
    unit.nodes.expect_insert().times(3).returning(move |item| {
        noted.note(item.name().unwrap().to_string());
        Ok(())
    });
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, Delta::new_folders(3));
        Ok(())
    });
    let made = create(unit, &["a/b/c", "a/B/d", "/a/", ""]).await.unwrap();
    assert_eq!(effects.seen(), ["enter", "b", "c", "d", "charge", "commit"]);
    assert_eq!(made.made, 3);
    assert_eq!(made.ends[2..], [node(50), NodeId::root(drive())]);
    assert_ne!(made.ends[0], made.ends[1]);
}

#[tokio::test]
async fn of_many_paths_each_folder_is_asked_for_once_and_nothing_in_those_that_were_made() {
    let effects = Effects::default();
    let mut unit = entering(&effects, Delta::default());
    let root = NodeId::root(drive());
    unit.nodes.expect_find().times(1).returning(|_, _| Ok(Some(root_folder())));
    unit.nodes.expect_lineage().times(1).returning(move |_| Ok(vec![Ancestor { id: root, name: None }]));
    unit.nodes.expect_entry().times(2).returning(move |folder, _| {
        assert_eq!(folder, root);
        Ok(None)
    });
    unit.nodes.expect_insert().times(5).returning(|_| Ok(()));
    unit.drives.expect_charge().times(1).returning(|_, _, _| Ok(()));
    let made = create(unit, &["a/b", "a/c", "A/B", "d/a"]).await.unwrap();
    assert_eq!((made.made, made.ends[0] == made.ends[2]), (5, true));
}

#[tokio::test]
async fn one_request_makes_and_looks_for_a_bounded_number_of_folders() {
    let paths = |count: usize| (0..count).map(|number| format!("{number}/b/c/d")).collect::<Vec<_>>();
    let effects = Effects::default();
    let mut unit = unit(&effects);
    unit.nodes.expect_insert().times(MOST_MADE).returning(|_| Ok(()));
    let many = paths(MOST_MADE / 4 + 1);
    let refused = create(unit, &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(matches!(refused, Err(TreeError::TooLarge)), "{refused:?}");
    // All of them are there.
    let mut unit = inside(&effects, &[]);
    let mut numbers = 1_000..;
    unit.nodes
        .expect_entry()
        .times(MOST_LOOKED_FOR)
        .returning(move |_, key| Ok(numbers.next().map(|number| Item::Folder(a_folder(number, key)))));
    let many = paths(MOST_LOOKED_FOR / 4 + 1);
    let refused = create(unit, &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(matches!(refused, Err(TreeError::TooLarge)), "{refused:?}");
    assert_eq!(effects.seen(), ["enter", "rollback"].repeat(2));
}

#[tokio::test]
async fn where_all_are_there_nothing_is_committed() {
    let effects = Effects::default();
    let made = create(unit(&effects), &["a", "A"]).await.unwrap();
    assert_eq!(made, MadePaths { ends: vec![node(50); 2], made: 0 });
    assert_eq!(effects.seen(), ["enter", "rollback"]);
}

#[tokio::test]
async fn a_file_in_the_way_refuses_all_of_them() {
    let effects = Effects::default();
    let mut unit = unit(&effects);
    unit.nodes.expect_insert().returning(|_| Ok(()));
    let refused = create(unit, &["new", "f/x"]).await;
    assert!(matches!(refused, Err(TreeError::NameTaken { kind: ItemKind::File, .. })), "{refused:?}");
    assert_eq!(effects.seen(), ["enter", "rollback"]);
}

#[tokio::test]
async fn a_path_that_is_too_deep_is_refused_before_anything_is_made() {
    let effects = Effects::default();
    let deep = "x/".repeat(MAX_DEPTH as usize + 1);
    let refused = create(unit(&effects), &[deep.as_str()]).await;
    assert!(matches!(refused, Err(TreeError::TooDeep)), "{refused:?}");
}
