//! Every dependency has a reason, stands in the root manifest alone, and every crate shares the lints.

use crate::repository::Repository;
use crate::{Failure, Fault};

/// The crate that calls C. Its lints are the workspace's, but that a module may except itself from the one against `unsafe`.
const CALLS_C: &str = "crates/webp/Cargo.toml";

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    let root = repository.read("Cargo.toml")?;
    let mut faults = without_reason("Cargo.toml", &root);
    for path in repository.files()? {
        if path.ends_with("/Cargo.toml") {
            let manifest = repository.read(&path)?;
            // Fuzz targets are workspaces of their own.
            faults.extend(without_reason(&path, &manifest));
            faults.extend(versions_of_its_own(&path, &manifest));
            faults.extend(if path == CALLS_C {
                other_lints(&path, &manifest, &root)
            } else {
                not_shared(&path, &manifest)
            });
        }
    }
    Ok(faults)
}

/// Dependencies of a workspace that do not say what they are for. The repository's own crates describe themselves.
fn without_reason(path: &str, manifest: &str) -> Vec<Fault> {
    lines_of(manifest, |section| section == "workspace.dependencies")
        .filter(|(_, line)| !line.contains("path = ") && reason(line).is_none())
        .map(|(number, line)| format!("{path}:{number}: no reason after `#`: {line}"))
        .collect()
}

/// Dependencies of a member with a version of their own.
fn versions_of_its_own(path: &str, manifest: &str) -> Vec<Fault> {
    lines_of(manifest, |section| section.ends_with("dependencies") && section != "workspace.dependencies")
        .filter(|(_, line)| !line.contains("workspace = true"))
        .map(|(number, line)| format!("{path}:{number}: not from the workspace: {line}"))
        .collect()
}

/// A member that does not share the lints.
fn not_shared(path: &str, manifest: &str) -> Option<Fault> {
    let shares = lines_of(manifest, |section| section == "lints").any(|(_, line)| line == "workspace = true");
    (!shares).then(|| format!("{path}: does not share the workspace's lints"))
}

/// A member that calls C and has other lints than the workspace with `unsafe` code denied rather than forbidden.
fn other_lints(path: &str, manifest: &str, root: &str) -> Option<Fault> {
    let expected = lines_of(root, |section| section.starts_with("workspace.lints."))
        .map(|(_, line)| line.replace("unsafe_code = \"forbid\"", "unsafe_code = \"deny\""));
    let lints = lines_of(manifest, |section| section.starts_with("lints."));
    (!lints.map(|(_, line)| line).eq(expected))
        .then(|| format!("{path}: other lints than the workspace's with unsafe_code = \"deny\""))
}

fn reason(line: &str) -> Option<&str> {
    line.rsplit_once(" # ").map(|(_, reason)| reason.trim()).filter(|reason| !reason.is_empty())
}

/// The numbered lines with an entry, in the sections that are asked for.
fn lines_of(manifest: &str, wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    manifest.lines().enumerate().filter_map(move |(index, line)| {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = wanted(section);
            return None;
        }
        (inside && !line.is_empty() && !line.starts_with('#')).then_some((index + 1, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_and_own_crates_pass() {
        let manifest = "[workspace.dependencies]\n# Ours.\nfm-domain = { path = \"a\" }\n\nbytes = \"1\" # slices\n[x]\na = 1\n";
        assert_eq!(without_reason("Cargo.toml", manifest), Vec::<Fault>::new());
    }

    #[test]
    fn a_dependency_without_a_reason_is_a_fault() {
        let manifest = "[workspace]\n[workspace.dependencies]\nbytes = \"1\"\nhex = \"1\" # \n";
        assert_eq!(
            without_reason("a/fuzz/Cargo.toml", manifest),
            [
                "a/fuzz/Cargo.toml:3: no reason after `#`: bytes = \"1\"",
                "a/fuzz/Cargo.toml:4: no reason after `#`: hex = \"1\" #"
            ]
        );
    }

    #[test]
    fn a_member_that_inherits_everything_passes() {
        let manifest = "[lints]\nworkspace = true\n[dependencies]\na.workspace = true\nb = { workspace = true, features = [] }\n";
        assert_eq!(versions_of_its_own("a/Cargo.toml", manifest), Vec::<Fault>::new());
        assert_eq!(not_shared("a/Cargo.toml", manifest), None);
    }

    #[test]
    fn a_workspace_of_its_own_that_inherits_from_itself_passes() {
        let manifest = "[lints]\nworkspace = true\n[dependencies]\na.workspace = true\n[workspace]\n[workspace.dependencies]\na = \"1\" # why\n";
        assert_eq!(versions_of_its_own("a/fuzz/Cargo.toml", manifest), Vec::<Fault>::new());
        assert_eq!(not_shared("a/fuzz/Cargo.toml", manifest), None);
        assert_eq!(without_reason("a/fuzz/Cargo.toml", manifest), Vec::<Fault>::new());
    }

    #[test]
    fn a_version_of_its_own_and_lints_of_its_own_are_faults() {
        let manifest = "[lints.rust]\n[dev-dependencies]\na = \"1\"\n";
        assert_eq!(
            versions_of_its_own("a/Cargo.toml", manifest),
            ["a/Cargo.toml:3: not from the workspace: a = \"1\""]
        );
        assert_eq!(
            not_shared("a/Cargo.toml", manifest).as_deref(),
            Some("a/Cargo.toml: does not share the workspace's lints")
        );
    }

    #[test]
    fn a_crate_that_calls_c_has_the_lints_of_the_workspace_but_one() {
        let root = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\nmissing_docs = \"warn\"\n\n[workspace.lints.clippy]\n# Why.\nall = \"warn\"\n";
        let same = "[lints.rust]\nunsafe_code = \"deny\"\nmissing_docs = \"warn\"\n\n[lints.clippy]\nall = \"warn\"\n";
        assert_eq!(other_lints("c/Cargo.toml", same, root), None);
        for (what, instead) in [
            ("unsafe_code = \"deny\"\n", ""),
            ("unsafe_code = \"deny\"\n", "unsafe_code = \"allow\"\n"),
            ("all = \"warn\"\n", ""),
            ("all = \"warn\"\n", "all = \"warn\"\npedantic = \"allow\"\n"),
        ] {
            let fault = other_lints("c/Cargo.toml", &same.replace(what, instead), root);
            assert!(fault.is_some(), "{what} became {instead}");
        }
    }
}
