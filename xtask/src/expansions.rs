//! A migration only adds to the structure, so that nodes of the release before go on working while those of the new one start, and
//! after a step back too. What a release no longer uses may go with a later one: then a comment right before the statement says so,
//! `-- contract: 0.3 uploads.tails is not used since 0.2`.

use crate::repository::Repository;
use crate::sql::{Statement, statements};
use crate::{Failure, Fault};

const DATABASES: [&str; 2] = ["migrations/postgres", "migrations/sqlite"];

/// The first migration that is held to it; those before were never run beside an older release.
const FIRST: &str = "20261129000020";

/// How the comment begins.
const MARK: &str = "-- contract:";

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for folder in DATABASES {
        for name in repository.names_in(folder)? {
            if name.as_str() >= FIRST {
                let path = format!("{folder}/{name}/up.sql");
                faults.extend(faults_in(&path, &repository.read_if_there(&path)?));
            }
        }
    }
    Ok(faults)
}

fn faults_in(path: &str, sql: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for Statement { words, comments } in statements(sql) {
        let Some(what) = contraction(&words) else { continue };
        let marks = || comments.iter().filter_map(|comment| comment.strip_prefix(MARK));
        if !marks().any(names_a_release) {
            faults.push(format!(
                "{path}: {what}, which nodes of the release before may still use: {}; a comment `{MARK} RELEASE why` says that \
                 they do not",
                words.join(" ")
            ));
        }
    }
    faults
}

/// `0.3`, `1.2.0`, and then a reason.
fn names_a_release(text: &str) -> bool {
    let Some((release, reason)) = text.trim().split_once(' ') else { return false };
    let numbers: Vec<&str> = release.split('.').collect();
    numbers.len() >= 2 && numbers.iter().all(|number| number.parse::<u32>().is_ok()) && !reason.is_empty()
}

/// What the statement takes away or demands, if anything.
fn contraction(words: &[String]) -> Option<&'static str> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["DROP", "TABLE" | "VIEW" | "SCHEMA" | "TYPE", ..] => Some("drops what it names"),
        ["ALTER", _, ..] if words.contains(&"RENAME") => Some("renames"),
        ["ALTER", "TABLE", action @ ..] => {
            actions(action).iter().find_map(|action| contracting_action(action))
        }
        _ => None,
    }
}

/// The actions of an `ALTER TABLE`, which commas part.
fn actions<'w>(words: &'w [&'w str]) -> Vec<&'w [&'w str]> {
    let mut depth = 0_usize;
    words
        .split(|word| {
            match *word {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *word == ","
        })
        .collect()
}

fn contracting_action(words: &[&str]) -> Option<&'static str> {
    let has = |wanted: &[&str]| words.windows(wanted.len()).any(|window| window == wanted);
    let drops = words.windows(2).any(|pair| pair[0] == "DROP" && !matches!(pair[1], "CONSTRAINT" | "NOT"));
    if drops {
        return Some("drops a column or its default");
    }
    if has(&["SET", "NOT", "NULL"]) {
        return Some("demands a value");
    }
    if has(&["ADD", "COLUMN"]) && has(&["NOT", "NULL"]) && !has(&["DEFAULT"]) && !has(&["GENERATED"]) {
        return Some("adds a column that every insert has to fill");
    }
    let alters = words.contains(&"ALTER") && words.contains(&"TYPE");
    alters.then_some("changes a type")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str) -> Vec<Fault> {
        faults_in("up.sql", sql)
    }

    #[test]
    fn what_only_adds_passes() {
        for sql in [
            "CREATE TABLE a (b text NOT NULL);",
            "ALTER TABLE a ADD COLUMN b text;",
            "ALTER TABLE a ADD COLUMN b integer NOT NULL DEFAULT 0, ADD COLUMN type text;",
            "ALTER TABLE a ADD COLUMN b text NOT NULL GENERATED ALWAYS AS (lower(c)) STORED;",
            "ALTER TABLE a ALTER COLUMN b DROP NOT NULL;\nALTER TABLE a DROP CONSTRAINT c;",
            "ALTER TABLE a ADD CONSTRAINT b CHECK (c <> 'DROP TABLE; RENAME') NOT VALID;",
            "CREATE INDEX a ON b (c) WHERE d IS NOT NULL;\nDROP INDEX e;",
            "-- DROP TABLE a;\nCREATE FUNCTION f() AS $$ BEGIN DROP TABLE a; END $$;",
        ] {
            assert_eq!(found(sql), Vec::<Fault>::new(), "{sql}");
        }
    }

    #[test]
    fn what_the_release_before_may_use_stays() {
        for sql in [
            "DROP TABLE a;",
            "CREATE TABLE b (c text);\ndrop table a;",
            "ALTER TABLE a DROP COLUMN b;",
            "ALTER TABLE a DROP b;",
            "ALTER TABLE a ADD COLUMN b text, DROP COLUMN c;",
            "ALTER TABLE a ALTER COLUMN b DROP DEFAULT;",
            "ALTER TABLE a RENAME COLUMN b TO c;",
            "ALTER TABLE a RENAME TO b;",
            "ALTER TABLE a ALTER COLUMN b TYPE bigint;",
            "ALTER TABLE a ALTER b SET DATA TYPE bigint;",
            "ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
            "ALTER TABLE a ADD COLUMN b text NOT NULL;",
            "ALTER TABLE a\n    -- contract:\n    DROP COLUMN b;",
            "-- contract: soon b is not used\nALTER TABLE a DROP COLUMN b;",
            "-- contract: 0.3\nALTER TABLE a DROP COLUMN b;",
            "-- contract: 0.3 b is not used since 0.2\nALTER TABLE a DROP COLUMN b;\nALTER TABLE a DROP COLUMN c;",
        ] {
            assert_eq!(found(sql).len(), 1, "{sql}");
        }
    }

    #[test]
    fn what_no_release_uses_any_more_may_go() {
        let sql = "-- contract: 0.3 b is not used since 0.2\nALTER TABLE a DROP COLUMN b;\n\
                   -- Larger than it was.\n-- contract: 1.0.2 read as 64 bits since 1.0\nALTER TABLE a ALTER b TYPE bigint;";
        assert_eq!(found(sql), Vec::<Fault>::new());
    }

    #[test]
    fn a_fault_names_the_place_and_the_statement() {
        let faults = found("ALTER TABLE a DROP COLUMN b;");
        assert!(faults[0].starts_with("up.sql: drops a column or its default"), "{faults:?}");
        assert!(faults[0].contains("TABLE A DROP COLUMN B"), "{faults:?}");
    }
}
