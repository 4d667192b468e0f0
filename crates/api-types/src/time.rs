//! Moments as RFC 3339 in UTC with microseconds and `Z`; read with any offset. For `#[serde(with)]`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

pub(crate) fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    time.to_rfc3339_opts(SecondsFormat::Micros, true).serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    DateTime::deserialize(deserializer)
}

#[cfg(test)]
mod tests;
