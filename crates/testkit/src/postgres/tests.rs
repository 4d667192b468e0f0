#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::{Transactions, url_of};

#[test]
fn rate_and_count_are_read_from_what_pgbench_prints() {
    for processed in ["49382", "49382/50000"] {
        let printed = format!(
            "number of transactions actually processed: {processed}\nnumber of failed transactions: 0 (0.000%)\n\
             tps = 12345.5 (without initial connection time)\n"
        );
        let expected = Transactions { rate: 12345.5, count: 49382.0 };
        assert_eq!(Transactions::read(&printed).unwrap(), expected);
    }
    Transactions::read("tps = 12345.5 (without initial connection time)\n").unwrap_err();
    Transactions::read("pgbench: error").unwrap_err();
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
