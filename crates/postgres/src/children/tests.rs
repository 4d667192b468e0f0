#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::access::Right;
use fm_domain::body::ByteSize;
use fm_domain::ids::UserId;

use super::*;
use crate::plans::{OWNER, filled, plan};

const ROOT: NodeId = NodeId::new(OWNER);

#[tokio::test]
async fn a_page_by_name_is_a_walk_along_the_index_for_each_kind() {
    let fixture = filled().await;
    let access = Access::on_behalf_of(UserId::new(OWNER), Right::Read);
    let middle = |kind| ChildKey {
        kind,
        value: ChildValue::Name("8".to_owned()),
        id: NodeId::new(Uuid::from_u128(u128::MAX / 2)),
    };
    for order in [SortOrder::Ascending, SortOrder::Descending] {
        for (mixed, after) in
            [(false, None), (false, Some(ItemKind::File)), (false, Some(ItemKind::Folder)), (true, None)]
        {
            let after = after.map(middle);
            let page = ChildPage { sort: ChildSort::Name, order, mixed, after: after.clone(), limit: 51 };
            let list = ChildList::of(&access, ROOT, ChildFilter::default(), &page);
            let plan = plan(&fixture, list.unwrap()).await;
            assert!(plan.contains("using nodes_parent_id_kind_name_sort_idx"), "{after:?}\n{plan}");
            assert!(!plan.contains("Seq Scan on nodes"), "{after:?}\n{plan}");
            // The place is where the walk begins, not what it throws away.
            assert!(!plan.contains("Filter: (ROW("), "{after:?}\n{plan}");
        }
    }
}

#[tokio::test]
async fn a_page_of_a_folder_in_the_trash_reads_the_entries_of_that_folder_alone() {
    let fixture = filled().await;
    let page = ChildPage {
        sort: ChildSort::Name,
        order: SortOrder::Ascending,
        mixed: false,
        after: None,
        limit: 51,
    };
    let folder = NodeId::new(Uuid::from_u128(7));
    let plan = plan(&fixture, TrashedChildList::of(folder, folder, &page).unwrap()).await;
    let found = plan.matches("using nodes_parent_id_name_search_key on nodes page").count()
        + plan.matches("on nodes_parent_id_name_search_key").count();
    assert!(found >= 2 && !plan.contains("Seq Scan on nodes"), "not all of a trash is looked for\n{plan}");
}

#[test]
fn no_folder_comes_after_a_file_unless_they_are_mixed() {
    let after = ChildKey { kind: ItemKind::File, value: ChildValue::Size(ByteSize::ZERO), id: ROOT };
    let page = |mixed| ChildPage {
        sort: ChildSort::Size,
        order: SortOrder::Ascending,
        mixed,
        after: Some(after.clone()),
        limit: 5,
    };
    let kinds = |filter: &ChildFilter, mixed| {
        let entries = Entries::of(ROOT, None, *filter, &page(mixed));
        entries.map(|entries| entries.parts.iter().map(|part| part.kind).collect::<Vec<_>>())
    };
    let all = ChildFilter::default();
    assert_eq!(kinds(&all, false), Some(vec![ItemKind::File]));
    assert_eq!(kinds(&all, true), Some(vec![ItemKind::Folder, ItemKind::File]));
    let folders = ChildFilter { kind: Some(ItemKind::Folder) };
    assert_eq!(kinds(&folders, false), None, "none is left");
}
