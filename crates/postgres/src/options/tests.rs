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

#[test]
fn every_mode_of_tls_means_what_it_means_to_libpq() {
    let meaning = |mode: &str| {
        let options = TlsOptions { mode: Some(mode.to_owned()), roots: None };
        options.meaning().map(|(mode, trust)| (mode, trust.to_string()))
    };
    assert_eq!(meaning("disable"), Ok((SslMode::Disable, "anyone".to_owned())));
    assert_eq!(meaning("prefer"), Ok((SslMode::Prefer, "anyone".to_owned())));
    assert_eq!(meaning("require"), Ok((SslMode::Require, "anyone".to_owned())));
    assert_eq!(meaning("verify-ca"), Ok((SslMode::Require, "issuer".to_owned())));
    assert_eq!(meaning("verify-full"), Ok((SslMode::Require, "issuer and name".to_owned())));
    assert_eq!(meaning("sometimes"), Err(InvalidAddress::SslMode));
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
