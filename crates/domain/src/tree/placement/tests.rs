#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::FutureExt as _;
use mockall::predicate::eq;

use super::{
    Misplaced, check_folder, check_living_subtree, check_room, check_subtree, free_name, free_name_of_entry,
    levels_below,
};
use crate::accounts::StorageUse;
use crate::clock::Clock as _;
use crate::error::PortError;
use crate::files::FileName;
use crate::ids::{DriveId, NodeId};
use crate::testing::{CountingIds, FixedClock, a_file, a_user};
use crate::tree::{
    Ancestor, Entered, Folder, Item, ItemKind, MAX_DEPTH, MAX_FOLDER_ENTRIES, MockNodeRepo, Seq,
};

/// What a future answers that has to wait for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

fn node(number: u64) -> NodeId {
    NodeId::new(CountingIds::nth(number))
}

fn name(text: &str) -> FileName {
    text.parse().unwrap()
}

fn folder(number: u64) -> Item {
    let drive = DriveId::of_user(a_user().id);
    let now = FixedClock::NEW_YEAR.now();
    Item::Folder(Folder::new(node(number), drive, NodeId::root(drive), name("folder"), now))
}

/// Nodes in which folder 1 is at this level, below the folders 2, 3 and so on.
fn at_level(level: u32) -> MockNodeRepo {
    let mut nodes = MockNodeRepo::new();
    let lineage: Vec<Ancestor> = (1..=u64::from(level) + 1)
        .map(|number| Ancestor { id: node(number), name: Some(name("folder")) })
        .collect();
    nodes.expect_lineage().with(eq(node(1))).returning(move |_| Ok(lineage.clone()));
    nodes
}

fn entered(nodes: u64) -> Entered {
    Entered { seq: Seq::new(1), nodes, storage: StorageUse::default() }
}

#[test]
fn a_folder_may_lie_at_the_deepest_level_and_none_below_it() {
    assert!(now(check_folder(&mut at_level(MAX_DEPTH - 1), node(1), 1)).is_ok());
    let refusal = now(check_folder(&mut at_level(MAX_DEPTH), node(1), 1));
    assert!(matches!(refusal, Err(Misplaced::TooDeep)), "{refusal:?}");
    assert!(now(check_folder(&mut at_level(0), node(1), MAX_DEPTH)).is_ok());
    let refusal = now(check_folder(&mut at_level(0), node(1), MAX_DEPTH + 1));
    assert!(matches!(refusal, Err(Misplaced::TooDeep)), "{refusal:?}");
    for level in [0, 1, MAX_DEPTH] {
        assert_eq!(now(levels_below(&mut at_level(level), node(1))).unwrap(), MAX_DEPTH - level);
    }
}

#[test]
fn no_folder_is_made_in_one_that_is_gone() {
    let mut nodes = MockNodeRepo::new();
    nodes.expect_lineage().return_once(|_| Ok(Vec::new()));
    let refusal = now(check_folder(&mut nodes, node(1), 1));
    assert!(matches!(refusal, Err(Misplaced::NoFolder)), "{refusal:?}");
}

#[test]
fn a_folder_is_not_moved_into_itself_or_below() {
    for moved in [1, 2, 3] {
        let refusal = now(check_subtree(&mut at_level(2), &folder(moved), node(1)));
        assert!(matches!(refusal, Err(Misplaced::IntoItself)), "{moved}: {refusal:?}");
    }
}

#[test]
fn what_is_below_a_moved_folder_counts_too() {
    for (height, fits) in [(MAX_DEPTH - 3, true), (MAX_DEPTH - 2, false)] {
        let mut nodes = at_level(2);
        nodes.expect_height().with(eq(node(9))).return_once(move |_| Ok(height));
        let moved = now(check_subtree(&mut nodes, &folder(9), node(1)));
        assert_eq!(moved.is_ok(), fits, "{height}: {moved:?}");
    }
}

#[test]
fn what_is_below_a_living_folder_is_looked_at_only_where_it_would_lie_deeper() {
    // Folder 1 is at level 2, and the folder is in the root.
    let mut deeper = at_level(2);
    deeper.expect_lineage().returning(|id| Ok(vec![Ancestor { id, name: None }]));
    deeper.expect_height().with(eq(node(9))).return_once(|_| Ok(MAX_DEPTH - 2));
    let refusal = now(check_living_subtree(&mut deeper, &folder(9), node(1)));
    assert!(matches!(refusal, Err(Misplaced::TooDeep)), "{refusal:?}");
    let beside = folder(9).placed(node(20), name("folder"));
    let mut along = at_level(2);
    let lineage: Vec<Ancestor> = [20, 21, 22].map(|number| Ancestor { id: node(number), name: None }).into();
    along.expect_lineage().returning(move |_| Ok(lineage.clone()));
    assert!(now(check_living_subtree(&mut along, &beside, node(1))).is_ok(), "it is on the same level");
    let inside = folder(9).placed(node(1), name("folder"));
    assert!(now(check_living_subtree(&mut at_level(2), &inside, node(1))).is_ok(), "it is there");
    for moved in [1, 2, 3] {
        let refusal = now(check_living_subtree(&mut at_level(2), &folder(moved), node(1)));
        assert!(matches!(refusal, Err(Misplaced::IntoItself)), "{moved}: {refusal:?}");
    }
    let mut gone = MockNodeRepo::new();
    gone.expect_lineage().returning(|_| Ok(Vec::new()));
    let refusal = now(check_living_subtree(&mut gone, &folder(9), node(1)));
    assert!(matches!(refusal, Err(Misplaced::NoFolder)), "{refusal:?}");
}

