#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::ShowStats;
use crate::administration::NotAllowed;
use crate::administration::fixture::{ada, an_admin, asking, others};
use crate::testing::TestPorts;
use fm_domain::accounts::UserCounts;
use fm_domain::testing::FakeReads;

#[tokio::test]
async fn admins_see_the_counts_and_others_do_not() {
    let counts = UserCounts { users: 3, admins: 1, ..UserCounts::default() };
    let mut reads = FakeReads::default();
    reads.users.expect_count().times(1).returning(move || Ok(counts));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(asking(Some(an_admin()))).reads(reads);
    assert_eq!(ShowStats::new(&doubles.ports()).run(&ada()).await.unwrap(), counts);
    for other in others() {
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(asking(other));
        let refused = ShowStats::new(&doubles.ports()).run(&ada()).await;
        assert!(matches!(refused, Err(NotAllowed::NotAdmin)));
    }
}
