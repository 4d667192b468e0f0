use super::{Delta, Seq};
use crate::accounts::StorageUse;
use crate::body::ByteSize;

const fn bytes(count: u64) -> ByteSize {
    ByteSize::new(count)
}

#[test]
fn a_delta_moves_every_counter_and_none_below_zero() {
    let storage = StorageUse {
        used: bytes(100),
        trash: bytes(30),
        versions: bytes(20),
        reserved: bytes(10),
        file_count: 3,
    };
    let delta = Delta { unreserve: bytes(4), used: 50, trash: -10, versions: 5, files: -1, nodes: 7 };
    let expected = StorageUse {
        used: bytes(150),
        trash: bytes(20),
        versions: bytes(25),
        reserved: bytes(6),
        file_count: 2,
    };
    assert_eq!(delta.applied_to(storage), expected);
    let all = Delta { unreserve: bytes(11), used: -101, trash: -31, versions: -21, files: -4, nodes: -1 };
    assert_eq!(all.applied_to(storage), StorageUse::default());
}

#[test]
fn a_delta_grows_only_beyond_what_was_reserved_for_it() {
    let file = Delta::new_file(bytes(10));
    assert!(file.grows());
    assert!(!file.unreserving(bytes(10)).grows());
    assert!(file.unreserving(bytes(9)).grows());
    assert!(!Delta::new_file(bytes(0)).grows());
    assert!(!Delta::new_folders(3).grows());
}

#[test]
fn a_delta_and_its_reverse_leave_the_counters_as_they_were() {
    let storage = StorageUse { used: bytes(100), file_count: 3, ..StorageUse::default() };
    let delta = Delta { used: 7, trash: 5, versions: 3, files: 2, nodes: 4, ..Delta::default() };
    assert_eq!(delta.reversed().applied_to(delta.applied_to(storage)), storage);
}

#[test]
fn numbers_of_changes_follow_one_another() {
    assert_eq!(Seq::default().next(), Seq::new(1));
    assert!(Seq::new(1) < Seq::new(1).next());
    assert_eq!(Seq::new(5).number(), 5);
}
