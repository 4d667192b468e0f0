use super::Measure;
use crate::accounts::StorageUse;
use crate::body::ByteSize;

const fn bytes(count: u64) -> ByteSize {
    ByteSize::new(count)
}

const STORAGE: StorageUse =
    StorageUse { used: bytes(100), trash: bytes(0), versions: bytes(30), reserved: bytes(0), file_count: 5 };

const MEASURE: Measure = Measure { nodes: 4, files: 2, bytes: bytes(40), version_bytes: bytes(20) };

#[test]
fn the_trash_counts_versions_too_and_takes_nothing_from_the_total() {
    let trashed = MEASURE.into_trash().applied_to(STORAGE);
    assert_eq!((trashed.used, trashed.trash, trashed.versions), (bytes(100), bytes(60), bytes(10)));
    assert_eq!(trashed.file_count, 3);
    assert_eq!(MEASURE.into_trash().reversed().applied_to(trashed), STORAGE);
}

#[test]
fn what_is_removed_from_the_trash_is_no_longer_used() {
    let trashed = MEASURE.into_trash().applied_to(STORAGE);
    let removed = MEASURE.out_of_drive().applied_to(trashed);
    assert_eq!((removed.used, removed.trash, removed.versions), (bytes(40), bytes(0), bytes(10)));
    assert_eq!(removed.file_count, 3);
    assert_eq!(MEASURE.out_of_drive().nodes, -4);
}

#[test]
fn measures_add_up() {
    let twice = MEASURE.plus(MEASURE);
    assert_eq!(twice, Measure { nodes: 8, files: 4, bytes: bytes(80), version_bytes: bytes(40) });
    assert_eq!(MEASURE.plus(Measure::default()), MEASURE);
}
