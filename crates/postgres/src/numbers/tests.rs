#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::files::{FileName, Numbering};

use super::*;
use crate::plans::{OWNER, filled, plan};

#[test]
fn the_number_at_the_first_gap_is_free_or_the_one_after_the_last() {
    let name: FileName = "a".parse().unwrap();
    let keys = name.numbered_keys(2, Numbering::AtEnd);
    for (row, expected) in [
        ((0, None), Some(10)),
        ((5, None), Some(15)),
        ((5, Some(1)), Some(10)),
        ((5, Some(4)), Some(13)),
        ((89, None), Some(99)),
        ((90, None), None),
    ] {
        assert_eq!(free(&keys, row).unwrap(), expected, "{row:?}");
    }
}

#[tokio::test]
async fn numbers_are_looked_for_along_the_keys_of_their_name_alone() {
    let fixture = filled().await;
    let name: FileName = "8.png".parse().unwrap();
    for digits in 2..=6 {
        let keys = name.numbered_keys(digits, Numbering::BeforeExtension);
        let plan = plan(&fixture, taken(NodeId::new(OWNER), &keys)).await;
        assert!(plan.contains("nodes_parent_id_name_search_key"), "{plan}");
        assert!(!plan.contains("Seq Scan on nodes"), "{plan}");
    }
}
