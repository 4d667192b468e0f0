//! Names, the trash and old versions.

use std::time::Duration;

use fm_application::wiring::Retention;

use super::{DAY, Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[
    Variable::plain("TRASH_RETENTION_DAYS"),
    Variable::plain("VERSIONS_MAX_COUNT"),
    Variable::plain("VERSIONS_MAX_AGE_DAYS"),
    Variable::plain("NAMES_PORTABLE"),
];

/// Names, the trash and old versions.
#[derive(Debug, Clone)]
pub struct TreeConfig {
    /// `TRASH_RETENTION_DAYS`: how long items stay in the trash; zero: there is none. `VERSIONS_MAX_COUNT`: the most old versions of a
    /// file; zero: none. `VERSIONS_MAX_AGE_DAYS`: how long they are kept.
    pub retention: Retention,
    /// `NAMES_PORTABLE`: whether new names have to be ones that Windows can hold too.
    pub names_portable: bool,
}

impl TreeConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mut days =
            |name, default: u64, range| Duration::from_secs(reader.number(name, default, range) * DAY);
        let trash = days("TRASH_RETENTION_DAYS", 30, 0..=36_500);
        let version_age = days("VERSIONS_MAX_AGE_DAYS", 90, 1..=36_500);
        let versions = usize::from(reader.number("VERSIONS_MAX_COUNT", 10_u16, 0..=1_000));
        let names_portable = reader.flag("NAMES_PORTABLE", false);
        Self { retention: Retention { trash, versions, version_age }, names_portable }
    }
}
