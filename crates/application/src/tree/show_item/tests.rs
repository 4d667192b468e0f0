#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::ShowItem;
use crate::fixture::{access, actor};
use crate::testing::{TestPorts, settings};
use crate::tree::fixture::{a_folder, node};
use crate::tree::{ItemView, TreeError};
use fm_domain::access::Right;
use fm_domain::testing::{FakeReads, a_file};
use fm_domain::tree::Item;

async fn show(found: Option<Item>) -> Result<ItemView, TreeError> {
    let mut reads = FakeReads::default();
    reads.tree.expect_item().times(1).return_once(move |asked, id| {
        assert_eq!((asked, id), (&access(Right::Read), node(3)));
        Ok(found)
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    ShowItem::new(&doubles.ports(), &settings()).run(&actor(), node(3)).await
}

#[tokio::test]
async fn a_file_comes_with_its_urls_and_a_folder_without() {
    let ItemView::File(file) = show(Some(Item::File(a_file()))).await.unwrap() else {
        unreachable!("a file")
    };
    assert_eq!(file.file, a_file());
    let folder = show(Some(Item::Folder(a_folder(3, "Work")))).await.unwrap();
    assert_eq!(folder.etag(), "r1-d");
    let ItemView::Folder(folder) = folder else { unreachable!("a folder") };
    assert_eq!(folder.folder, a_folder(3, "Work"));
}

#[tokio::test(start_paused = true)]
async fn of_one_user_few_walks_from_several_items_are_made_at_a_time() {
    let mut doubles = TestPorts::default();
    let mut reads = FakeReads::default();
    reads.tree.expect_ancestors().times(1).return_once(|_, _| Ok(vec![Vec::new()]));
    doubles.db = doubles.db.reads(reads);
    let show = ShowItem::new(&doubles.ports(), &settings());
    let user = actor().user();
    let _held = [show.walks.enter(user).await.unwrap(), show.walks.enter(user).await.unwrap()];
    let refused = show.ancestors(&actor(), &[node(3), node(4)]).await;
    assert!(matches!(refused, Err(TreeError::TooManyLists { .. })), "{refused:?}");
    assert!(show.ancestors(&actor(), &[node(3)]).await.is_ok(), "from one item no walk waits");
}

#[tokio::test]
async fn what_is_not_there_is_not_shown() {
    assert!(matches!(show(None).await, Err(TreeError::NotFound)));
}
