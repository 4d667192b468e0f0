#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ListTrail, ListTrailCommand, TrailPage};
use crate::administration::PageError;
use crate::administration::fixture::{ada, an_admin, asking, others};
use crate::fixture::by_ada;
use crate::testing::TestPorts;
use fm_domain::audit::{AuditAction, AuditEntry, AuditFilter, AuditKey, AuditPage};
use fm_domain::ids::AuditEntryId;
use fm_domain::testing::{CountingIds, FakeReads};

fn entry(number: u64) -> AuditEntry {
    let id = AuditEntryId::new(CountingIds::nth(number));
    AuditEntry { id, ..by_ada(AuditAction::LOGIN_FAILED, None) }
}

fn command(filter: AuditFilter, cursor: Option<String>) -> ListTrailCommand {
    ListTrailCommand { filter, limit: 1, cursor }
}

async fn list(
    found: Vec<AuditEntry>,
    after: Option<AuditKey>,
    command: ListTrailCommand,
) -> Result<TrailPage, PageError> {
    let mut reads = FakeReads::default();
    let expected = command.filter.clone();
    reads.audit.expect_list().returning(move |filter, page| {
        assert_eq!((filter, page), (&expected, &AuditPage { after, limit: 2 }));
        Ok(found.clone())
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(asking(Some(an_admin()))).reads(reads);
    ListTrail::new(&doubles.ports()).run(&ada(), command).await
}

#[tokio::test]
async fn pages_of_the_trail_follow_each_other_and_their_cursors_belong_to_a_filter() {
    let all = AuditFilter::default();
    let page = list(vec![entry(2), entry(1)], None, command(all.clone(), None)).await.unwrap();
    assert_eq!(page.items, [entry(2)]);
    let cursor = page.next_cursor;
    let after = Some(AuditKey::of(&entry(2)));
    let next = list(vec![entry(1)], after, command(all, cursor.clone())).await.unwrap();
    assert_eq!((next.items, next.next_cursor), (vec![entry(1)], None));
    let other = AuditFilter { action: Some(AuditAction::LOGIN_FAILED), ..AuditFilter::default() };
    let refused = list(vec![], None, command(other, cursor)).await;
    assert!(matches!(refused, Err(PageError::InvalidCursor(_))));
}

#[tokio::test]
async fn others_see_no_trail() {
    for other in others() {
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(asking(other));
        let list = ListTrail::new(&doubles.ports());
        let refused = list.run(&ada(), command(AuditFilter::default(), None)).await;
        assert!(matches!(refused, Err(PageError::NotAdmin)));
    }
}
