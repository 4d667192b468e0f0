#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::{check, connections, host_of, secret};
use crate::Program;
use crate::adapters::Verdict;
use crate::commands::doctor::report::Outcome;
use crate::config::{Config, Sources};

fn config(variables: &[(&str, &str)]) -> Config {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment: HashMap<String, String> = variables.iter().map(pair).collect();
    Program::new().read(&Sources { environment, folder: PathBuf::from("/nowhere") }).unwrap()
}

/// How a step ends with these variables.
fn outcome(step: &str, variables: &[(&str, &str)]) -> Outcome {
    let steps = check(&config(variables));
    steps.iter().find(|found| found.name == step).map(|found| found.outcome).unwrap()
}

#[test]
fn nothing_configured_is_nothing_wrong() {
    for step in ["public url", "cookies", "proxies", "debug", "secrets"] {
        assert_eq!(outcome(step, &[("DATA_DIR", "/nowhere")]), Outcome::Ok, "{step}");
    }
}

#[test]
fn the_public_url_must_lead_here_and_be_encrypted() {
    let with = |host, url| outcome("public url", &[("HOST", host), ("PUBLIC_URL", url)]);
    assert_eq!(with("0.0.0.0", ""), Outcome::Warn);
    assert_eq!(with("0.0.0.0", "http://localhost:8080"), Outcome::Warn);
    assert_eq!(with("127.0.0.1", "http://files.example.com"), Outcome::Warn);
    assert_eq!(with("127.0.0.1", "https://files.example.com"), Outcome::Ok);
    assert_eq!(with("127.0.0.1", "http://[::1]:8080"), Outcome::Ok);
}

#[test]
fn cookies_must_fit_the_public_url() {
    let with = |secure, url| outcome("cookies", &[("COOKIE_SECURE", secure), ("PUBLIC_URL", url)]);
    assert_eq!(with("1", "http://files.example.com"), Outcome::Fail);
    assert_eq!(with("0", "https://files.example.com"), Outcome::Warn);
    assert_eq!(with("0", "http://files.example.com"), Outcome::Warn);
    assert_eq!(with("1", "https://files.example.com"), Outcome::Ok);
    assert_eq!(with("1", "http://localhost:3000"), Outcome::Ok, "browsers trust this machine");
}

#[test]
fn a_proxy_must_be_trusted_to_name_the_client() {
    let with = |url, proxies| outcome("proxies", &[("PUBLIC_URL", url), ("TRUSTED_PROXIES", proxies)]);
    assert_eq!(with("https://files.example.com", ""), Outcome::Warn);
    assert_eq!(with("https://files.example.com", "10.0.0.0/8"), Outcome::Ok);
    assert_eq!(with("http://localhost", ""), Outcome::Ok);
}

#[test]
fn the_documentation_is_not_for_the_public() {
    let with = |debug, url| outcome("debug", &[("IS_DEBUG", debug), ("PUBLIC_URL", url)]);
    assert_eq!(with("1", "https://files.example.com"), Outcome::Warn);
    assert_eq!(with("1", "http://localhost"), Outcome::Ok);
    assert_eq!(with("0", "https://files.example.com"), Outcome::Ok);
    assert_eq!(outcome("debug", &[("IS_DEBUG", "1"), ("HOST", "0.0.0.0")]), Outcome::Warn);
}

#[test]
fn a_secret_of_the_folder_is_its_account_s_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&[("DATA_DIR", folder.path().to_str().unwrap())]);
    assert_eq!(secret(&config).verdict, Verdict::Fine, "it is made at the first start");
    let path = folder.path().join("jwt-secret");
    std::fs::write(&path, "x".repeat(64)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(secret(&config).verdict, Verdict::Warning);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(secret(&config).verdict, Verdict::Fine);
    std::fs::write(&path, "short").unwrap();
    assert_eq!(secret(&config).verdict, Verdict::Failure);
}

#[test]
fn connections_must_fit_into_the_limit() {
    let http = |most| config(&[("MAX_CONNECTIONS", most)]).http;
    assert_eq!(connections(&http(""), 10_000).verdict, Verdict::Fine);
    assert_eq!(connections(&http(""), 384).verdict, Verdict::Warning);
    assert_eq!(connections(&http("384"), 384).verdict, Verdict::Fine);
    assert_eq!(connections(&http("385"), 384).verdict, Verdict::Warning);
}

#[test]
fn the_host_of_a_url_is_found() {
    for (url, host) in [
        ("https://files.example.com:8443/a", "files.example.com"),
        ("http://[::1]:8080", "::1"),
        ("http://10.0.0.1", "10.0.0.1"),
    ] {
        assert_eq!(host_of(url), host);
    }
}
