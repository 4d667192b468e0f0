use super::*;
use crate::plans::common::Fixture;
use crate::plans::{OWNER, filled, plan};

#[tokio::test]
async fn taken_keys_are_looked_for_one_by_one() {
    let fixture = filled().await;
    let keys: Vec<String> = (2..66).map(|number| format!("8 ({number}).png")).collect();
    let values = (typed::<Array<Text>, _>(keys), typed::<SqlUuid, _>(OWNER));
    let plan = plan(&fixture, statement::<Text, _>(TAKEN, values)).await;
    assert!(plan.contains("nodes_parent_id_name_search_key"), "{plan}");
    assert!(!plan.contains("Seq Scan on nodes"), "{plan}");
}

/// Connections keep their plans, and the first uploads of an installation make them.
#[tokio::test]
async fn an_empty_table_is_not_read_whole() {
    let fixture = Fixture::fresh().await;
    let values = (typed::<Array<Text>, _>(vec!["a (2).png".to_owned()]), typed::<SqlUuid, _>(OWNER));
    let plan = plan(&fixture, statement::<Text, _>(TAKEN, values)).await;
    assert!(plan.contains("nodes_parent_id_name_search_key"), "{plan}");
    assert!(!plan.contains("Seq Scan on nodes"), "{plan}");
}
