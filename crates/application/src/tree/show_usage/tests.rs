#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use super::{CountedUsage, RETRY_AFTER, ShowUsage, ShownUsage};
use crate::fixture::{actor, unavailable};
use crate::testing::TestPorts;
use crate::tree::TreeError;
use crate::tree::fixture::{a_folder, before, drive, node};
use fm_domain::accounts::StorageUse;
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock as _;
use fm_domain::error::{PortError, PortResult};
use fm_domain::testing::{FakeReads, FixedClock, a_file};
use fm_domain::tree::{Drive, Item, Seq, Usage};

fn held(seq: u64) -> Usage {
    Usage { files: 2, folders: 1, size: ByteSize::new(9), seq: Seq::new(seq) }
}

fn now(usage: Usage) -> ShownUsage {
    ShownUsage::Counted(CountedUsage { usage, at: FixedClock::NEW_YEAR.now() })
}

/// Reads that find this item, in a drive whose last change has this number.
fn finding(item: Option<Item>, seq: u64) -> FakeReads {
    let mut reads = FakeReads::default();
    reads.tree.expect_item().times(1).return_once(move |_, id| {
        assert_eq!(id, node(3));
        Ok(item)
    });
    reads.tree.expect_drive().times(..=1).return_once(move |_, id| {
        let storage = StorageUse::default();
        Ok(Some(Drive { id, owner: id.owner(), nodes: 10, storage, seq: Seq::new(seq) }))
    });
    reads
}

fn at(seq: u64) -> FakeReads {
    finding(Some(a_folder(3, "Work").into()), seq)
}

fn counting(found: PortResult<Option<Usage>>) -> FakeReads {
    let mut reads = FakeReads::default();
    reads.tree.expect_usage().times(1).return_once(move |access, id| {
        assert_eq!((access.drive(), id), (drive(), node(3)));
        found
    });
    reads
}

fn showing(all: impl IntoIterator<Item = FakeReads>) -> ShowUsage {
    let mut doubles = TestPorts::default();
    for reads in all {
        doubles.db = doubles.db.reads(reads);
    }
    ShowUsage::new(&doubles.ports())
}

#[tokio::test(start_paused = true)]
async fn of_one_user_two_folders_are_counted_at_a_time() {
    let show = showing([at(5)]);
    let user = actor().user();
    let _held = [show.places.enter(user).await.unwrap(), show.places.enter(user).await.unwrap()];
    let refused = show.run(&actor(), node(3)).await;
    assert!(matches!(refused, Err(TreeError::TooManyLists { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_folder_is_counted_again_once_its_drive_has_changed() {
    let reads = [at(5), counting(Ok(Some(held(5)))), at(5), at(6), counting(Ok(Some(held(6))))];
    let show = showing(reads);
    for seq in [5, 5, 6] {
        assert_eq!(show.run(&actor(), node(3)).await.unwrap(), now(held(seq)));
    }
}

#[tokio::test]
async fn what_is_no_folder_is_not_counted() {
    for item in [None, Some(a_file().into())] {
        let shown = showing([finding(item, 5)]).run(&actor(), node(3)).await;
        assert!(matches!(shown, Err(TreeError::NotFound)), "{shown:?}");
    }
    let gone = showing([at(5), counting(Ok(None))]).run(&actor(), node(3)).await;
    assert!(matches!(gone, Err(TreeError::NotFound)), "{gone:?}");
}

#[tokio::test]
async fn a_count_that_fails_says_whether_it_may_succeed_later() {
    let show = showing([at(5), counting(Err(unavailable())), at(5), counting(Ok(Some(held(5))))]);
    let failed = show.run(&actor(), node(3)).await;
    assert!(matches!(failed, Err(TreeError::Store(PortError::Unavailable(_)))), "{failed:?}");
    assert_eq!(show.run(&actor(), node(3)).await.unwrap(), now(held(5)));
    let show = showing([at(5), counting(Err(PortError::Unexpected("a defect".into())))]);
    let failed = show.run(&actor(), node(3)).await;
    assert!(matches!(failed, Err(TreeError::Store(PortError::Unexpected(_)))), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_count_is_answered_to_the_client_who_comes_back() {
    let show = showing([at(5), at(7), at(7), counting(Ok(Some(held(7))))]);
    let (_, tell) = show.counts.join(node(3));
    let waiting = show.run(&actor(), node(3)).await.unwrap();
    assert_eq!(waiting, ShownUsage::Counting { retry_after: RETRY_AFTER });
    let late = CountedUsage { usage: held(5), at: FixedClock::NEW_YEAR.now() };
    show.counts.end(node(3), &Ok(Some(late)));
    tell.unwrap().send_replace(Some(Ok(Some(late))));
    assert_eq!(show.run(&actor(), node(3)).await.unwrap(), ShownUsage::Counted(late));
    assert_eq!(show.run(&actor(), node(3)).await.unwrap(), now(held(7)), "once");
}

#[tokio::test(start_paused = true)]
async fn requests_for_one_folder_share_one_count() {
    let show = showing([at(5)]);
    let (_, tell) = show.counts.join(node(3));
    let counted = CountedUsage { usage: held(5), at: before() };
    let count = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        show.counts.end(node(3), &Ok(Some(counted)));
        tell.unwrap().send_replace(Some(Ok(Some(counted))));
    };
    let reader = actor();
    let (shown, ()) = tokio::join!(show.run(&reader, node(3)), count);
    assert_eq!(shown.unwrap(), ShownUsage::Counted(counted));
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_for_a_count_needs_no_place() {
    let show = showing([at(5)]);
    let user = actor().user();
    let _counting = [show.places.enter(user).await.unwrap(), show.places.enter(user).await.unwrap()];
    let _running = show.counts.join(node(3));
    let waiting = show.run(&actor(), node(3)).await.unwrap();
    assert_eq!(waiting, ShownUsage::Counting { retry_after: RETRY_AFTER });
}

#[tokio::test(start_paused = true)]
async fn a_count_that_began_before_the_last_change_is_not_answered() {
    let show = showing([at(6), counting(Ok(Some(held(6))))]);
    let (_, tell) = show.counts.join(node(3));
    let stale = CountedUsage { usage: held(5), at: before() };
    let count = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        show.counts.end(node(3), &Ok(Some(stale)));
        tell.unwrap().send_replace(Some(Ok(Some(stale))));
    };
    let reader = actor();
    let (shown, ()) = tokio::join!(show.run(&reader, node(3)), count);
    assert_eq!(shown.unwrap(), now(held(6)));
}
