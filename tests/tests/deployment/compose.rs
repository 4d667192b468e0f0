//! `deploy/compose.yml`: what is in it, and whether the program takes the configuration that it gives.

use std::collections::BTreeMap;

use fm_e2e::run;
use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use super::file;

/// The services that run the program itself.
const OURS: [&str; 3] = ["migrate", "api", "worker"];

fn services() -> BTreeMap<String, Yaml> {
    let read = YamlLoader::load_from_str(&file("deploy/compose.yml")).expect("it is YAML");
    let services = read[0]["services"].as_hash().expect("it has services");
    services.iter().map(|(name, service)| (name.as_str().unwrap().to_owned(), service.clone())).collect()
}

fn texts(list: &Yaml) -> Vec<&str> {
    list.as_vec().into_iter().flatten().map(|item| item.as_str().unwrap()).collect()
}

/// What deploy/.env gives: the example with every gap filled.
fn settings() -> BTreeMap<String, String> {
    let example = file("deploy/compose.env.example");
    let lines = example.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (name, value) = line.split_once('=').expect("a variable");
            let gap = value.is_empty() && name != "TRUSTED_PROXIES";
            let value = if gap { "0123456789abcdef0123456789abcdef" } else { value };
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// Puts settings in for `${NAME}`, `${NAME:-instead}` and `${NAME:?complaint}`.
fn filled(text: &str, settings: &BTreeMap<String, String>) -> String {
    let mut pieces = text.split("${");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (inside, rest) = piece.split_once('}').expect("braces come in pairs");
        let (name, instead) =
            inside.split_once(':').map_or((inside, None), |(name, rest)| (name, Some(rest)));
        let value = settings.get(name).unwrap_or_else(|| panic!("compose.env.example has no {name}"));
        match instead {
            Some(instead) if value.is_empty() && instead.starts_with('-') => filled.push_str(&instead[1..]),
            _ => filled.push_str(value),
        }
        filled.push_str(rest);
    }
    filled
}

fn environment(service: &Yaml, settings: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let variables = service["environment"].as_hash().expect("it has an environment");
    let text = |yaml: &Yaml| yaml.as_str().expect("variables are texts").to_owned();
    variables.iter().map(|(name, value)| (text(name), filled(&text(value), settings))).collect()
}

#[test]
fn every_service_is_hardened_pinned_and_watched() {
    for (name, service) in services() {
        assert_eq!(service["read_only"].as_bool(), Some(true), "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        let image = service["image"].as_str().expect("it has an image");
        let tag = image.split_once(':').map(|(_, tag)| tag);
        assert_eq!(tag.is_none(), OURS.contains(&name.as_str()), "images of others have a version: {image}");
        assert!(tag.is_none_or(|tag| tag.contains(|c: char| c.is_ascii_digit())), "{image}");
        let runs_on = name != "migrate";
        assert_eq!(
            service["restart"].as_str(),
            Some(if runs_on { "unless-stopped" } else { "no" }),
            "{name}"
        );
        assert_eq!(!service["healthcheck"]["test"].is_badvalue(), runs_on, "{name} is watched");
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name} is reached by this machine alone: {port}");
        }
    }
}

#[test]
fn nothing_starts_before_what_it_needs() {
    let services = services();
    for (name, service) in &services {
        let Some(needs) = service["depends_on"].as_hash() else { continue };
        for (need, how) in needs {
            let condition = how["condition"].as_str().expect("a condition");
            let need = need.as_str().unwrap();
            let watched = !services[need]["healthcheck"].is_badvalue();
            let wanted = if watched { "service_healthy" } else { "service_completed_successfully" };
            assert_eq!(condition, wanted, "{name} waits for {need}");
        }
    }
    for name in ["api", "worker"] {
        for need in ["migrate", "redis", "garage"] {
            assert!(!services[name]["depends_on"][need].is_badvalue(), "{name} waits for {need}");
        }
    }
}

#[test]
fn every_volume_is_declared_and_every_mounted_file_is_there() {
    let text = file("deploy/compose.yml");
    let declared = &YamlLoader::load_from_str(&text).unwrap()[0]["volumes"];
    let declared: Vec<&str> = declared.as_hash().unwrap().keys().map(|name| name.as_str().unwrap()).collect();
    let mut mounted = Vec::new();
    for service in services().values() {
        for volume in texts(&service["volumes"]) {
            let source = volume.split(':').next().unwrap().to_owned();
            match source.strip_prefix("./") {
                Some(path) => drop(file(&format!("deploy/{path}"))),
                None => mounted.push(source),
            }
        }
    }
    mounted.sort_unstable();
    let mut declared = declared;
    declared.sort_unstable();
    assert_eq!(mounted, declared);
}

#[test]
fn the_program_takes_the_configuration_and_knows_every_variable() {
    let (services, settings) = (services(), settings());
    let home = tempfile::tempdir().unwrap();
    let known = run(home.path(), &[], &["config", "show", "--json"]);
    let known: Value = serde_json::from_str(&known.output).expect("the variables of the program");
    for name in OURS {
        let environment = environment(&services[name], &settings);
        for (variable, _) in &environment {
            assert!(known.get(variable).is_some(), "{name} sets {variable}, which the program does not know");
        }
        let checked = run(home.path(), &environment, &["config", "check"]);
        assert_eq!(checked.code, Some(0), "{name}: {}", checked.output);
        let mut incomplete = environment;
        incomplete.retain(|(variable, _)| variable != "JWT_SECRET");
        assert_eq!(run(home.path(), &incomplete, &["config", "check"]).code, Some(2), "{name}");
        let words = [&texts(&services[name]["command"])[..], &["--help"]].concat();
        assert_eq!(run(home.path(), &[], &words).code, Some(0), "{words:?} is a command");
    }
}

#[test]
fn the_checks_of_our_services_are_commands_of_the_program() {
    let (services, home) = (services(), tempfile::tempdir().unwrap());
    for name in ["api", "worker"] {
        let test = texts(&services[name]["healthcheck"]["test"]).join(" ");
        let words =
            test.strip_prefix("CMD /usr/local/bin/file-manager ").expect("it is asked without a shell");
        let words: Vec<&str> = words.split(' ').collect();
        let port = fm_testkit::ports::free_port().unwrap().to_string();
        let environment = [("PORT".to_owned(), port)];
        // Nothing listens, so the command fails; arguments that it does not take would end it with 2.
        let asked = run(home.path(), &environment, &words);
        assert_eq!(asked.code, Some(1), "{words:?}: {}", asked.output);
        assert!(asked.output.contains("gives no answer"), "{}", asked.output);
    }
    let metrics = environment(&services["worker"], &settings());
    let (_, address) =
        metrics.iter().find(|(name, _)| name == "METRICS_ADDR").expect("the worker tells metrics");
    let port = address.rsplit(':').next().unwrap();
    let test = texts(&services["worker"]["healthcheck"]["test"]).join(" ");
    assert!(test.ends_with(&format!("http://127.0.0.1:{port}/metrics")), "{test}");
}

#[test]
fn the_s3_server_has_the_version_that_the_program_is_tested_with() {
    let version = file("scripts/lib/garage.sh");
    let version = version.lines().find_map(|line| line.strip_prefix("garage_version=")).expect("a version");
    assert_eq!(services()["garage"]["image"].as_str(), Some(format!("dxflrs/garage:v{version}").as_str()));
    let region = environment(&services()["api"], &settings());
    let (_, region) = region.iter().find(|(name, _)| name == "S3_REGION").expect("a region");
    assert!(file("deploy/garage.toml").contains(&format!("s3_region = \"{region}\"")));
}
