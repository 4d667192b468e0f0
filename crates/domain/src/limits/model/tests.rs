#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::collections::BTreeSet;

use uuid::Uuid;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn names_of_actions_differ_and_are_plain() {
    let names: BTreeSet<&str> = LimitedAction::ALL.iter().map(|action| action.name()).collect();
    assert_eq!(names.len(), LimitedAction::ALL.len());
    for name in names {
        // RFC 9651: also a key of a structured field, should a field want it.
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
    }
}

#[test]
fn addresses_of_one_ipv6_network_are_one_client() {
    let one = LimitSubject::address(ip("2001:db8:1:2:ffff::1"));
    assert_eq!(one, LimitSubject::address(ip("2001:db8:1:2::7")));
    assert_ne!(one, LimitSubject::address(ip("2001:db8:1:3::7")));
    assert_eq!(one.to_string(), "2001:db8:1:2::/64");
}

#[test]
fn an_ipv4_address_counts_as_such_however_it_is_written() {
    let plain = LimitSubject::address(ip("192.0.2.7"));
    assert_eq!(plain, LimitSubject::address(ip("::ffff:192.0.2.7")));
    assert_ne!(plain, LimitSubject::address(ip("192.0.2.8")));
    assert_eq!(plain.to_string(), "192.0.2.7");
}

#[test]
fn an_account_is_named_by_a_digest_of_every_spelling_of_its_address() {
    let email = |text: &str| text.parse::<Email>().unwrap();
    let subject = LimitSubject::account_from(&email("Ada@Example.com"), ip("2001:db8::1"));
    assert_eq!(subject, LimitSubject::account_from(&email("ada@example.com"), ip("2001:db8::2")));
    assert_ne!(subject, LimitSubject::account_from(&email("bob@example.com"), ip("2001:db8::2")));
    assert_ne!(subject, LimitSubject::account_from(&email("ada@example.com"), ip("192.0.2.7")));
    let text = LimitKey::new(LimitedAction::LoginsToAccount, subject).to_string();
    // printf ada@example.com | sha256sum | cut -c1-32
    assert_eq!(text, "logins-to-account:b5fc85e55755f9e0d030a10ab4429b6b@2001:db8::/64");
    assert!(!format!("{subject:?}").to_lowercase().contains("example"));
}

#[test]
fn a_user_is_named_by_their_id() {
    let user = UserId::new(Uuid::from_u128(0x0189_0000_0000_7000_8000_0000_0000_0001));
    let key = LimitKey::new(LimitedAction::UploadBytes, LimitSubject::User(user));
    assert_eq!(key.to_string(), "upload-bytes:01890000-0000-7000-8000-000000000001");
}

#[test]
fn a_window_counts_in_microseconds_and_is_never_nothing() {
    let policy = |window| RatePolicy { limit: NonZeroU64::MIN, window };
    assert_eq!(policy(Duration::from_mins(1)).window_micros(), 60_000_000);
    assert_eq!(policy(Duration::from_nanos(1_999)).window_micros(), 1);
    assert_eq!(policy(Duration::ZERO).window_micros(), 1);
    assert_eq!(policy(Duration::MAX).window_micros(), 1 << 52);
}
