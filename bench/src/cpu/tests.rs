#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::process::Command;

use super::{Counted, Processes, Stat, Used, all, of_tree, parse};

#[test]
fn times_are_read_behind_a_name_that_holds_anything() {
    let line = "4242 (a) S 7 (b) R 41 4242 41 0 -1 4194560 900 80 1 2 300 40 5 6 20 0 12 0 9000 1000000 500";
    assert_eq!(parse(line), Some(Stat { id: 4242, parent: 41, own: 340, ended: 11 }));
    assert_eq!(parse("4242 (cut) R 41 4242"), None);
    assert_eq!(parse(""), None);
}

#[test]
fn a_tree_counts_what_is_below_it_and_what_has_ended() {
    let stat = |id, parent, own, ended| Stat { id, parent, own, ended };
    // A grandchild may come before its parent in the list.
    let stats =
        [stat(5, 4, 1, 0), stat(1, 0, 1000, 500), stat(3, 1, 20, 7), stat(4, 3, 300, 0), stat(6, 1, 9, 9)];
    assert_eq!(of_tree(&stats, 3), Some(1 + 20 + 7 + 300));
    assert_eq!(of_tree(&stats, 6), Some(18));
    assert_eq!(of_tree(&stats, 2), None);
}

#[test]
fn what_was_used_meanwhile_is_shared_among_operations() {
    let (before, after) = (Used { program: 100.0, services: 50.0 }, Used { program: 300.0, services: 60.0 });
    assert_eq!(after.per_operation(before, 40.0), Used { program: 5.0, services: 0.25 });
}

#[test]
fn no_processes_have_used_nothing_that_could_be_told() {
    assert_eq!(Processes::default().used().unwrap(), None);
}

#[test]
fn a_process_that_was_started_is_below_this_one_and_not_part_of_it() {
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let stats = all();
    child.kill().unwrap();
    child.wait().unwrap();
    let stats = stats.unwrap();
    assert!(stats.iter().any(|stat| stat.id == child.id() && stat.parent == std::process::id()));
    let alone = Processes::new(&[Counted::Ourselves], &[]).used().unwrap().unwrap();
    assert!(alone.program >= 0.0 && alone.services <= 0.0, "{alone:?}");
    Processes::new(&[Counted::Tree(u32::MAX)], &[]).used().unwrap_err();
}
