#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::ShowUsage;
use crate::fixture::actor;
use crate::testing::TestPorts;
use crate::tree::TreeError;
use crate::tree::fixture::node;
use fm_domain::body::ByteSize;
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::testing::{FakeReads, FixedClock};
use fm_domain::tree::{Seq, Usage};

async fn show(found: Option<Usage>) -> Result<(Usage, Timestamp), TreeError> {
    let mut reads = FakeReads::default();
    reads.tree.expect_usage().times(1).return_once(move |_, _| Ok(found));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    ShowUsage::new(&doubles.ports()).run(&actor(), node(3)).await
}

#[tokio::test(start_paused = true)]
async fn of_one_user_two_folders_are_counted_at_a_time() {
    let show = ShowUsage::new(&TestPorts::default().ports());
    let user = actor().user();
    let _held = [show.places.enter(user).await.unwrap(), show.places.enter(user).await.unwrap()];
    let refused = show.run(&actor(), node(3)).await;
    assert!(matches!(refused, Err(TreeError::TooManyLists { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_folder_tells_what_it_holds_and_when_that_was_counted() {
    let usage = Usage { files: 2, folders: 1, size: ByteSize::new(9), seq: Seq::new(5) };
    assert_eq!(show(Some(usage)).await.unwrap(), (usage, FixedClock::NEW_YEAR.now()));
    assert!(matches!(show(None).await, Err(TreeError::NotFound)));
}
