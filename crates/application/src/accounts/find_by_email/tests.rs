#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::accounts::{Account, User};
use fm_domain::ids::UserId;
use fm_domain::testing::{CountingIds, Effects, FakeDatabase, FakeReads, a_user, an_account};

use super::find_by_email;

/// The number of the account that is found where accounts have these keys, and the keys that were asked for.
async fn found(keys: &'static [&'static str], address: &str) -> (Option<usize>, Vec<String>) {
    let account = |number: usize| {
        let id = UserId::new(CountingIds::nth(number as u64 + 1));
        Account { user: User { id, ..a_user() }, ..an_account() }
    };
    let effects = Effects::default();
    let mut reads = FakeReads::default();
    let noted = effects.clone();
    reads.users.expect_find_by_email().returning(move |email| {
        noted.note(email.key());
        Ok(keys.iter().position(|key| *key == email.key()).map(account))
    });
    let db = FakeDatabase::default().reads(reads);
    let found = find_by_email(&db, &address.parse().unwrap()).await.unwrap();
    let number = found.and_then(|found| (0..keys.len()).find(|number| account(*number) == found));
    (number, effects.seen())
}

#[tokio::test]
async fn an_account_of_before_is_found_by_every_spelling_of_its_address() {
    const OLD: &[&str] = &["ada@b\u{fc}cher.example"];
    for spelling in ["ada@b\u{fc}cher.example", "Ada@B\u{dc}cher.example", "ada@xn--bcher-kva.example"] {
        let (number, mut asked) = found(OLD, spelling).await;
        assert_eq!(number, Some(0), "{spelling}");
        asked.sort_unstable();
        assert_eq!(asked, ["ada@b\u{fc}cher.example", "ada@xn--bcher-kva.example"], "{spelling}");
    }
    assert_eq!(found(&["\u{ff41}da@example.com"], "\u{ff21}da@example.com").await.0, Some(0));
}

#[tokio::test]
async fn of_two_accounts_the_one_whose_address_is_typed_is_found() {
    const WIDE: &[&str] = &["ada@example.com", "\u{ff41}da@example.com"];
    const BOTH: &[&str] = &["ada@b\u{fc}cher.example", "ada@xn--bcher-kva.example"];
    assert_eq!(found(BOTH, "ada@B\u{fc}cher.example").await.0, Some(0));
    assert_eq!(found(BOTH, "ada@xn--bcher-kva.example").await.0, Some(1));
    assert_eq!(found(WIDE, "ada@example.com").await.0, Some(0));
    assert_eq!(found(WIDE, "\u{ff41}da@example.com").await.0, Some(1));
}
