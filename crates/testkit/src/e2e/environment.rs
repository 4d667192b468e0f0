//! The variables of the program on each lane.

use std::path::Path;

use super::Lane;
use super::database::TestDatabase;
use super::store::TestStore;

/// The variables of a server whose folder is `home`.
pub(crate) fn environment(
    lane: Lane,
    home: &Path,
    database: Option<&TestDatabase>,
    store: Option<&TestStore>,
) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut set = |name: &str, value: &str| variables.push((name.to_owned(), value.to_owned()));
    set("PORT", "0");
    set("LOG_FORMAT", "json");
    // As cheap as hashes get: the defaults have a test of their own.
    set("ARGON2_MEMORY_KIB", "1024");
    set("ARGON2_ITERATIONS", "1");
    // Hundreds of tests come from one address.
    set("RATE_LIMITS", "0");
    match lane {
        Lane::Ephemeral => {}
        Lane::Embedded => set("DATA_DIR", &home.join("data").to_string_lossy()),
        Lane::PostgresS3 => set("JWT_SECRET", &super::unique("a-secret-of-the-tests-")),
    }
    if let Some(database) = database {
        set("DATABASE_URL", database.url());
    }
    for (name, value) in store.into_iter().flat_map(TestStore::variables) {
        set(name, &value);
    }
    variables
}
