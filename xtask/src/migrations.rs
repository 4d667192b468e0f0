//! Both databases have the same migrations, and each goes up and down.

use crate::repository::Repository;
use crate::{Failure, Fault};

const DATABASES: [&str; 2] = ["migrations/postgres", "migrations/sqlite"];
const SCRIPTS: [&str; 2] = ["up.sql", "down.sql"];

/// A migration's name and the scripts in its folder that hold something.
struct Migration {
    name: String,
    scripts: Vec<String>,
}

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    let [first, second] = DATABASES;
    Ok(faults(&read(repository, first)?, &read(repository, second)?))
}

fn read(repository: &Repository, folder: &str) -> Result<Vec<Migration>, Failure> {
    let mut migrations = Vec::new();
    for name in repository.names_in(folder)? {
        let mut scripts = Vec::new();
        for script in repository.names_in(&format!("{folder}/{name}"))? {
            if !repository.read(&format!("{folder}/{name}/{script}"))?.trim().is_empty() {
                scripts.push(script);
            }
        }
        migrations.push(Migration { name, scripts });
    }
    Ok(migrations)
}

fn faults(postgres: &[Migration], sqlite: &[Migration]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (folder, own, other) in [(DATABASES[0], postgres, sqlite), (DATABASES[1], sqlite, postgres)] {
        if own.is_empty() {
            faults.push(format!("{folder}: has no migration"));
        }
        for migration in own {
            let name = &migration.name;
            for script in SCRIPTS {
                if !migration.scripts.iter().any(|one| one == script) {
                    faults.push(format!("{folder}/{name}: {script} is missing or empty"));
                }
            }
            if !other.iter().any(|one| one.name == *name) {
                faults.push(format!("{folder}/{name}: the other database has no migration of this name"));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(name: &str, scripts: &[&str]) -> Migration {
        Migration { name: name.to_owned(), scripts: scripts.iter().map(|one| (*one).to_owned()).collect() }
    }

    #[test]
    fn equal_names_with_up_and_down_pass() {
        let one = [migration("1_users", &SCRIPTS)];
        let two = [migration("1_users", &SCRIPTS)];
        assert_eq!(faults(&one, &two), Vec::<Fault>::new());
    }

    #[test]
    fn a_migration_of_one_database_alone_is_a_fault() {
        let one = [migration("1_users", &SCRIPTS), migration("2_files", &SCRIPTS)];
        let two = [migration("1_users", &SCRIPTS)];
        assert_eq!(
            faults(&one, &two),
            ["migrations/postgres/2_files: the other database has no migration of this name"]
        );
    }

    #[test]
    fn a_migration_that_cannot_go_down_is_a_fault() {
        let one = [migration("1_users", &SCRIPTS)];
        let two = [migration("1_users", &["up.sql"])];
        assert_eq!(faults(&one, &two), ["migrations/sqlite/1_users: down.sql is missing or empty"]);
    }

    #[test]
    fn no_migrations_at_all_are_a_fault() {
        assert_eq!(
            faults(&[], &[]),
            ["migrations/postgres: has no migration", "migrations/sqlite: has no migration"]
        );
    }
}
