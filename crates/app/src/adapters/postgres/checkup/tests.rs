use std::time::Duration;

use fm_postgres::{PgFacts, PgRights, PgTimeouts};

use super::{connected, connections, judged, remedy, timeouts};
use crate::adapters::Verdict;

fn facts() -> PgFacts {
    PgFacts {
        version: "17.2".to_owned(),
        version_number: 170_002,
        is_read_only: false,
        free_connections: 90,
        timeouts: PgTimeouts {
            lock: Duration::ZERO,
            idle_session: Duration::ZERO,
            transaction: Duration::ZERO,
        },
        round_trip: Duration::from_micros(1_234),
        ahead_micros: 0,
    }
}

#[test]
fn a_server_is_judged_by_its_facts() {
    assert_eq!(connected(&facts(), None).detail, "PostgreSQL 17.2, an answer takes 1.2 ms");
    assert_eq!(connected(&facts(), Some("weak")).verdict, Verdict::Warning);
    assert_eq!(connected(&PgFacts { version_number: 130_020, ..facts() }, None).verdict, Verdict::Warning);
    assert_eq!(connected(&PgFacts { is_read_only: true, ..facts() }, None).verdict, Verdict::Failure);
}

#[test]
fn time_outs_of_the_role_are_warned_of_where_they_are_short() {
    assert_eq!(timeouts(&facts()).verdict, Verdict::Fine);
    let with = |lock, idle_session| {
        let timeouts = PgTimeouts { lock, idle_session, transaction: Duration::ZERO };
        super::timeouts(&PgFacts { timeouts, ..facts() })
    };
    assert_eq!(with(Duration::from_secs(1), Duration::from_mins(5)).verdict, Verdict::Fine);
    let short = with(Duration::from_millis(999), Duration::from_mins(1));
    assert_eq!(short.verdict, Verdict::Warning);
    assert_eq!(
        short.detail,
        "lock_timeout is 999ms, less than 1s; idle_session_timeout is 60s, less than 300s"
    );
}

#[test]
fn a_pool_must_fit_into_what_is_free() {
    assert_eq!(connections(20, 16).verdict, Verdict::Fine);
    assert_eq!(connections(19, 16).verdict, Verdict::Warning);
}

#[test]
fn a_role_without_its_rights_fails_and_one_that_can_not_migrate_is_warned_of() {
    let rights = |may_create, refused: &[&str]| {
        let refused = refused.iter().map(|name| (*name).to_owned()).collect();
        judged(&PgRights { may_create, refused })
    };
    assert_eq!(rights(true, &[]).verdict, Verdict::Fine);
    assert_eq!(rights(false, &[]).verdict, Verdict::Warning);
    let refused = rights(true, &["files", "users"]);
    assert_eq!(refused.verdict, Verdict::Failure);
    assert!(refused.detail.ends_with("files, users"), "{refused:?}");
}

#[test]
fn a_remedy_goes_by_what_was_said() {
    for (text, part) in [
        ("db error: FATAL: password authentication failed for user \"ann\"", "the password"),
        ("db error: FATAL: database \"x\" does not exist", "create the database"),
        ("error connecting to server: Connection refused (os error 111)", "start the server"),
        ("FATAL: sorry, too many clients already", "max_connections"),
        ("something else", "compare host"),
    ] {
        assert!(remedy(text).contains(part), "{text}");
    }
}
