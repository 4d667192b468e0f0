use super::*;

fn workspace(dependencies: &[(&str, &[&str])]) -> Vec<Crate> {
    dependencies
        .iter()
        .map(|(name, list)| Crate {
            name: (*name).to_owned(),
            dependencies: list.iter().map(|one| (*one).to_owned()).collect(),
            dev_dependencies: Vec::new(),
        })
        .collect()
}

#[test]
fn a_hexagon_passes() {
    let crates = workspace(&[
        ("fm-domain", &["bytes", "uuid"]),
        ("fm-postgres", &["fm-domain", "diesel"]),
        ("fm-app", &["fm-domain", "fm-postgres"]),
    ]);
    assert_eq!(faults(&crates), Vec::<Fault>::new());
}

#[test]
fn a_domain_that_speaks_http_is_a_fault() {
    let crates = workspace(&[("fm-domain", &["bytes", "reqwest"])]);
    assert_eq!(faults(&crates), ["fm-domain: must not depend on reqwest"]);
}

#[test]
fn a_domain_that_knows_an_adapter_is_a_fault() {
    let crates = workspace(&[("fm-domain", &["fm-memory"]), ("fm-memory", &["fm-domain"])]);
    assert_eq!(faults(&crates), ["fm-domain: must not depend on fm-memory"]);
}

#[test]
fn an_adapter_that_knows_another_is_a_fault() {
    let crates = workspace(&[("fm-s3", &["fm-disk"]), ("fm-disk", &[])]);
    assert_eq!(faults(&crates), ["fm-s3: must not depend on fm-disk"]);
}

#[test]
fn handlers_that_see_an_adapter_are_a_fault() {
    let crates =
        workspace(&[("fm-http", &["fm-domain", "fm-postgres"]), ("fm-postgres", &[]), ("fm-domain", &[])]);
    assert_eq!(faults(&crates), ["fm-http: must not depend on fm-postgres"]);
}

#[test]
fn a_crate_without_a_rule_is_a_fault() {
    let crates = workspace(&[("fm-ftp", &[])]);
    assert_eq!(faults(&crates), ["fm-ftp: has no rule in xtask/src/dependencies.rs"]);
}

#[test]
fn the_graph_of_the_workspace_passes() {
    let crates = workspace(&[
        ("fm-domain", &["bytes"]),
        ("fm-streaming", &["fm-domain", "tokio", "rayon-core", "tracing"]),
        ("fm-application", &["fm-domain", "fm-streaming"]),
        ("fm-contract", &["fm-domain", "fm-streaming"]),
        ("fm-resilience", &["fm-application", "fm-contract", "fm-domain", "fm-streaming"]),
        ("fm-disk", &["fm-domain", "fm-streaming"]),
        ("fm-imaging", &["fm-domain", "fm-streaming", "fm-jpeg", "fm-webp"]),
        ("fm-jpeg", &["thiserror"]),
        ("fm-webp", &["libwebp-sys", "thiserror"]),
        ("fm-api-types", &["serde"]),
        ("fm-http", &["fm-application", "fm-streaming", "fm-domain", "fm-api-types"]),
        ("fm-s3-testing", &["s3s"]),
        ("fm-testkit", &["fm-s3-testing"]),
        ("fm-app", &["fm-http", "fm-disk", "fm-application"]),
    ]);
    assert_eq!(faults(&crates), Vec::<Fault>::new());
    assert_eq!(rebuilt_adapters(&crates), Vec::<Fault>::new());
}

#[test]
fn a_domain_with_a_runtime_threads_or_a_log_is_a_fault() {
    for name in ["tokio", "rayon-core", "tracing"] {
        let crates = workspace(&[("fm-domain", &[name])]);
        assert_eq!(faults(&crates), [format!("fm-domain: must not depend on {name}")]);
    }
}

#[test]
fn every_forbidden_edge_of_the_workspace_is_a_fault() {
    for (name, dependency) in [
        ("fm-domain", "fm-streaming"),
        ("fm-streaming", "fm-application"),
        ("fm-application", "fm-memory"),
        ("fm-contract", "fm-application"),
        ("fm-memory", "fm-application"),
        ("fm-postgres", "fm-application"),
        ("fm-sqlite", "fm-application"),
        ("fm-s3", "fm-application"),
        ("fm-disk", "fm-application"),
        ("fm-imaging", "fm-application"),
        ("fm-credentials", "fm-application"),
        ("fm-disk", "fm-jpeg"),
        ("fm-jpeg", "fm-imaging"),
        ("fm-webp", "fm-imaging"),
        ("fm-api-types", "fm-domain"),
        ("fm-http", "fm-disk"),
        ("fm-resilience", "fm-http"),
        ("fm-testkit", "fm-domain"),
    ] {
        let crates = workspace(&[(name, &[dependency]), (dependency, &[])]);
        assert_eq!(faults(&crates), [format!("{name}: must not depend on {dependency}")]);
    }
}

#[test]
fn every_adapter_has_a_rule() {
    for adapter in ADAPTERS {
        assert!(RULES.iter().any(|(name, _)| name == adapter), "{adapter}");
    }
}

#[test]
fn an_adapter_that_the_application_rebuilds_is_a_fault_whatever_lies_between() {
    let crates = workspace(&[
        ("fm-s3", &["fm-tools"]),
        ("fm-tools", &["fm-domain", "fm-resilience"]),
        ("fm-resilience", &["fm-application", "fm-tools"]),
    ]);
    assert_eq!(
        rebuilt_adapters(&crates),
        ["fm-s3: must not depend on fm-application, through fm-tools -> fm-resilience -> fm-application"]
    );
}

#[test]
fn tests_of_an_adapter_reach_the_application_through_its_scenarios_alone() {
    let mut crates = workspace(&[
        ("fm-sqlite", &["fm-domain"]),
        ("fm-resilience", &["fm-application"]),
        ("fm-http", &["fm-application"]),
    ]);
    crates[0].dev_dependencies = vec!["fm-resilience".to_owned()];
    assert_eq!(rebuilt_adapters(&crates), Vec::<Fault>::new());
    for (dependency, way) in [("fm-http", "fm-http -> fm-application"), (APPLICATION, APPLICATION)] {
        crates[0].dev_dependencies = vec![dependency.to_owned()];
        assert_eq!(
            rebuilt_adapters(&crates),
            [format!(
                "fm-sqlite: its tests may depend on fm-application through fm-resilience alone, not \
                 through {way}"
            )]
        );
    }
}
