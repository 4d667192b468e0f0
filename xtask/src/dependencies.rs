//! Dependencies point inwards: the hexagon, read from `cargo metadata`. Dev-dependencies are exempt, but for those that
//! make an adapter's tests wait for the application.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};

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
    "idna",
    "infer",
    "mockall",
    "percent-encoding",
    "serde",
    "serde_json",
    "sha1",
    "sha2",
    "simdutf8",
    "subtle",
    "thiserror",
    "unicode-normalization",
    "uuid",
    "zeroize",
];

/// What the bodies of the API may use: serialisation, their schemas, and the types of ids and moments.
const WIRE: &[&str] = &["chrono", "serde", "utoipa", "uuid", "zeroize"];

/// One line for each crate; a new crate needs one too. A line may name a crate before there is one.
const RULES: &[(&str, Rule)] = &[
    ("fm-domain", Rule::Exactly(PURE)),
    ("fm-streaming", Rule::Ours(&["fm-domain"])),
    ("fm-application", Rule::Ours(&["fm-domain", "fm-streaming"])),
    ("fm-contract", Rule::Ours(&["fm-domain", "fm-streaming"])),
    ("fm-traces", Rule::Ours(&["fm-domain"])),
    ("fm-decorators", Rule::Ours(&["fm-domain", "fm-traces"])),
    // It asks use cases when Prometheus asks, as the HTTP side does when clients do.
    ("fm-metrics", Rule::Ours(&["fm-application", "fm-decorators", "fm-domain", "fm-streaming"])),
    ("fm-resilience", Rule::Ours(&["fm-application", "fm-contract", "fm-domain", "fm-streaming"])),
    // With its feature `harness` it has harnesses of its own adapters, for all others.
    ("fm-memory", Rule::Ours(&["fm-contract", "fm-domain", "fm-streaming"])),
    ("fm-postgres", ADAPTER),
    ("fm-sqlite", ADAPTER),
    ("fm-redis", ADAPTER),
    ("fm-s3", ADAPTER),
    ("fm-disk", ADAPTER),
    ("fm-imaging", Rule::Ours(&["fm-domain", "fm-jpeg", "fm-streaming", "fm-webp"])),
    ("fm-credentials", ADAPTER),
    ("fm-jpeg", Rule::Exactly(&["thiserror"])),
    ("fm-webp", Rule::Exactly(&["libwebp-sys", "thiserror"])),
    ("fm-api-types", Rule::Exactly(WIRE)),
    ("fm-console", Rule::Exactly(&["bytes", "hex", "sha2"])),
    (
        "fm-http",
        Rule::Ours(&[
            "fm-api-types",
            "fm-application",
            "fm-console",
            "fm-domain",
            "fm-streaming",
            "fm-traces",
        ]),
    ),
    ("fm-s3-testing", Rule::Ours(&[])),
    ("fm-fuzzing", Rule::Exactly(&["proptest"])),
    ("fm-testkit", Rule::Ours(&["fm-api-types", "fm-s3-testing"])),
    ("fm-app", Rule::Anything),
    // What a team outside may see: the program and the ports, no adapter of ours.
    ("fm-example-foreign-adapters", Rule::Ours(&["fm-app", "fm-domain"])),
    // Black boxes: they know the program, and nothing of its inside. The benchmark measures the renderer on its own too.
    ("fm-e2e", Rule::Ours(&["fm-api-types", "fm-jpeg", "fm-testkit", "fm-webp"])),
    ("fm-bench", Rule::Ours(&["fm-api-types", "fm-domain", "fm-imaging", "fm-testkit"])),
    ("xtask", Rule::Ours(&[])),
];

/// What an adapter of a port may depend on.
const ADAPTER: Rule = Rule::Ours(&["fm-domain", "fm-streaming"]);

/// The crates that editing the application must not rebuild.
const ADAPTERS: &[&str] = &[
    "fm-memory",
    "fm-postgres",
    "fm-sqlite",
    "fm-redis",
    "fm-s3",
    "fm-disk",
    "fm-imaging",
    "fm-jpeg",
    "fm-webp",
    "fm-credentials",
];

const APPLICATION: &str = "fm-application";

/// The one way for an adapter's tests to the use cases: its scenarios run them on the adapter.
const SCENARIOS: &str = "fm-resilience";

/// A crate of the workspace and what it depends on.
struct Crate {
    name: String,
    /// To be built: normal dependencies, and those of its build script.
    dependencies: Vec<String>,
    /// To be tested.
    dev_dependencies: Vec<String>,
}

pub(crate) fn check(_: &Repository) -> Result<Vec<Fault>, Failure> {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let crates: Vec<Crate> = metadata
        .packages
        .iter()
        .map(|package| {
            let named = |is_dev: bool| {
                let wanted = package.dependencies.iter();
                let wanted = wanted.filter(|one| (one.kind == DependencyKind::Development) == is_dev);
                wanted.map(|one| one.name.clone()).collect()
            };
            Crate {
                name: package.name.to_string(),
                dependencies: named(false),
                dev_dependencies: named(true),
            }
        })
        .collect();
    let mut faults = faults(&crates);
    faults.extend(rebuilt_adapters(&crates));
    Ok(faults)
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

/// Adapters that are built again whenever the application is edited, or their tests but for the scenarios.
fn rebuilt_adapters(crates: &[Crate]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for one in crates.iter().filter(|one| ADAPTERS.contains(&one.name.as_str())) {
        if let Some(way) = way_to_application(crates, &one.dependencies, &[]) {
            faults.push(format!("{}: must not depend on {APPLICATION}, through {way}", one.name));
        }
        if let Some(way) = way_to_application(crates, &one.dev_dependencies, &[SCENARIOS]) {
            faults.push(format!(
                "{}: its tests may depend on {APPLICATION} through {SCENARIOS} alone, not through {way}",
                one.name
            ));
        }
    }
    faults
}

/// The shortest way to the application along normal dependencies, if there is one.
fn way_to_application(crates: &[Crate], from: &[String], except: &[&str]) -> Option<String> {
    let mut ways: VecDeque<Vec<&str>> = from.iter().map(|name| vec![name.as_str()]).collect();
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let name = way.last()?;
        if *name == APPLICATION {
            return Some(way.join(" -> "));
        }
        if except.contains(name) || !seen.insert(*name) {
            continue;
        }
        let next = crates.iter().find(|one| one.name == *name).map(|one| &one.dependencies);
        ways.extend(next.into_iter().flatten().map(|next| [way.as_slice(), &[next.as_str()]].concat()));
    }
    None
}
