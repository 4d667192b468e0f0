#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

#[test]
fn the_options_of_tls_are_taken_out_of_the_url_and_the_others_stay() {
    let (url, options) =
        translate("postgres://u:p?w@h/db?sslmode=verify-full&application_name=x&sslrootcert=%2Fa%20b")
            .unwrap();
    assert_eq!(url, "postgres://u:p?w@h/db?application_name=x");
    assert_eq!(options, TlsOptions { mode: Some("verify-full".into()), roots: Some("/a b".into()) });
}

fn options(mode: Option<&str>, roots: Option<&str>) -> TlsOptions {
    TlsOptions { mode: mode.map(str::to_owned), roots: roots.map(str::to_owned) }
}

#[test]
fn every_mode_of_tls_means_what_it_means_to_libpq() {
    for is_local in [true, false] {
        let meaning = |mode: &str| {
            let meaning = options(Some(mode), None).meaning(is_local);
            meaning.map(|(mode, trust)| (mode, trust.to_string()))
        };
        assert_eq!(meaning("disable"), Ok((SslMode::Disable, "anyone".to_owned())));
        assert_eq!(meaning("allow"), Ok((SslMode::Prefer, "anyone".to_owned())));
        assert_eq!(meaning("prefer"), Ok((SslMode::Prefer, "anyone".to_owned())));
        assert_eq!(meaning("require"), Ok((SslMode::Require, "anyone".to_owned())));
        assert_eq!(meaning("verify-ca"), Ok((SslMode::Require, "issuer".to_owned())));
        assert_eq!(meaning("verify-full"), Ok((SslMode::Require, "issuer and name".to_owned())));
        assert_eq!(meaning("sometimes"), Err(InvalidAddress::SslMode));
    }
}

#[test]
fn without_a_mode_servers_on_other_machines_are_verified() {
    let meaning = |is_local| {
        let (mode, trust) = options(None, None).meaning(is_local).unwrap();
        (mode, trust.to_string())
    };
    assert_eq!(meaning(false), (SslMode::Require, "issuer and name".to_owned()));
    assert_eq!(meaning(true), (SslMode::Prefer, "anyone".to_owned()));
}

#[test]
fn every_mode_that_verifies_less_than_all_is_weak() {
    let roots = Some("/roots.pem");
    for (mode, roots, named) in [
        ("disable", None, Some("sslmode=disable")),
        ("disable", roots, Some("sslmode=disable")),
        ("allow", None, Some("sslmode=prefer")),
        ("prefer", roots, Some("sslmode=prefer")),
        ("require", None, Some("sslmode=require")),
        ("require", roots, None),
        ("verify-ca", None, Some("sslmode=verify-ca")),
        ("verify-ca", roots, None),
        ("verify-full", None, None),
        ("verify-full", roots, None),
    ] {
        let weakness = options(Some(mode), roots).weakness();
        assert_eq!(weakness.is_some(), named.is_some(), "{mode} {roots:?}");
        assert!(weakness.unwrap_or_default().contains(named.unwrap_or_default()), "{weakness:?}");
    }
    assert_eq!(options(None, None).weakness(), None);
}

#[test]
fn what_libpq_calls_otherwise_is_translated() {
    for (given, taken) in [
        ("target_session_attrs=primary", "postgres://h/db?target_session_attrs=read-write"),
        ("target_session_attrs=read-only", "postgres://h/db?target_session_attrs=read-only"),
        ("gssencmode=disable", "postgres://h/db"),
        ("gssencmode=prefer&connect_timeout=3", "postgres://h/db?connect_timeout=3"),
        ("gssencmode=require", "postgres://h/db?gssencmode=require"),
        ("pgbouncer=false", "postgres://h/db"),
    ] {
        assert_eq!(translate(&format!("postgres://h/db?{given}")).unwrap().0, taken);
    }
    assert_eq!(translate("postgres://h/db?pgbouncer=true"), Err(InvalidAddress::TransactionPooling));
    assert_eq!(translate("postgres://h/db?pgbouncer=tru%65"), Err(InvalidAddress::TransactionPooling));
}
