#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_api_types::FolderKind;
use fm_application::tree::{FolderView, ItemList, ItemView};
use fm_domain::ids::{DriveId, NodeId, UserId};
use fm_domain::testing::CountingIds;
use fm_domain::tree::{Folder, Seq};
use proptest::prelude::*;

use super::{folder, item_list};
use crate::output::about::About;
use crate::output::file::tests::{
    BASE_PATH, ancestor, any_about, any_name, any_time, any_view, body as file_body,
};

/// What clients are promised of a folder.
fn body(view: &FolderView, about: &About) -> fm_api_types::Folder {
    let folder = &view.folder;
    fm_api_types::Folder {
        id: folder.id.uuid(),
        kind: FolderKind::Folder,
        drive_id: folder.drive.uuid(),
        parent_id: folder.parent.map(NodeId::uuid),
        name: folder.name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
        created_at: folder.created_at.into(),
        updated_at: folder.updated_at.into(),
        modified_at: folder.modified_at.into(),
        role: "owner".to_owned(),
        shared: false,
        favorite: false,
        trashed_at: None,
        path: about.path.clone(),
        ancestors: about.ancestors.as_ref().map(|all| all.iter().map(ancestor).collect()),
        requested_name: about.requested_name.as_ref().map(|name| name.as_str().to_owned()),
    }
}

fn item_body(view: &ItemView, about: &About) -> fm_api_types::Item {
    match view {
        ItemView::File(file) => fm_api_types::Item::File(Box::new(file_body(file, about))),
        ItemView::Folder(folder) => fm_api_types::Item::Folder(Box::new(body(folder, about))),
    }
}

/// A folder, and of one in five the root.
fn any_folder() -> impl Strategy<Value = FolderView> {
    let place = proptest::option::weighted(0.8, (any::<u64>(), any_name()));
    (place, any::<u64>(), (any_time(), any_time(), any_time())).prop_map(|(place, drive, times)| {
        let drive = DriveId::of_user(UserId::new(CountingIds::nth(drive)));
        let root = Folder::root(drive, times.0);
        let folder = match place {
            Some((parent, name)) => {
                let (id, parent) = (NodeId::new(CountingIds::nth(7)), NodeId::new(CountingIds::nth(parent)));
                Folder::new(id, drive, parent, name, times.0)
            }
            None => root,
        };
        FolderView { folder: Folder { updated_at: times.1, modified_at: times.2, ..folder } }
    })
}

fn any_item() -> impl Strategy<Value = ItemView> {
    prop_oneof![any_folder().prop_map(ItemView::Folder), any_view().prop_map(ItemView::File)]
}

/// What an upload asked for is no business of folders.
fn of_folder(about: About) -> About {
    About { requested_name: None, moved_from: None, ..about }
}

proptest! {
    #[test]
    fn a_folder_is_written_as_its_body_promises(view in any_folder(), about in any_about()) {
        let about = of_folder(about);
        let promised = serde_json::to_string(&body(&view, &about)).unwrap();
        prop_assert_eq!(String::from_utf8(folder(&view, &about).unwrap()).unwrap(), promised);
    }

    #[test]
    fn a_page_of_items_is_written_as_its_body_promises(
        entries in proptest::collection::vec((any_item(), any_about()), 0..4),
        next_cursor in proptest::option::of("\\PC{0,20}"),
    ) {
        let (items, about): (Vec<ItemView>, Vec<About>) =
            entries.into_iter().map(|(view, about)| (view, of_folder(about))).unzip();
        let promised = fm_api_types::ItemList {
            items: items.iter().zip(&about).map(|(view, about)| item_body(view, about)).collect(),
            next_cursor: next_cursor.clone(),
        };
        let written = item_list(&ItemList { items, next_cursor, seq: Seq::new(1) }, &about, BASE_PATH).unwrap();
        prop_assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&promised).unwrap());
    }

    #[test]
    fn an_item_is_read_back_as_what_it_is(view in any_item()) {
        let list = ItemList { items: vec![view], next_cursor: None, seq: Seq::new(1) };
        let written = item_list(&list, &[About::NOTHING], BASE_PATH).unwrap();
        // Names of years that RFC 3339 does not have are written, and not read.
        if let Ok(read) = serde_json::from_slice::<fm_api_types::ItemList>(&written) {
            let view = &list.items[0];
            prop_assert_eq!(read.items[0].folder().is_some(), matches!(view, ItemView::Folder(_)));
            prop_assert_eq!(serde_json::to_vec(&read).unwrap(), written);
        }
    }
}
