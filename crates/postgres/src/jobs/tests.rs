use super::has_living;
use crate::plans::{filled, plan};

#[tokio::test]
async fn a_unique_name_is_found_along_its_index() {
    let fixture = filled().await;
    let plan = plan(&fixture, has_living("make_preview:a:small".to_owned())).await;
    assert!(plan.contains("using jobs_unique_name_key") && !plan.contains("Seq Scan"), "{plan}");
}
