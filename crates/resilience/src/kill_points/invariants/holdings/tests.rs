//! Counters and references that do not add up.

use fm_domain::ids::FileId;
use fm_domain::testing::a_file;
use uuid::Uuid;

use super::*;

/// A living file of five bytes with an old version of three, and another file in the trash: all of one blob.
fn holdings() -> Holdings {
    let living = a_file();
    let trashed = File { id: FileId::new(Uuid::from_u128(7)), ..a_file() };
    let older = File { size: ByteSize::new(3), ..living.clone() };
    Holdings {
        versions: vec![Version::of(&older, older.updated_at)],
        previews: Vec::new(),
        living: BTreeSet::from([living.id.into()]),
        files: vec![living, trashed],
    }
}

/// What an account counts that has these, and an upload under way.
fn counted() -> StorageUse {
    StorageUse {
        used: ByteSize::new(13),
        trash: ByteSize::new(5),
        versions: ByteSize::new(3),
        reserved: ByteSize::new(2),
        file_count: 1,
    }
}

#[test]
fn counters_that_add_up_are_sound() {
    assert_eq!(holdings().are_counted(&counted()), Ok(()));
}

#[test]
fn each_counter_that_does_not_add_up_is_caught() {
    let changes: [fn(&mut StorageUse); 4] = [
        |storage| storage.used = ByteSize::new(14),
        |storage| storage.trash = ByteSize::ZERO,
        |storage| storage.versions = ByteSize::new(8),
        |storage| storage.file_count = 2,
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let mut storage = counted();
        change(&mut storage);
        assert!(holdings().are_counted(&storage).is_err(), "change {place}");
    }
}

#[test]
fn each_row_that_needs_a_blob_refers_to_it() {
    let holdings = holdings();
    assert_eq!(holdings.references().into_values().collect::<Vec<_>>(), [3]);
    assert_eq!(holdings.blobs().len(), 1);
}
