//! Reads texts as what they should be, and collects what they are not.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::faults::ConfigFaults;
use super::secret::Secret;
use super::source::Texts;

/// Reads one variable after the other; what is wrong is remembered, and a stand-in is given meanwhile.
pub(super) struct Reader<'a> {
    pub(super) texts: &'a Texts,
    pub(super) faults: ConfigFaults,
}

impl Reader<'_> {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    pub(super) fn text_or(&self, name: &str, default: &str) -> String {
        self.text(name).unwrap_or(default).to_owned()
    }

    /// `0` or `1`, also `false` and `true` as TOML writes them.
    pub(super) fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.text(name) {
            None => default,
            Some("1" | "true") => true,
            Some("0" | "false") => false,
            Some(_) => {
                self.faults.add(name, "must be 0 or 1");
                default
            }
        }
    }

    pub(super) fn number<T>(&mut self, name: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        self.optional_number(name, range).unwrap_or(default)
    }

    pub(super) fn optional_number<T>(&mut self, name: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let text = self.text(name)?;
        match text.parse::<T>() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                let problem = format!("must be a whole number from {} to {}", range.start(), range.end());
                self.faults.add(name, problem);
                None
            }
        }
    }

    pub(super) fn seconds(&mut self, name: &str, default: u64, range: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(self.number(name, default, range))
    }

    pub(super) fn choice<T: Copy>(&mut self, name: &str, default: T, choices: &[(&str, T)]) -> T {
        let Some(text) = self.text(name) else { return default };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return *choice;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.faults.add(name, format!("must be one of {}", words.join(", ")));
        default
    }

    /// A secret: the variable itself, or the content of the file that `<NAME>_FILE` names, without its last line end.
    pub(super) fn secret(&mut self, name: &str) -> Option<Secret> {
        if let Some(text) = self.text(name) {
            return Some(Secret::new(text.to_owned()));
        }
        let file_name = format!("{name}_FILE");
        let path = self.text(&file_name)?.to_owned();
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                (!text.is_empty()).then(|| Secret::new(text.to_owned()))
            }
            Err(error) => {
                self.faults.add(&file_name, format!("can't be read: {error}"));
                None
            }
        }
    }

    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}
