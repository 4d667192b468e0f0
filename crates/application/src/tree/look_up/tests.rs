#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{LookUp, LookUpCommand};
use crate::fixture::actor;
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use crate::tree::fixture::{drive, node};
use fm_domain::ids::NodeId;
use fm_domain::testing::{FakeReads, a_file};
use fm_domain::tree::{Item, TreePath};

async fn look_up(from: Option<NodeId>, start: NodeId, found: Option<Item>) -> Result<(), TreeError> {
    let mut reads = FakeReads::default();
    reads.tree.expect_resolve().times(1).return_once(move |_, from, keys| {
        assert_eq!((from, keys), (start, &["work".to_owned(), "a.pdf".to_owned()][..]));
        Ok(found)
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    let command = LookUpCommand { from, path: TreePath::of_stored("/Work/A.pdf").unwrap() };
    LookUp::new(&doubles.ports(), &settings()).run(&actor(), command).await.map(drop)
}

#[tokio::test]
async fn a_path_begins_at_the_root_or_where_it_is_told() {
    let found = || Some(Item::File(a_file()));
    assert!(look_up(None, NodeId::root(drive()), found()).await.is_ok());
    assert!(look_up(Some(node(4)), node(4), found()).await.is_ok());
}

#[tokio::test]
async fn a_path_may_lead_nowhere() {
    assert!(matches!(look_up(None, NodeId::root(drive()), None).await, Err(TreeError::NotFound)));
}
