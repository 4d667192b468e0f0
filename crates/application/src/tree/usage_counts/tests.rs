#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use super::{AWAITED_FOR, CountedUsage, MOST_FOLDERS, UsageCounts};
use crate::fixture::unavailable;
use crate::tree::fixture::{before, node};
use fm_domain::body::ByteSize;
use fm_domain::ids::NodeId;
use fm_domain::tree::{Seq, Usage};

fn counted(seq: u64) -> CountedUsage {
    let usage = Usage { files: 1, folders: 0, size: ByteSize::new(5), seq: Seq::new(seq) };
    CountedUsage { usage, at: before() }
}

/// What is known as soon as the folder was counted.
fn known(counts: &UsageCounts, folder: NodeId, seq: Seq) -> Option<CountedUsage> {
    counts.known(folder, seq, before())
}

#[test]
fn a_usage_holds_until_its_drive_has_changed() {
    let counts = UsageCounts::default();
    assert_eq!(known(&counts, node(1), Seq::new(1)), None);
    counts.end(node(1), &Ok(Some(counted(7))));
    for seq in [6, 7] {
        assert_eq!(known(&counts, node(1), Seq::new(seq)), Some(counted(7)), "{seq}");
    }
    assert_eq!(known(&counts, node(1), Seq::new(8)), None);
    assert_eq!(known(&counts, node(2), Seq::new(7)), None, "another folder");
}

#[test]
fn of_a_folder_one_count_is_under_way_at_one_time() {
    let counts = UsageCounts::default();
    assert!(counts.running(node(1)).is_none());
    let (ended, first) = counts.join(node(1));
    assert!(counts.running(node(1)).is_some());
    let (joined, second) = counts.join(node(1));
    assert!(second.is_none());
    assert!(counts.join(node(2)).1.is_some(), "another folder");
    counts.end(node(1), &Ok(Some(counted(7))));
    first.unwrap().send_replace(Some(Ok(Some(counted(7)))));
    for receiver in [ended, joined] {
        assert!(matches!(*receiver.borrow(), Some(Ok(Some(found))) if found == counted(7)));
    }
    assert!(counts.join(node(1)).1.is_some(), "it has ended");
}

#[test]
fn after_a_count_that_panicked_another_begins() {
    let counts = UsageCounts::default();
    drop(counts.join(node(1)).1);
    assert!(counts.join(node(1)).1.is_some());
}

#[test]
fn what_a_client_comes_back_for_is_answered_once_whatever_changed_meanwhile() {
    let counts = UsageCounts::default();
    let _running = counts.join(node(1));
    counts.await_later(node(1));
    counts.end(node(1), &Ok(Some(counted(7))));
    assert_eq!(known(&counts, node(1), Seq::new(9)), Some(counted(7)));
    assert_eq!(known(&counts, node(1), Seq::new(9)), None);
    counts.await_later(node(1));
    assert_eq!(known(&counts, node(1), Seq::new(9)), Some(counted(7)), "it had ended just then");
}

#[test]
fn a_client_who_does_not_come_back_soon_leaves_no_old_figures_to_others() {
    let counts = UsageCounts::default();
    for (waited, answer) in [(AWAITED_FOR / 2, Some(counted(7))), (AWAITED_FOR, None)] {
        let _running = counts.join(node(1));
        counts.await_later(node(1));
        counts.end(node(1), &Ok(Some(counted(7))));
        assert_eq!(counts.known(node(1), Seq::new(9), before().plus(waited)), answer, "{waited:?}");
    }
    assert_eq!(counts.known(node(1), Seq::new(7), before().plus(AWAITED_FOR * 60)), Some(counted(7)));
}

#[test]
fn a_count_that_failed_is_forgotten() {
    let counts = UsageCounts::default();
    for ended in [Ok(None), Err(Arc::new(unavailable()))] {
        let _running = counts.join(node(1));
        counts.end(node(1), &ended);
        assert_eq!(known(&counts, node(1), Seq::new(0)), None);
        assert!(counts.join(node(1)).1.is_some());
        counts.end(node(1), &ended);
    }
}

#[test]
fn so_many_folders_are_remembered_and_no_more() {
    let counts = UsageCounts::default();
    for number in 0..=MOST_FOLDERS as u64 {
        counts.end(node(number), &Ok(Some(counted(7))));
    }
    assert_eq!(known(&counts, node(0), Seq::new(7)), None);
    assert_eq!(known(&counts, node(MOST_FOLDERS as u64), Seq::new(7)), Some(counted(7)));
}
