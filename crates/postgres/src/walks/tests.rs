#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use diesel_async::RunQueryDsl as _;
use fm_domain::access::Right;
use fm_domain::ids::UserId;

use super::*;
use crate::drives::Stamp;
use crate::plans::{OWNER, filled, plan};
use crate::{subtree, trash};

#[tokio::test]
async fn ways_up_and_down_go_along_indexes() {
    let fixture = filled().await;
    let access = Access::on_behalf_of(UserId::new(OWNER), Right::Read);
    let root = NodeId::new(OWNER);
    let items = [root, NodeId::new(Uuid::from_u128(7))];
    let keys = ["a".to_owned(), "b".to_owned()];
    for (plan, index) in [
        (plan(&fixture, ancestors(&access, &items)).await, "nodes_pkey"),
        (plan(&fixture, resolve(&access, root, &keys, 2)).await, "nodes_parent_id_name_search_key"),
        (plan(&fixture, subtree::lineage(root)).await, "nodes_pkey"),
    ] {
        assert!(plan.contains(index) && !plan.contains("Seq Scan on nodes"), "{index}\n{plan}");
    }
}

/// Two folders have all entries there are: what the planner learns of them must not be what it expects of each.
#[tokio::test]
async fn one_large_folder_makes_no_walk_read_the_whole_table() {
    let fixture = filled().await;
    let access = Access::on_behalf_of(UserId::new(OWNER), Right::Read);
    let folder = NodeId::new(Uuid::from_u128(7));
    let inside = Stamp { drives: vec![OWNER], seqs: vec![1] };
    for plan in [
        plan(&fixture, subtree::height(folder)).await,
        plan(&fixture, subtree::mark(folder, 1001, inside)).await,
        plan(&fixture, usage(&access, folder)).await,
        plan(&fixture, trash::find(&access, folder)).await,
    ] {
        assert!(plan.contains("nodes entry") || plan.contains("nodes folder"), "{plan}");
        assert!(!plan.contains("Seq Scan on nodes"), "{plan}");
    }
}

#[tokio::test]
async fn statements_are_not_compiled() {
    let fixture = filled().await;
    let mut lease = fixture.pool.lease().await.unwrap();
    let jit = diesel::dsl::sql::<Text>("SELECT current_setting('jit')");
    let jit: String = lease.run(|connection| jit.get_result(connection)).await.unwrap();
    assert_eq!(jit, "off", "a wrong estimate costs a second otherwise");
}
