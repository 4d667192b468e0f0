//! A new index of a PostgreSQL table that is there is built CONCURRENTLY: any other way nodes can't write the table while all of it is
//! read. Such a statement runs in no transaction, and has a migration of its own.

use std::collections::BTreeSet;

use crate::repository::Repository;
use crate::sql::statements;
use crate::{Failure, Fault};

const FOLDER: &str = "migrations/postgres";

/// The last migration that is not held to it: it had landed before.
const LAST_BEFORE: &str = "20261129000160_account_standing";

/// What a `metadata.toml` says of a migration that runs in no transaction.
const NO_TRANSACTION: &str = "run_in_transaction = false";

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for name in repository.names_in(FOLDER)? {
        if name.as_str() > LAST_BEFORE {
            let folder = format!("{FOLDER}/{name}");
            let sql = repository.read_if_there(&format!("{folder}/up.sql"))?;
            let metadata = repository.read_if_there(&format!("{folder}/metadata.toml"))?;
            faults.extend(faults_in(&folder, &sql, &metadata));
        }
    }
    Ok(faults)
}

fn faults_in(folder: &str, sql: &str, metadata: &str) -> Vec<Fault> {
    let statements: Vec<Vec<String>> =
        statements(sql).into_iter().map(|one| one.words).filter(|words| !words.is_empty()).collect();
    let statements: Vec<Vec<&str>> =
        statements.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
    let created: BTreeSet<&str> = statements.iter().filter_map(|words| created_table(words)).collect();
    let mut faults = Vec::new();
    for words in &statements {
        let said = words.join(" ");
        if words.contains(&"CONCURRENTLY") {
            if statements.len() > 1 {
                faults.push(format!("{folder}: CONCURRENTLY needs a migration of its own: {said}"));
            }
            if !metadata.lines().any(|line| line.trim() == NO_TRANSACTION) {
                faults.push(format!("{folder}: CONCURRENTLY needs a metadata.toml with `{NO_TRANSACTION}`"));
            }
        } else if indexed_table(words).is_some_and(|table| !created.contains(table)) {
            faults.push(format!(
                "{folder}: nodes can't write the table while the index is built, say CREATE INDEX CONCURRENTLY: {said}"
            ));
        }
    }
    faults
}

fn created_table<'w>(words: &[&'w str]) -> Option<&'w str> {
    match words {
        ["CREATE", "TABLE", "IF", "NOT", "EXISTS", table, ..] | ["CREATE", "TABLE", table, ..] => {
            Some(*table)
        }
        _ => None,
    }
}

/// The table of which the statement builds an index, by itself or for a constraint.
fn indexed_table<'w>(words: &[&'w str]) -> Option<&'w str> {
    let has = |wanted: &[&str]| words.windows(wanted.len()).any(|window| window == wanted);
    match words {
        ["CREATE", "INDEX", ..] | ["CREATE", "UNIQUE", "INDEX", ..] => {
            let behind = words.iter().position(|word| *word == "ON")?;
            words.get(behind + 1..)?.iter().find(|word| **word != "ONLY").copied()
        }
        ["ALTER", "TABLE", rest @ ..] if has(&["ADD"]) && !has(&["USING", "INDEX"]) => {
            let is_unique = has(&["UNIQUE"]) || has(&["PRIMARY", "KEY"]) || has(&["EXCLUDE"]);
            let mut names = rest.iter().filter(|word| !matches!(**word, "IF" | "EXISTS" | "ONLY"));
            names.next().copied().filter(|_table| is_unique)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str, metadata: &str) -> Vec<Fault> {
        faults_in("migrations/postgres/1_a", sql, metadata)
    }

    #[test]
    fn indexes_of_new_tables_and_those_that_are_built_beside_writers_pass() {
        for sql in [
            "CREATE TABLE a (b text CONSTRAINT a_pkey PRIMARY KEY);\nCREATE INDEX a_b_idx ON a (b);",
            "CREATE TABLE IF NOT EXISTS a (b text);\nCREATE UNIQUE INDEX ON ONLY a (b);\nALTER TABLE a ADD UNIQUE (b);",
            "ALTER TABLE a ADD COLUMN unique_name text;\nDROP INDEX a_b_idx;",
            "ALTER TABLE a ADD CONSTRAINT a_b_key UNIQUE USING INDEX a_b_key;",
            "-- CREATE INDEX ON a (b);\nALTER TABLE a ADD CONSTRAINT a_b_check CHECK (b <> '') NOT VALID;",
        ] {
            assert_eq!(found(sql, ""), Vec::<Fault>::new(), "{sql}");
        }
        let sql = "-- For lists.\nCREATE INDEX CONCURRENTLY a_b_idx ON a (b) WHERE c;\n";
        assert_eq!(found(sql, "run_in_transaction = false\n"), Vec::<Fault>::new());
    }

    #[test]
    fn an_index_of_a_table_that_is_there_is_built_concurrently() {
        for sql in [
            "CREATE INDEX a_b_idx ON a (b);",
            "create unique index if not exists a_b_idx on a (b);",
            "CREATE TABLE c (b text);\nCREATE INDEX a_b_idx ON a (b);",
            "ALTER TABLE a ADD CONSTRAINT a_b_key UNIQUE (b);",
            "ALTER TABLE IF EXISTS ONLY a ADD PRIMARY KEY (b);",
            "ALTER TABLE a ADD COLUMN b text UNIQUE;",
        ] {
            let faults = found(sql, "run_in_transaction = false");
            assert_eq!(faults.len(), 1, "{sql}: {faults:?}");
            assert!(faults[0].contains("CREATE INDEX CONCURRENTLY"), "{faults:?}");
        }
    }

    #[test]
    fn a_statement_that_runs_in_no_transaction_has_a_migration_of_its_own() {
        let index = "CREATE INDEX CONCURRENTLY a_b_idx ON a (b);";
        let faults = found(index, "# run_in_transaction = false\nrun_in_transaction = true\n");
        assert_eq!(
            faults,
            ["migrations/postgres/1_a: CONCURRENTLY needs a metadata.toml with `run_in_transaction = false`"]
        );
        let faults = found(&format!("{index}\nDROP INDEX a_idx;"), "run_in_transaction = false");
        assert_eq!(
            faults,
            ["migrations/postgres/1_a: CONCURRENTLY needs a migration of its own: \
             CREATE INDEX CONCURRENTLY A_B_IDX ON A ( B )"]
        );
    }
}
