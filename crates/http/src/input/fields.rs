//! The fields of a JSON object, every fault of them reported at once.

use std::fmt::Display;
use std::str::FromStr;

use fm_api_types::FieldError;
use fm_domain::accounts::Password;
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

use crate::problem::Problem;

/// Values that are read out of the fields of a JSON object.
pub(crate) trait FromFields: Sized {
    /// The object as it is on the wire.
    type Body;

    /// Takes its fields. `None` only after a fault was noted.
    fn read(fields: &mut Fields) -> Option<Self>;
}

/// The fields that are left, and the faults found so far. Texts are wiped when they were read: each may be a secret.
pub(crate) struct Fields {
    left: Wiped<Map<String, Value>>,
    errors: Vec<FieldError>,
    /// Where the object is in the body: a JSON pointer.
    at: String,
}

impl Fields {
    /// The fields of this object.
    pub(crate) const fn new(object: Map<String, Value>) -> Self {
        Self { left: Wiped(object), errors: Vec::new(), at: String::new() }
    }

    /// A field that must be there and not null.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        match self.take(name) {
            Some(value) => self.note(name, read(&value.0)),
            None => self.note(name, Err("is required".to_owned())),
        }
    }

    /// A field that may be left out or null. `None` only after a fault was noted.
    #[expect(clippy::option_option, reason = "a fault is one thing, an absent value another")]
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<Option<T>> {
        match self.take(name) {
            None | Some(Wiped(Value::Null)) => Some(None),
            Some(value) => self.note(name, read(&value.0)).map(Some),
        }
    }

    /// A field that may be left out; null is a value like any other. `None` only after a fault was noted.
    #[expect(clippy::option_option, reason = "a fault is one thing, an absent value another")]
    pub(crate) fn given<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<Option<T>> {
        match self.take(name) {
            None => Some(None),
            Some(value) => self.note(name, read(&value.0)).map(Some),
        }
    }

    /// A field that must be there, and may be null. `None` only after a fault was noted.
    #[expect(clippy::option_option, reason = "a fault is one thing, an absent value another")]
    pub(crate) fn nullable<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<Option<T>> {
        match self.take(name) {
            None => self.note(name, Err("is required".to_owned())),
            Some(Wiped(Value::Null)) => Some(None),
            Some(value) => self.note(name, read(&value.0)).map(Some),
        }
    }

    /// A field that may be left out or null, else a list of values, each of which is read. `None` only after a fault was noted.
    #[expect(clippy::option_option, reason = "a fault is one thing, an absent value another")]
    pub(crate) fn optional_list<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&Value) -> Result<T, String>,
    ) -> Option<Option<Vec<T>>> {
        let list = self.optional(name, |value| {
            value.as_array().cloned().ok_or_else(|| "must be a list of strings".to_owned())
        })?;
        let Some(list) = list else { return Some(None) };
        let read = |(index, value)| {
            let read = read(value);
            let note = |detail| {
                let pointer = format!("{}/{name}/{index}", self.at);
                self.errors.push(FieldError { pointer, detail });
            };
            read.map_err(note).ok()
        };
        // Every one is read, so that every fault is told.
        let values: Vec<Option<T>> = list.iter().enumerate().map(read).collect();
        values.into_iter().collect::<Option<Vec<T>>>().map(Some)
    }

    /// A field that must be a list of objects.
    pub(crate) fn objects<T: FromFields>(&mut self, name: &'static str) -> Option<Vec<T>> {
        let list = self.required(name, |value| {
            value.as_array().cloned().ok_or_else(|| "must be a list of objects".to_owned())
        })?;
        let read = |(index, value)| {
            let at = format!("{}/{name}/{index}", self.at);
            let Value::Object(left) = value else {
                self.errors.push(FieldError { pointer: at, detail: "must be an object".to_owned() });
                return None;
            };
            let mut fields = Self { left: Wiped(left), errors: Vec::new(), at };
            let value = T::read(&mut fields);
            fields.note_unknown();
            self.errors.append(&mut fields.errors);
            value
        };
        // Every one is read, so that every fault is told.
        let values: Vec<Option<T>> = list.into_iter().enumerate().map(read).collect();
        values.into_iter().collect()
    }

    /// The value, unless there were faults. An unknown field is a fault, so that a typo is never silently ignored.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, Problem> {
        self.note_unknown();
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(Problem::validation(self.errors)),
        }
    }

    fn take(&mut self, name: &str) -> Option<Wiped<Value>> {
        self.left.0.remove(name).map(Wiped)
    }

    fn note_unknown(&mut self) {
        for unknown in self.left.0.keys() {
            let pointer = format!("{}/{}", self.at, unknown.replace('~', "~0").replace('/', "~1"));
            self.errors.push(FieldError { pointer, detail: "is not known".to_owned() });
        }
    }

    fn note<T>(&mut self, name: &'static str, read: Result<T, String>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(detail) => {
                self.errors.push(FieldError { pointer: format!("{}/{name}", self.at), detail });
                None
            }
        }
    }
}

/// What is wiped from memory when it is dropped.
struct Wiped<T: Wipe>(T);

impl<T: Wipe> Drop for Wiped<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

trait Wipe {
    /// Overwrites every text in it.
    fn wipe(&mut self);
}

impl Wipe for Value {
    fn wipe(&mut self) {
        match self {
            Self::String(text) => text.zeroize(),
            Self::Array(values) => values.iter_mut().for_each(Wipe::wipe),
            Self::Object(fields) => fields.wipe(),
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
        }
    }
}

impl Wipe for Map<String, Value> {
    fn wipe(&mut self) {
        self.values_mut().for_each(Wipe::wipe);
    }
}

/// Reads a string that is a value.
pub(crate) fn parsed<T: FromStr>(value: &Value) -> Result<T, String>
where
    T::Err: Display,
{
    text(value)?.parse().map_err(|error: T::Err| error.to_string())
}

/// Reads a string.
pub(crate) fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "must be a string".to_owned())
}

/// Reads true or false.
pub(crate) fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}

/// Reads a string as it is.
pub(crate) fn owned(value: &Value) -> Result<String, String> {
    text(value).map(str::to_owned)
}

/// Reads a password to compare: any string will do, what could never be right is simply wrong.
pub(crate) fn candidate(value: &Value) -> Result<Password, String> {
    owned(value).map(Password::candidate)
}

#[cfg(test)]
mod tests;
