//! Reads texts as what they should be, and collects what they are not.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::faults::ConfigFaults;
use super::secret::Secret;
use super::source::Texts;

/// Reads one variable after the other. A fault is remembered, and a stand-in is returned meanwhile, so that all faults of a
/// configuration are reported at once.
///
/// Only variables that a section or an adapter names may be read; reading another is a fault too.
pub struct Reader<'a> {
    texts: &'a Texts,
    names: &'a BTreeSet<String>,
    faults: ConfigFaults,
    /// `BLOB_STORE=s3`, while the adapter that this picked reads its settings.
    picked_by: Option<String>,
    /// What stands before every name that is read.
    prefix: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(texts: &'a Texts, names: &'a BTreeSet<String>, faults: ConfigFaults) -> Self {
        Self { texts, names, faults, picked_by: None, prefix: "" }
    }

    pub(super) fn into_faults(self) -> ConfigFaults {
        self.faults
    }

    /// Runs `read` for the adapter that `variable=value` picked.
    pub(super) fn picked_by<T>(
        &mut self,
        variable: &str,
        value: &str,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.picked_by = Some(format!("{variable}={value}"));
        let settings = read(self);
        self.picked_by = None;
        settings
    }

    /// Runs `read`, for which every variable has this before its name.
    pub(super) fn prefixed<T>(&mut self, prefix: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.prefix = prefix;
        let settings = read(self);
        self.prefix = "";
        settings
    }

    /// Reports that a variable can't be used. `problem` must not show its value, which may be a secret.
    pub fn fault(&mut self, name: &str, problem: impl Into<String>) {
        self.faults.add(&format!("{}{name}", self.prefix), problem);
    }

    /// The text of a variable; `None` when it is unset or empty.
    pub fn text(&mut self, name: &str) -> Option<&'a str> {
        let full = format!("{}{name}", self.prefix);
        if !self.names.contains(&full) {
            self.fault(name, "is read, but not named among the variables of its adapter");
        }
        self.texts.get(&full).map(String::as_str)
    }

    /// The text of a variable, or its default.
    pub fn text_or(&mut self, name: &str, default: &str) -> String {
        self.text(name).unwrap_or(default).to_owned()
    }

    /// The text of a variable that must be set; else a fault and an empty text.
    pub fn required(&mut self, name: &str) -> String {
        let text = self.text(name).map(str::to_owned);
        text.unwrap_or_else(|| {
            self.missing(name);
            String::new()
        })
    }

    /// A secret that must be given; else a fault and an empty secret.
    pub fn required_secret(&mut self, name: &str) -> Secret {
        self.secret(name).unwrap_or_else(|| {
            // One that is named and can't be used is a fault already.
            if !self.is_named(name) {
                self.missing(name);
            }
            Secret::new(String::new())
        })
    }

    /// Adds a fault unless the secret is named, by itself or by its file; it is read elsewhere.
    pub(crate) fn require_named(&mut self, name: &str) {
        if !self.is_named(name) {
            self.missing(name);
        }
    }

    /// Whether a secret is named, by itself or by its file.
    pub(super) fn is_named(&mut self, name: &str) -> bool {
        self.text(name).is_some() || self.text(&format!("{name}_FILE")).is_some()
    }

    fn missing(&mut self, name: &str) {
        let with = self.picked_by.as_ref().map_or_else(String::new, |picked_by| format!(" with {picked_by}"));
        self.fault(name, format!("is required{with}"));
    }

    /// `0` or `1`, also `false` and `true` as TOML writes them.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.text(name) {
            None => default,
            Some("1" | "true") => true,
            Some("0" | "false") => false,
            Some(_) => {
                self.fault(name, "must be 0 or 1");
                default
            }
        }
    }

    /// A whole number in a range, or its default.
    pub fn number<T>(&mut self, name: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        self.optional_number(name, range).unwrap_or(default)
    }

    /// A whole number in a range; `None` when it is unset.
    pub fn optional_number<T>(&mut self, name: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let text = self.text(name)?;
        match text.parse::<T>() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                let problem = format!("must be a whole number from {} to {}", range.start(), range.end());
                self.fault(name, problem);
                None
            }
        }
    }

    /// A number of seconds in a range, or its default.
    pub fn seconds(&mut self, name: &str, default: u64, range: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(self.number(name, default, range))
    }

    /// One of a few words, or the default.
    pub fn choice<T: Copy>(&mut self, name: &str, default: T, choices: &[(&str, T)]) -> T {
        let Some(text) = self.text(name) else { return default };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return *choice;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.fault(name, format!("must be one of {}", words.join(", ")));
        default
    }

    /// A secret: the variable itself, or the content of the file that `<NAME>_FILE` names, without its last line end.
    pub fn secret(&mut self, name: &str) -> Option<Secret> {
        if let Some(text) = self.text(name) {
            return self.filled(name, text);
        }
        let file_name = format!("{name}_FILE");
        let path = self.text(&file_name)?;
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                self.filled(&file_name, text)
            }
            Err(error) => {
                self.fault(&file_name, format!("can't be read: {error}"));
                None
            }
        }
    }

    /// The secret, unless it is blank: where a secret is named, going on without one is never meant.
    fn filled(&mut self, name: &str, text: &str) -> Option<Secret> {
        if text.trim().is_empty() {
            self.fault(name, "is named, but holds nothing: give the secret, or leave the variable out");
            return None;
        }
        Some(Secret::new(text.to_owned()))
    }

    /// Items between commas, without the spaces around them.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}
