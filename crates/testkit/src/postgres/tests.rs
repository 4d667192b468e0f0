#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::{rate, url_of};

#[test]
fn the_rate_is_read_from_what_pgbench_prints() {
    let printed =
        "number of failed transactions: 0 (0.000%)\ntps = 12345.5 (without initial connection time)\n";
    assert!((rate(printed).unwrap() - 12345.5).abs() < f64::EPSILON);
    rate("pgbench: error").unwrap_err();
}

#[test]
fn a_url_leads_to_another_database_of_the_same_server() {
    for (url, other) in [
        ("postgres://postgres@127.0.0.1:5433", "postgres://postgres@127.0.0.1:5433/new"),
        ("postgres://postgres@127.0.0.1:5433/postgres", "postgres://postgres@127.0.0.1:5433/new"),
        ("postgresql://u:p%2F@host/old?sslmode=require", "postgresql://u:p%2F@host/new?sslmode=require"),
        ("postgres://host?sslmode=disable", "postgres://host/new?sslmode=disable"),
    ] {
        assert_eq!(url_of(url, "new"), other);
    }
}
