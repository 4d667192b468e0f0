#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ListUsers, ListUsersCommand, UserPage};
use crate::administration::PageError;
use crate::administration::fixture::{ada, an_admin, asking, bob, others};
use crate::testing::{TestPorts, settings};
use fm_domain::accounts::{Account, User, UserFilter};
use fm_domain::ids::UserId;
use fm_domain::testing::{CountingIds, FakeReads};

fn user(number: u64) -> Account {
    let user = User { id: UserId::new(CountingIds::nth(number)), ..bob().user };
    Account::new(user)
}

fn command(part: Option<&str>, cursor: Option<String>) -> ListUsersCommand {
    ListUsersCommand { address_contains: part.map(str::to_owned), limit: 2, cursor }
}

/// A page, where the database is asked for three users with this part after this one.
async fn list(
    found: Vec<Account>,
    asked: (Option<&'static str>, Option<UserId>),
    command: ListUsersCommand,
) -> Result<UserPage, PageError> {
    let mut reads = FakeReads::default();
    reads.users.expect_list().returning(move |filter, after, limit| {
        let expected = UserFilter { address_contains: asked.0.map(str::to_owned) };
        assert_eq!((filter, after, limit), (&expected, asked.1, 3));
        Ok(found.clone())
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(asking(Some(an_admin()))).reads(reads);
    ListUsers::new(&doubles.ports(), &settings()).run(&ada(), command).await
}

#[tokio::test]
async fn a_page_is_followed_by_the_next_one_at_its_cursor() {
    let found = vec![user(9), user(8), user(7)];
    let page = list(found, (Some("ada"), None), command(Some(" ADA"), None)).await.unwrap();
    assert_eq!(page.items.iter().map(|view| view.account.clone()).collect::<Vec<_>>(), [user(9), user(8)]);
    let after = (Some("ada"), Some(user(8).user.id));
    let next = list(vec![user(7)], after, command(Some("ada"), page.next_cursor)).await.unwrap();
    assert_eq!((next.items.len(), next.next_cursor), (1, None), "the last page has no cursor");
}

#[tokio::test]
async fn an_empty_part_is_none_and_a_cursor_belongs_to_its_list() {
    let found = vec![user(9), user(8), user(7)];
    let page = list(found, (None, None), command(Some(" "), None)).await.unwrap();
    let other = command(Some("ada"), page.next_cursor);
    assert!(matches!(list(vec![], (None, None), other).await, Err(PageError::InvalidCursor(_))));
    let forged = command(None, Some("forged".to_owned()));
    assert!(matches!(list(vec![], (None, None), forged).await, Err(PageError::InvalidCursor(_))));
}

#[tokio::test]
async fn others_see_no_list() {
    for other in others() {
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(asking(other));
        let refused = ListUsers::new(&doubles.ports(), &settings()).run(&ada(), command(None, None)).await;
        assert!(matches!(refused, Err(PageError::NotAdmin)));
    }
}
