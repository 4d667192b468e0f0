//! What clients get: JSON out of values of the domain, without trees in between.

mod answer;
mod file;
mod user;

use fm_domain::clock::Timestamp;
use serde::{Serialize, Serializer};

pub(crate) use answer::{etag, file, json, no_content, redirect};
pub(crate) use file::{FileJson, FileListJson};
pub(crate) use user::{AccountJson, TokenPairJson, UserJson};

/// A moment, as RFC 3339 in UTC with `Z`.
#[derive(Clone, Copy)]
pub(crate) struct Time(pub(crate) Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
