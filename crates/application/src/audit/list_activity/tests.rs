#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::clock::Clock as _;
use fm_domain::ids::AuditEntryId;
use fm_domain::testing::{CountingIds, FakeReads, FixedClock, a_user};

use super::*;
use crate::fixture::{actor, by_ada, unavailable};
use crate::testing::TestPorts;

/// Entries of so many seconds, the newest first.
fn entries(count: u64) -> Vec<AuditEntry> {
    let entry = |number| {
        let at = FixedClock::NEW_YEAR.now().minus(Duration::from_secs(number));
        let id = AuditEntryId::new(CountingIds::nth(100 - number));
        AuditEntry { id, at, ..by_ada(AuditAction::FILE_UPLOADED, None) }
    };
    (0..count).map(entry).collect()
}

fn command(limit: u32, cursor: Option<String>) -> ActivityCommand {
    ActivityCommand { action: None, limit, cursor }
}

/// Lists once, where the database has these entries and is asked with this page.
async fn list(
    found: Vec<AuditEntry>,
    asked: Option<AuditPage>,
    command: ActivityCommand,
) -> Result<Activity, ActivityError> {
    let mut reads = FakeReads::default();
    let action = command.action.clone();
    reads.audit.expect_list().times(usize::from(asked.is_some())).returning(move |filter, page| {
        let own =
            AuditFilter { account: Some(a_user().id), action: action.clone(), ..AuditFilter::default() };
        assert_eq!((filter, Some(page)), (&own, asked.as_ref()));
        Ok(found.clone())
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    ListActivity::new(&doubles.ports()).run(&actor(), command).await
}

#[tokio::test]
async fn a_page_is_followed_by_the_next_one_at_its_cursor() {
    let asked = AuditPage { after: None, limit: 3 };
    let page = list(entries(3), Some(asked), command(2, None)).await.unwrap();
    assert_eq!(page.items, entries(2));
    let asked = AuditPage { after: Some(AuditKey::of(&entries(2)[1])), limit: 3 };
    let rest = entries(4)[2..].to_vec();
    let next = list(rest.clone(), Some(asked), command(2, page.next_cursor)).await.unwrap();
    assert_eq!((next.items, next.next_cursor), (rest, None), "the last page has no cursor");
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused_before_anything_is_read() {
    let asked = AuditPage { after: None, limit: 2 };
    let cursor = list(entries(2), Some(asked), command(1, None)).await.unwrap().next_cursor;
    assert!(cursor.is_some());
    let filtered = ActivityCommand { action: Some(AuditAction::FILE_UPLOADED), ..command(1, cursor) };
    assert!(matches!(list(vec![], None, filtered).await, Err(ActivityError::InvalidCursor(_))));
    let forged = command(1, Some("forged".to_owned()));
    assert!(matches!(list(vec![], None, forged).await, Err(ActivityError::InvalidCursor(_))));
}

#[tokio::test]
async fn a_filter_is_passed_on_and_a_failure_told() {
    let failed = ActivityCommand { action: Some(AuditAction::LOGIN_FAILED), ..command(200, None) };
    let asked = AuditPage { after: None, limit: 201 };
    assert_eq!(
        list(vec![], Some(asked), failed).await.unwrap(),
        Activity { items: vec![], next_cursor: None }
    );
    let mut reads = FakeReads::default();
    reads.audit.expect_list().returning(|_, _| Err(unavailable()));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    let outcome = ListActivity::new(&doubles.ports()).run(&actor(), command(1, None)).await;
    assert!(matches!(outcome, Err(ActivityError::Store(_))));
}

#[tokio::test(start_paused = true)]
async fn lists_of_a_user_wait_for_one_another_and_are_refused_in_the_end() {
    let use_case = ListActivity::new(&TestPorts::default().ports());
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(use_case.lists.enter(actor().user()).await.unwrap());
    }
    let refused = use_case.run(&actor(), command(2, None)).await;
    assert!(matches!(refused, Err(ActivityError::TooManyLists { retry_after }) if !retry_after.is_zero()));
}
