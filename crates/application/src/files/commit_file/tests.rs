#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::fingerprint;
use crate::fixture::access;
use fm_domain::access::Right;
use fm_domain::files::Sha256;
use fm_domain::ids::NodeId;
use fm_domain::testing::CountingIds;
use fm_domain::tree::{OnConflict, Placing, TreePath};

#[test]
fn uploads_into_other_folders_are_others_and_those_into_the_root_are_told_by_their_bytes() {
    let (bytes, access) = (Sha256::new([7; 32]), access(Right::Write));
    let of = |placing: Placing| fingerprint(bytes, &access, &placing);
    let root = Some(NodeId::root(access.drive()));
    assert_eq!(of(Placing::default()), bytes);
    assert_eq!(of(Placing { parent: root, ..Placing::default() }), bytes);
    assert_eq!(of(Placing { on_conflict: OnConflict::Fail, ..Placing::default() }), bytes);
    let folder = Placing { parent: Some(NodeId::new(CountingIds::nth(3))), ..Placing::default() };
    let path = |text| Placing { path: TreePath::parse(text).unwrap(), ..Placing::default() };
    let all = [
        bytes,
        of(folder.clone()),
        of(path("a/b")),
        of(path("a")),
        of(Placing { path: TreePath::parse("a").unwrap(), ..folder }),
    ];
    for (place, one) in all.iter().enumerate() {
        assert!(!all[..place].contains(one), "the one at {place} is as another");
    }
    assert_eq!(of(path("A/b")), of(path("a/B")), "they name one folder");
}
