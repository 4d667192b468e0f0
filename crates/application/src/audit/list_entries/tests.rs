#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::clock::Clock as _;
use fm_domain::ids::AuditEntryId;
use fm_domain::testing::{CountingIds, FakeReads, FixedClock, a_user};

use super::*;
use crate::fixture::by_ada;
use crate::testing::TestPorts;
use fm_domain::audit::AuditAction;

#[tokio::test]
async fn a_page_holds_five_hundred_entries_at_most() {
    let after = Some(AuditKey(FixedClock::NEW_YEAR.now(), AuditEntryId::new(CountingIds::nth(3))));
    let filter = AuditFilter { account: Some(a_user().id), ..AuditFilter::default() };
    for (limit, asked) in [(1, 1), (500, 500), (501, 500), (u32::MAX, 500)] {
        let mut reads = FakeReads::default();
        let expected = filter.clone();
        reads.audit.expect_list().times(1).returning(move |filter, page| {
            assert_eq!((filter, page.after, page.limit), (&expected, after, asked));
            Ok(vec![by_ada(AuditAction::FILE_REMOVED, None)])
        });
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(reads);
        let page = ListEntries::new(&doubles.ports()).run(&filter, after, limit).await.unwrap();
        assert_eq!(page, [by_ada(AuditAction::FILE_REMOVED, None)]);
    }
}
