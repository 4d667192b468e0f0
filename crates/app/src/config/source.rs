//! Where the configuration comes from: environment variables, over a `.env` file, over `config/<APP_PROFILE>.toml`,
//! over `config/default.toml`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat};

use super::dotenv;
use super::faults::ConfigFaults;
use super::variable::Variable;

pub(super) const VARIABLES: &[Variable] = &[Variable::plain("APP_PROFILE")];

/// What is layered.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The environment.
    pub environment: HashMap<String, String>,
    /// The folder that `.env` and `config/` are looked for in.
    pub folder: PathBuf,
}

impl Sources {
    /// The environment of the process and its working folder.
    #[must_use]
    pub fn of_process() -> Self {
        // A variable that is no Unicode is no variable of ours.
        let environment =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Self { environment: environment.collect(), folder: PathBuf::from(".") }
    }
}

/// The texts of all variables that are set to something.
pub(super) type Texts = BTreeMap<String, String>;

/// Layers the sources. Unset or empty is not there. `names` are those that may be set.
pub(super) fn layered(sources: &Sources, names: &BTreeSet<String>, faults: &mut ConfigFaults) -> Texts {
    let dotenv = dotenv::read(&sources.folder.join(".env"), &sources.environment, names, faults);
    let set = |name: &str| sources.environment.get(name).filter(|text| !text.is_empty());
    let profile = set("APP_PROFILE").or_else(|| dotenv.get("APP_PROFILE").filter(|text| !text.is_empty()));
    let mut texts = Texts::new();
    toml(&sources.folder.join("config/default.toml"), names, &mut texts, faults);
    if let Some(profile) = profile {
        named_profile(&sources.folder, profile, names, &mut texts, faults);
    }
    variables(dotenv, names, &mut texts, faults);
    variables(sources.environment.clone(), names, &mut texts, faults);
    texts
}

fn named_profile(
    folder: &Path,
    profile: &str,
    names: &BTreeSet<String>,
    texts: &mut Texts,
    faults: &mut ConfigFaults,
) {
    if !profile.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return faults.add("APP_PROFILE", "must be letters, digits, - and _ alone");
    }
    let path = folder.join(format!("config/{profile}.toml"));
    if path.exists() {
        toml(&path, names, texts, faults);
    } else {
        faults.add("APP_PROFILE", format!("there is no {}", path.display()));
    }
}

/// One TOML file. A key that is no variable is a typing error.
fn toml(path: &Path, names: &BTreeSet<String>, texts: &mut Texts, faults: &mut ConfigFaults) {
    let name = path.display().to_string();
    let file = File::from(path).format(FileFormat::Toml).required(false);
    let read = config::Config::builder().add_source(file).build();
    let table = match read.and_then(config::Config::try_deserialize::<BTreeMap<String, config::Value>>) {
        Ok(table) => table,
        Err(_shows_the_line) => return faults.add(&name, "is not valid TOML"),
    };
    for (key, value) in table {
        let known = names.iter().find(|known| known.eq_ignore_ascii_case(&key));
        match (known, value.into_string()) {
            (Some(known), Ok(text)) => drop(texts.insert(known.clone(), text)),
            (Some(_), Err(_)) => faults.add(&name, format!("{key} must be a text, a number or a boolean")),
            (None, _) => faults.add(&name, format!("{key} is no variable of this program")),
        }
    }
}

/// Environment variables, or what looks like them. What is not ours is left alone.
fn variables(
    source: HashMap<String, String>,
    names: &BTreeSet<String>,
    texts: &mut Texts,
    faults: &mut ConfigFaults,
) {
    let environment = Environment::default().ignore_empty(true).source(Some(source));
    let read = config::Config::builder().add_source(environment).build();
    let table = read.and_then(config::Config::try_deserialize::<HashMap<String, String>>).unwrap_or_default();
    for name in names {
        let Some(text) = table.get(&name.to_ascii_lowercase()) else { continue };
        // A nearer layer's NAME replaces a farther one's NAME_FILE, and the other way round.
        let secret = name.strip_suffix("_FILE").unwrap_or(name);
        let sibling = names
            .iter()
            .find(|other| other.strip_suffix("_FILE").unwrap_or(other) == secret && *other != name);
        if let Some(sibling) = sibling {
            if table.contains_key(&sibling.to_ascii_lowercase()) && name.ends_with("_FILE") {
                faults.add(name, format!("is set beside {sibling}: give one of them"));
            }
            texts.remove(sibling);
        }
        texts.insert(name.clone(), text.clone());
    }
}
