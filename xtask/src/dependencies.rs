//! Dependencies point inwards: the hexagon, read from `cargo metadata`. Dev-dependencies are exempt.

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::repository::Repository;
use crate::{Failure, Fault};

/// What a crate of the workspace may depend on.
enum Rule {
    /// These crates and nothing else: no I/O comes near.
    Exactly(&'static [&'static str]),
    /// Of the workspace these crates alone; of others any.
    Ours(&'static [&'static str]),
    /// Anything: here the adapters are picked.
    Anything,
}

/// What the domain may use: language, text, time and hashes. No runtime, no threads, no log.
const PURE: &[&str] = &[
    "async-trait",
    "base64",
    "bytes",
    "chrono",
    "crc32fast",
    "email_address",
    "futures-util",
    "hex",
    "infer",
    "mockall",
    "percent-encoding",
    "serde",
    "serde_json",
    "sha1",
    "sha2",
    "subtle",
    "thiserror",
    "unicode-normalization",
    "uuid",
    "zeroize",
];

/// One line for each crate; a new crate needs one too.
const RULES: &[(&str, Rule)] = &[
    ("fm-domain", Rule::Exactly(PURE)),
    ("fm-streaming", Rule::Ours(&["fm-domain"])),
    ("fm-application", Rule::Ours(&["fm-domain", "fm-streaming"])),
    ("fm-contract", Rule::Ours(&["fm-domain", "fm-streaming"])),
    ("fm-resilience", Rule::Ours(&["fm-application", "fm-contract", "fm-domain", "fm-streaming"])),
    ("fm-memory", Rule::Ours(&["fm-domain", "fm-streaming"])),
    ("fm-postgres", Rule::Ours(&["fm-domain", "fm-streaming"])),
    ("fm-sqlite", Rule::Ours(&["fm-domain", "fm-streaming"])),
    ("fm-s3", Rule::Ours(&["fm-domain", "fm-streaming"])),
    ("fm-disk", Rule::Ours(&["fm-domain", "fm-streaming"])),
    ("fm-imaging", Rule::Ours(&["fm-domain", "fm-jpeg-eighth", "fm-streaming"])),
    ("fm-jpeg-eighth", Rule::Exactly(&["thiserror"])),
    ("fm-credentials", Rule::Ours(&["fm-domain", "fm-streaming"])),
    ("fm-http", Rule::Ours(&["fm-application", "fm-domain", "fm-streaming"])),
    ("fm-s3-testing", Rule::Ours(&[])),
    ("fm-app", Rule::Anything),
    ("fm-e2e", Rule::Anything),
    ("fm-bench", Rule::Ours(&["fm-domain", "fm-imaging"])),
    ("xtask", Rule::Ours(&[])),
];

/// A crate of the workspace and what it depends on, dev-dependencies left out.
struct Crate {
    name: String,
    dependencies: Vec<String>,
}

pub(crate) fn check(_: &Repository) -> Result<Vec<Fault>, Failure> {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let crates: Vec<Crate> = metadata
        .packages
        .iter()
        .map(|package| Crate {
            name: package.name.to_string(),
            dependencies: package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .map(|dependency| dependency.name.clone())
                .collect(),
        })
        .collect();
    Ok(faults(&crates))
}

fn faults(crates: &[Crate]) -> Vec<Fault> {
    let ours = |name: &str| crates.iter().any(|one| one.name == name);
    let mut faults = Vec::new();
    for one in crates {
        let Some((_, rule)) = RULES.iter().find(|(name, _)| *name == one.name) else {
            faults.push(format!("{}: has no rule in xtask/src/dependencies.rs", one.name));
            continue;
        };
        for dependency in &one.dependencies {
            let name = dependency.as_str();
            let allowed = match rule {
                Rule::Exactly(list) => list.contains(&name),
                Rule::Ours(list) => !ours(name) || list.contains(&name),
                Rule::Anything => true,
            };
            if !allowed {
                faults.push(format!("{}: must not depend on {name}", one.name));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(dependencies: &[(&str, &[&str])]) -> Vec<Crate> {
        dependencies
            .iter()
            .map(|(name, list)| Crate {
                name: (*name).to_owned(),
                dependencies: list.iter().map(|one| (*one).to_owned()).collect(),
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
        let crates = workspace(&[
            ("fm-http", &["fm-domain", "fm-postgres"]),
            ("fm-postgres", &[]),
            ("fm-domain", &[]),
        ]);
        assert_eq!(faults(&crates), ["fm-http: must not depend on fm-postgres"]);
    }

    #[test]
    fn a_crate_without_a_rule_is_a_fault() {
        let crates = workspace(&[("fm-ftp", &[])]);
        assert_eq!(faults(&crates), ["fm-ftp: has no rule in xtask/src/dependencies.rs"]);
    }
}
