//! PostgreSQL: databases on a server, reached through its own programs, and pgbench.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::process::{Tool, output};

/// A running PostgreSQL server, and the programs that belong to it.
#[derive(Debug, Clone)]
pub struct Postgres {
    /// The folder of psql, pgbench and the others; where it is empty they are found in `PATH`.
    pub programs: PathBuf,
    /// Where their shared libraries were unpacked; empty where they are the machine's.
    pub libraries: String,
    /// A superuser's URL, of any database of the server.
    pub url: String,
}

impl Postgres {
    /// An empty database, in place of any of this name.
    pub fn create(&self, name: &str) -> Outcome<Database> {
        self.drop(name)?;
        let maintenance = self.maintenance();
        maintenance.run(&format!("CREATE DATABASE {name}"))?;
        Ok(self.database(name))
    }

    /// Removes the database of this name, if there is one, and ends its connections.
    pub fn drop(&self, name: &str) -> Outcome<()> {
        self.maintenance().run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        Ok(())
    }

    /// The database that is always there.
    #[must_use]
    pub fn maintenance(&self) -> Database {
        self.database("postgres")
    }

    fn database(&self, name: &str) -> Database {
        Database { url: url_of(&self.url, name), server: self.clone() }
    }
}

/// A database.
#[derive(Debug, Clone)]
pub struct Database {
    server: Postgres,
    /// For clients of every kind.
    pub url: String,
}

impl Database {
    /// Runs one statement; what it returns, unaligned.
    pub fn run(&self, statement: &str) -> Outcome<String> {
        let mut command = self.client("psql");
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, &self.url]);
        Ok(output(&mut command)?.trim().to_owned())
    }

    /// Runs the statements of a file, in which `:'name'` stands for a value.
    pub fn run_file(&self, file: &Path, values: &[(&str, &str)]) -> Outcome<()> {
        let mut command = self.client("psql");
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
        for (name, value) in values {
            command.arg("-v").arg(format!("{name}={value}"));
        }
        output(command.arg("-f").arg(file).arg(&self.url))?;
        Ok(())
    }

    /// Copies it into a file, while it is used.
    pub fn dump(&self, file: &Path) -> Outcome<()> {
        let mut command = self.client("pg_dump");
        output(command.arg("--format=custom").arg("--file").arg(file).arg("--dbname").arg(&self.url))?;
        Ok(())
    }

    /// Fills it from such a file.
    pub fn restore(&self, file: &Path) -> Outcome<()> {
        let mut command = self.client("pg_restore");
        output(command.arg("--exit-on-error").arg("--dbname").arg(&self.url).arg(file))?;
        Ok(())
    }

    /// Fills the tables of pgbench's own transactions: 100,000 rows.
    pub fn fill_for_pgbench(&self) -> Outcome<()> {
        output(self.client("pgbench").args(["-q", "-i", "-s", "1", &self.url]))?;
        Ok(())
    }

    /// What clients reach in a time, over the simple protocol. `transaction` is what pgbench takes for it: `-S`, or `-f` and a
    /// file.
    pub fn pgbench(&self, transaction: &[&str], clients: usize, seconds: u64) -> Outcome<Transactions> {
        let (clients, seconds) = (clients.to_string(), seconds.to_string());
        let mut command = self.client("pgbench");
        command
            .args(["-n", "-M", "simple", "-j", "2", "-c", &clients, "-T", &seconds])
            .args(transaction)
            .arg(&self.url);
        Transactions::read(&output(&mut command)?)
    }

    /// The same for a file, with so many transactions for each client.
    pub fn pgbench_times(&self, file: &Path, clients: usize, each: usize) -> Outcome<Transactions> {
        let (clients, each) = (clients.to_string(), each.to_string());
        let mut command = self.client("pgbench");
        command.args(["-n", "-M", "simple", "-j", "2", "-c", &clients, "-t", &each, "-f"]);
        Transactions::read(&output(command.arg(file).arg(&self.url))?)
    }

    fn client(&self, program: &str) -> Command {
        let program = self.server.programs.join(program);
        Tool { program, libraries: self.server.libraries.clone() }.command()
    }
}

/// The URL of another database of the same server.
fn url_of(url: &str, database: &str) -> String {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let end = url[host..].find(['/', '?']).map_or(url.len(), |length| host + length);
    let query = url.find('?').map_or("", |start| &url[start..]);
    format!("{}/{database}{query}", &url[..end])
}

/// What pgbench measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transactions {
    /// In a second.
    pub rate: f64,
    /// In all.
    pub count: f64,
}

impl Transactions {
    /// Out of what pgbench prints.
    fn read(printed: &str) -> Outcome<Self> {
        let number = |name: &str| -> Outcome<f64> {
            let value = printed.lines().find_map(|line| line.strip_prefix(name));
            let value = value.ok_or_else(|| format!("pgbench printed no {name}: {printed}"))?;
            // Behind it may stand how many there should be, or what was not counted.
            Ok(value.split([' ', '/']).next().unwrap_or_default().parse()?)
        };
        Ok(Self { rate: number("tps = ")?, count: number("number of transactions actually processed: ")? })
    }
}

#[cfg(test)]
mod tests;