#[test]
fn a_file_may_lie_in_the_deepest_folder() {
    assert!(now(check_subtree(&mut MockNodeRepo::new(), &Item::File(a_file()), node(1))).is_ok());
}

#[test]
fn entries_are_counted_only_where_a_folder_may_be_full() {
    assert!(now(check_room(&mut MockNodeRepo::new(), &entered(MAX_FOLDER_ENTRIES - 1), node(1), 1)).is_ok());
    for (entries, fits) in [(MAX_FOLDER_ENTRIES - 1, true), (MAX_FOLDER_ENTRIES, false)] {
        let mut nodes = MockNodeRepo::new();
        nodes.expect_count_entries().return_once(move |_, _| Ok(entries));
        let room = now(check_room(&mut nodes, &entered(MAX_FOLDER_ENTRIES + 1), node(1), 1));
        assert_eq!(room.is_ok(), fits, "{entries}: {room:?}");
    }
}

#[test]
fn the_smallest_free_number_is_taken() {
    for (taken, expected) in [
        (&[][..], "a (2).txt"),
        (&["a (2).txt", "a (4).txt"][..], "a (3).txt"),
        (&["a (3).txt"][..], "a (2).txt"),
    ] {
        let taken: Vec<String> = taken.iter().map(|key| (*key).to_owned()).collect();
        let mut nodes = MockNodeRepo::new();
        nodes
            .expect_taken()
            .returning(move |_, keys| Ok(keys.iter().filter(|key| taken.contains(key)).cloned().collect()));
        let free = now(free_name(&mut nodes, node(1), &name("a.txt"), ItemKind::File)).unwrap();
        assert_eq!(free.as_str(), expected);
    }
}

#[test]
fn the_number_that_an_entry_has_is_free_to_it() {
    let beyond: Vec<String> = (2..=99).map(|number| format!("a ({number}).txt")).collect();
    let beyond: Vec<&str> = beyond.iter().map(String::as_str).collect();
    for (own, taken, expected) in [
        ("A (2).TXT", &["a (2).txt"][..], "a (2).txt"),
        ("a (3).txt", &["a (2).txt", "a (3).txt"][..], "a (3).txt"),
        ("a (3).txt", &["a (3).txt"][..], "a (2).txt"),
        ("b (2).txt", &["a (2).txt"][..], "a (3).txt"),
        ("a (02).txt", &["a (2).txt"][..], "a (3).txt"),
        ("a (42).txt", &beyond[..], "a (42).txt"),
        ("a (7000000).txt", &beyond[..], "a (100).txt"),
    ] {
        let taken: Vec<String> = taken.iter().map(|key| (*key).to_owned()).collect();
        let keys_taken = taken.clone();
        let mut nodes = MockNodeRepo::new();
        nodes
            .expect_taken()
            .returning(move |_, keys| Ok(keys.iter().filter(|key| taken.contains(key)).cloned().collect()));
        nodes.expect_free_number().returning(move |_, keys| {
            Ok(keys.numbers().find(|number| !keys_taken.contains(&keys.key(*number))))
        });
        let free = free_name_of_entry(&mut nodes, node(1), &name(own), &name("a.txt"), ItemKind::File);
        assert_eq!(now(free).unwrap().as_str(), expected, "{own}");
    }
}

#[test]
fn a_number_beyond_thousands_of_copies_is_asked_for_by_its_digits() {
    let mut nodes = MockNodeRepo::new();
    nodes.expect_taken().once().returning(|_, keys| Ok(keys.to_vec()));
    nodes.expect_free_number().times(3).returning(|folder, keys| {
        assert_eq!(folder, node(1));
        let first = *keys.numbers().start();
        assert_eq!(keys.key(first), format!("v1.2 ({first})"));
        Ok(Some(5_000).filter(|free| keys.numbers().contains(free)))
    });
    let free = now(free_name(&mut nodes, node(1), &name("V1.2"), ItemKind::Folder)).unwrap();
    assert_eq!(free.as_str(), "V1.2 (5000)");
}

#[test]
fn a_folder_without_a_free_number_has_more_entries_than_it_may_have() {
    let mut nodes = MockNodeRepo::new();
    nodes.expect_taken().returning(|_, keys| Ok(keys.to_vec()));
    nodes.expect_free_number().times(5).returning(|_, _| Ok(None));
    let none = now(free_name(&mut nodes, node(1), &name("a"), ItemKind::File));
    assert!(matches!(none, Err(PortError::Corrupt { what: "nodes", .. })), "{none:?}");
}
