use super::{IncompleteTop, TrashColumns};
use crate::archive::{ArchivedNode, ArchivedTrash};
use crate::clock::Clock as _;
use crate::ids::NodeId;
use crate::testing::{CountingIds, FixedClock, a_file};
use crate::tree::Seq;

fn archived(trash: Option<ArchivedTrash>) -> ArchivedNode {
    ArchivedNode { item: a_file().into(), changed: Seq::new(1), trash, thumbnail_size: None }
}

fn a_top() -> ArchivedTrash {
    ArchivedTrash::Top { at: FixedClock::NEW_YEAR.now(), path: "/hello.txt".to_owned() }
}

#[test]
fn what_is_written_is_read_again() {
    let top = NodeId::new(CountingIds::nth(7));
    for trash in [None, Some(a_top()), Some(ArchivedTrash::Below { top })] {
        let node = archived(trash.clone());
        assert_eq!(node.trash_columns().read(node.item.id()), Ok(trash));
    }
}

#[test]
fn a_top_without_its_time_or_its_path_is_refused() {
    let node = archived(Some(a_top()));
    let whole = node.trash_columns();
    for columns in [TrashColumns { at: None, ..whole }, TrashColumns { path: None, ..whole }] {
        assert_eq!(columns.read(node.item.id()), Err(IncompleteTop), "{columns:?}");
    }
}

#[test]
fn a_top_alone_has_left_its_folder() {
    let parent = Some(a_file().parent);
    let top = NodeId::new(CountingIds::nth(7));
    assert_eq!(archived(Some(a_top())).folder_columns(), (None, parent));
    for trash in [None, Some(ArchivedTrash::Below { top })] {
        assert_eq!(archived(trash).folder_columns(), (parent, None));
    }
}
