#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

#[test]
fn no_password_is_ever_shown() {
    let address = PgAddress::parse("postgres://ann:s3cr%40t@db.example:6543/files?sslmode=require").unwrap();
    let shown = format!("{address:?}");
    assert!(shown.contains("db.example") && shown.contains("6543") && shown.contains("files"), "{shown}");
    assert!(!shown.contains("s3cr") && !shown.contains("ann"), "{shown}");
    let refused = PgAddress::parse("postgres://ann:s3cret@db.example/files?nonsense=1").unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("s3cret"));
}

#[test]
fn a_parameter_that_can_not_be_used_is_named_without_its_value() {
    for (parameters, name) in [
        ("gssencmode=require", "gssencmode"),
        ("target_session_attrs=standby", "target_session_attrs"),
        ("sslmode=require&supa=base-pooler.x", "supa"),
        ("connect_timeout=10&connection_limit=1", "connection_limit"),
        ("schema=public", "schema"),
        ("connect_timeout=soon", "connect_timeout"),
        ("channel_binding=sometimes", "channel_binding"),
        ("pgbouncer", "pgbouncer"),
        ("hunter%202=x", "(no name)"),
    ] {
        let refused = PgAddress::parse(&format!("postgres://ann:s3cret@db.example/files?{parameters}"));
        assert_eq!(refused.unwrap_err(), InvalidAddress::Parameter(name.to_owned()), "{parameters}");
    }
    for url in [
        "postgres://ann:s3cret@db.example:6543/files?pgbouncer=true",
        "postgres://ann:s3cret@db.example:6543/files?pgbouncer=true&connection_limit=1",
    ] {
        let refused = PgAddress::parse(url).unwrap_err();
        assert_eq!(refused, InvalidAddress::TransactionPooling);
        assert!(refused.to_string().contains("5432") && !refused.to_string().contains("s3cret"), "{refused}");
    }
    // Part of a password that is not percent-encoded.
    let refused = PgAddress::parse("postgres://ann:s3?cret=1@db@example/files?x=1").unwrap_err();
    assert!(!refused.to_string().contains("cret"), "{refused}");
}

#[test]
fn urls_are_read_as_providers_print_them() {
    for url in [
        "postgresql://postgres.abcdefgh:pw@aws-0-eu-central-1.pooler.supabase.com:5432/postgres",
        "postgresql://ann:pw@ep-cool-name-123456.eu-central-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require",
        "postgresql://ann:pw@ep-x.aws.neon.tech/neondb?options=endpoint%3Dep-x&sslmode=require",
        "postgres://u1:p2@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d3",
        "postgresql://ann:pw@dpg-abc-a.frankfurt-postgres.render.com/files",
        "postgresql://doadmin:pw@db-1.b.db.ondigitalocean.com:25060/defaultdb?sslmode=require",
        "postgres://ann:pw@one.example,two.example:5433/files?target_session_attrs=primary&gssencmode=disable",
        "postgres://ann:pw@[2001:db8::1]:5432/files?connect_timeout=10&target_session_attrs=read-write&",
    ] {
        assert!(PgAddress::parse(url).is_ok(), "{url}");
    }
}

#[test]
fn what_is_no_url_of_postgresql_is_refused() {
    for text in [
        "",
        "sqlite://x",
        "host=localhost",
        "postgres://",
        "postgres:///db",
        "postgres://a,b/db?hostaddr=127.0.0.1",
    ] {
        assert_eq!(PgAddress::parse(text).unwrap_err(), InvalidAddress::Malformed, "{text}");
    }
    let missing = PgAddress::parse("postgres://h/db?sslmode=verify-ca&sslrootcert=/does/not/exist");
    assert!(matches!(missing, Err(InvalidAddress::RootCertificates(_))));
}

#[test]
fn connections_to_other_machines_that_are_not_verified_are_warned_of() {
    let warning = |place: &str, parameters: &str| {
        let address = PgAddress::parse(&format!("postgres://ann:s3cret@{place}/files{parameters}")).unwrap();
        address.warning().map(str::to_owned)
    };
    for parameters in ["?sslmode=disable", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-ca"] {
        let told = warning("db.example:6543,localhost,[2001:db8::1]", parameters).unwrap();
        let named = ["sslmode=", "db.example:6543", "2001:db8::1:5432", "verify-full", "sslrootcert"];
        assert!(named.iter().all(|named| told.contains(named)), "{told}");
        assert!(!["s3cret", "ann", "localhost"].iter().any(|hidden| told.contains(hidden)), "{told}");
        for local in ["localhost", "127.0.0.1:6543", "[::1]", "%2Frun%2Fpostgresql"] {
            assert_eq!(warning(local, parameters), None, "{local}");
        }
    }
    for parameters in ["", "?sslmode=verify-full"] {
        assert_eq!(warning("db.example", parameters), None, "{parameters}");
    }
}
