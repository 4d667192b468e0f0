#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::Authorize;
use crate::administration::fixture::{ada, an_admin, asking, others};
use crate::administration::{Administrator, NotAllowed};
use crate::fixture::unavailable;
use crate::testing::TestPorts;
use fm_domain::testing::FakeReads;

#[tokio::test]
async fn active_admins_may_administer_and_others_may_not() {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(asking(Some(an_admin())));
    Authorize::new(&doubles.ports()).run(&ada()).await.unwrap();
    for other in others() {
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(asking(other));
        let refused = Authorize::new(&doubles.ports()).run(&ada()).await;
        assert!(matches!(refused, Err(NotAllowed::NotAdmin)));
    }
}

#[tokio::test]
async fn operators_are_not_asked_about_and_a_failure_is_no_permission() {
    Authorize::new(&TestPorts::default().ports()).run(&Administrator::Operator).await.unwrap();
    let mut reads = FakeReads::default();
    reads.users.expect_find().returning(|_| Err(unavailable()));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    let failed = Authorize::new(&doubles.ports()).run(&ada()).await;
    assert!(matches!(failed, Err(NotAllowed::Store(_))));
}
