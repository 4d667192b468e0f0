use super::*;
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
