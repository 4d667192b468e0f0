use fm_domain::access::Right;
use fm_domain::ids::UserId;

use super::*;
use crate::plans::{OWNER, filled, plan};
use crate::subtree;

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
