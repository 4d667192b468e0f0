#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use mockall::predicate::eq;
use proptest::collection::hash_set;
use proptest::prelude::*;

use super::{
    FreeName, Misplaced, check_folder, check_living_subtree, check_room, check_subtree, free_name,
    free_name_of_entry, levels_below, next_name,
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
        assert_eq!(now(levels_below(&mut at_level(level), node(1))).unwrap().0, MAX_DEPTH - level);
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

/// How many keys each statement asked for.
type Rounds = Arc<Mutex<Vec<usize>>>;

/// Nodes in which so numbered entries of folder 1 are called `a (2).txt` and so on.
fn numbered(is_taken: impl Fn(u64) -> bool + Send + 'static) -> (MockNodeRepo, Rounds) {
    let rounds = Rounds::default();
    let asked = rounds.clone();
    let mut nodes = MockNodeRepo::new();
    nodes.expect_taken().returning(move |folder, keys| {
        assert_eq!(folder, node(1));
        asked.lock().unwrap().push(keys.len());
        Ok(keys.iter().filter(|key| is_taken(number_in(key.as_str()))).cloned().collect())
    });
    (nodes, rounds)
}

/// The number in `a (2).txt`.
fn number_in(key: &str) -> u64 {
    key.strip_prefix("a (").unwrap().strip_suffix(").txt").unwrap().parse().unwrap()
}

/// The free number of `a.txt` in folder 1.
fn free_near(nodes: &mut MockNodeRepo, near: Option<u64>) -> u64 {
    let free = now(free_name(nodes, node(1), &name("a.txt"), ItemKind::File, near)).unwrap();
    let FreeName { name, number } = free;
    assert_eq!(number_in(name.as_str()), number);
    number
}

fn free(nodes: &mut MockNodeRepo) -> u64 {
    free_near(nodes, None)
}

#[test]
fn without_gaps_the_smallest_free_number_is_found_in_few_statements() {
    for (last, statements) in [
        (1, 1),
        (2, 1),
        (15, 1),
        (16, 1),
        (17, 2),
        (31, 2),
        (32, 2),
        (99, 2),
        (5_000, 3),
        (MAX_FOLDER_ENTRIES, 4),
        (1_000_000, 5),
    ] {
        let (mut nodes, rounds) = numbered(move |number| number <= last);
        assert_eq!(free(&mut nodes), last + 1);
        let rounds = rounds.lock().unwrap();
        assert_eq!(rounds.len(), statements, "{last}: {rounds:?}");
        assert!(rounds.iter().all(|keys| *keys <= 64), "{last}: {rounds:?}");
    }
}

#[test]
fn behind_the_number_of_some_time_ago_the_smallest_free_one_is_found_in_one_statement() {
    for (last, near) in
        [(5_000, 5_000), (5_000, 4_994), (17, 17), (17, 11), (MAX_FOLDER_ENTRIES, MAX_FOLDER_ENTRIES)]
    {
        let (mut nodes, rounds) = numbered(move |number| number <= last);
        assert_eq!(free_near(&mut nodes, Some(near)), last + 1);
        let rounds = rounds.lock().unwrap();
        assert_eq!(rounds.len(), 1, "{last} near {near}: {rounds:?}");
        assert!(rounds[0] <= 8, "{last} near {near}: {rounds:?}");
    }
}

#[test]
fn a_number_that_others_have_passed_or_that_is_free_again_leads_to_the_same_one() {
    for near in [0, 2, 40, 900, 4_000, 5_002, 70_000, u64::MAX] {
        let (mut nodes, rounds) = numbered(|number| number <= 5_000);
        assert_eq!(free_near(&mut nodes, Some(near)), 5_001, "near {near}");
        assert!(rounds.lock().unwrap().iter().all(|keys| *keys <= 64));
    }
    let (mut nodes, _) = numbered(|number| number <= 5_000 && number != 3);
    assert_eq!(free_near(&mut nodes, Some(4_000)), 3, "where it is searched for, a gap up to 17 is filled");
}

#[test]
fn the_next_name_has_the_number_behind_the_last_one() {
    let next = |last| next_name(&name("A.txt"), ItemKind::File, last);
    let keys = ["a.txt", "a (9).txt"].map(str::to_owned);
    assert_eq!(next(9), Some((name("A (10).txt"), keys)));
    for none in [0, 1, (1 << 20) + MAX_FOLDER_ENTRIES, u64::MAX] {
        assert_eq!(next(none), None, "behind {none}");
    }
}

#[test]
fn up_to_17_a_gap_is_filled() {
    for (gap, last) in [(2, 3), (3, 17), (17, 5_000)] {
        let (mut nodes, rounds) = numbered(move |number| number <= last && number != gap);
        assert_eq!(free(&mut nodes), gap);
        assert_eq!(rounds.lock().unwrap().len(), 1);
    }
}

#[test]
fn beyond_17_a_number_after_a_taken_one_is_found() {
    // 32 is free, and 18 directly follows what is taken.
    let (mut nodes, _) = numbered(|number| number <= 17 || number == 64);
    assert_eq!(free(&mut nodes), 18);
    // Both 40 and 61 are free and follow a taken one; no number between 32 and 64 is left out of what is asked.
    let (mut nodes, _) = numbered(|number| number <= 60 && number != 40);
    assert_eq!(free(&mut nodes), 40);
    // Of larger ranges not each number is asked for: the gap is not seen.
    let (mut nodes, _) = numbered(|number| number <= 5_000 && number != 3_000);
    assert_eq!(free(&mut nodes), 5_001);
}

#[test]
fn where_all_powers_of_two_are_taken_the_numbers_after_them_are_asked_for() {
    for last in [1 << 20, (1 << 20) + 64, (1 << 20) + 100] {
        let (mut nodes, rounds) = numbered(move |number| {
            number <= 17 || number.is_power_of_two() || ((1 << 20)..=last).contains(&number)
        });
        assert_eq!(free(&mut nodes), last + 1);
        assert!(rounds.lock().unwrap().iter().all(|keys| *keys <= 64));
    }
}

#[test]
fn a_folder_without_a_free_number_has_more_entries_than_it_may_have() {
    let mut nodes = MockNodeRepo::new();
    let most = Arc::new(Mutex::new(0));
    let asked = Arc::clone(&most);
    nodes.expect_taken().returning(move |_, keys| {
        *asked.lock().unwrap() += keys.len() as u64;
        Ok(keys.to_vec())
    });
    let none = now(free_name(&mut nodes, node(1), &name("a"), ItemKind::File, None));
    assert!(matches!(none, Err(PortError::Corrupt { what: "nodes", .. })), "{none:?}");
    assert!(*most.lock().unwrap() > MAX_FOLDER_ENTRIES);
}

/// Nodes in which these keys are taken.
fn with_taken(taken: Vec<String>) -> MockNodeRepo {
    let taken: HashSet<String> = taken.into_iter().collect();
    let mut nodes = MockNodeRepo::new();
    nodes
        .expect_taken()
        .returning(move |_, keys| Ok(keys.iter().filter(|key| taken.contains(*key)).cloned().collect()));
    nodes
}

#[test]
fn each_number_is_looked_for_under_the_stem_that_its_digits_leave() {
    for (long, kind) in [
        (format!("{}.txt", "X".repeat(FileName::MAX_CHARS - 4)), ItemKind::File),
        ("É".repeat(255), ItemKind::Folder),
    ] {
        let long = name(&long);
        for last in [9, 10, 99, 100, 1_000] {
            let taken = (2..=last).map(|number| long.numbered(number, kind.numbering()).search_key());
            let free = now(free_name(&mut with_taken(taken.collect()), node(1), &long, kind, None)).unwrap();
            assert_eq!(free.name, long.numbered(last + 1, kind.numbering()));
        }
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
        let mut nodes = with_taken(taken.iter().map(|key| (*key).to_owned()).collect());
        let (own_name, wanted) = (name(own), name("a.txt"));
        let free = free_name_of_entry(&mut nodes, node(1), &own_name, &wanted, ItemKind::File);
        assert_eq!(now(free).unwrap().name.as_str(), expected, "{own}");
    }
}

proptest! {
    #[test]
    fn a_number_is_free_and_follows_a_taken_one(
        last in 1_u64..3_000,
        others in hash_set(2_u64..4_000, 0..300),
        powers in any::<u64>(),
    ) {
        let is_taken = move |number: u64| {
            number <= last || others.contains(&number) || (number.is_power_of_two() && number & powers != 0)
        };
        let (mut nodes, rounds) = numbered(is_taken.clone());
        let found = free(&mut nodes);
        prop_assert!(!is_taken(found));
        prop_assert!(is_taken(found - 1));
        let smallest = (2..=u64::from(u32::MAX)).find(|number| !is_taken(*number)).unwrap();
        prop_assert!(found == smallest || smallest > 17, "{found} for {smallest}");
        let rounds = rounds.lock().unwrap();
        prop_assert!(rounds.len() <= 5 && rounds.iter().all(|keys| *keys <= 64), "{rounds:?}");
    }
}
