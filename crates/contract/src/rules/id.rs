//! ID: ids and randomness.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;

use uuid::{Uuid, Variant};

use crate::harness::IdSourceHarness;

pub(crate) async fn id_01_every_id_is_a_uuid_of_version_7<H: IdSourceHarness>(harness: &H) {
    let ids = harness.ids();
    for _ in 0..100 {
        let id = ids.uuid();
        assert_eq!(id.get_version_num(), 7, "{id}");
        assert_eq!(id.get_variant(), Variant::RFC4122, "{id}");
    }
}

pub(crate) async fn id_02_no_id_is_given_twice_however_many_ask<H: IdSourceHarness>(harness: &H) {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let ids = harness.ids();
            thread::spawn(move || (0..5_000).map(|_| ids.uuid()).collect::<Vec<Uuid>>())
        })
        .collect();
    let given: Vec<Uuid> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let different: HashSet<&Uuid> = given.iter().collect();
    assert_eq!(different.len(), given.len(), "some id was given twice");
}

pub(crate) async fn id_03_later_ids_sort_after_earlier_ones<H: IdSourceHarness>(harness: &H) {
    let ids = harness.ids();
    let given: Vec<Uuid> = (0..10_000).map(|_| ids.uuid()).collect();
    assert!(given.is_sorted_by(|earlier, later| earlier < later), "a later id sorts before an earlier one");
}

pub(crate) async fn id_04_random_bytes_do_not_repeat<H: IdSourceHarness>(harness: &H) {
    let ids: Arc<_> = harness.ids();
    let given: HashSet<[u8; 32]> = (0..1_000).map(|_| ids.random()).collect();
    assert_eq!(given.len(), 1_000, "32 random bytes came twice");
    for place in 0..32 {
        let values: HashSet<u8> = given.iter().map(|bytes| bytes[place]).collect();
        assert!(values.len() > 100, "byte {place} takes {} values alone", values.len());
    }
}
