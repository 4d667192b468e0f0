//! PostgreSQL: databases for the product, and pgbench for the floors.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::process::output;
use crate::tools::Tools;

/// A database of the private server.
pub(crate) struct Database<'a> {
    tools: &'a Tools,
    /// For clients of every kind.
    pub(crate) url: String,
}

impl<'a> Database<'a> {
    /// An empty one, in place of any of this name.
    pub(crate) fn create(tools: &'a Tools, name: &str) -> Outcome<Self> {
        let maintenance = Self { tools, url: format!("{}/postgres", tools.postgres) };
        maintenance.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        maintenance.run(&format!("CREATE DATABASE {name}"))?;
        Ok(Self { tools, url: format!("{}/{name}", tools.postgres) })
    }

    /// Runs one statement; what it returns, unaligned.
    pub(crate) fn run(&self, statement: &str) -> Outcome<String> {
        Ok(output(self.client("psql").args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statement,
            &self.url,
        ]))?
        .trim()
        .to_owned())
    }

    /// Runs the statements of a file, in which `:'name'` stands for a value.
    pub(crate) fn run_file(&self, file: &Path, values: &[(&str, &str)]) -> Outcome<()> {
        let mut command = self.client("psql");
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
        for (name, value) in values {
            command.arg("-v").arg(format!("{name}={value}"));
        }
        output(command.arg("-f").arg(file).arg(&self.url))?;
        Ok(())
    }

    /// Fills the tables of pgbench's own transactions: 100,000 rows.
    pub(crate) fn fill_for_pgbench(&self) -> Outcome<()> {
        output(self.client("pgbench").args(["-q", "-i", "-s", "1", &self.url]))?;
        Ok(())
    }

    /// Transactions a second, over the simple protocol. `transaction` is what pgbench takes for it: `-S`, or `-f` and a file.
    pub(crate) fn pgbench(&self, transaction: &[&str], clients: usize, seconds: u64) -> Outcome<f64> {
        let (clients, seconds) = (clients.to_string(), seconds.to_string());
        let mut command = self.client("pgbench");
        command
            .args(["-n", "-M", "simple", "-j", "2", "-c", &clients, "-T", &seconds])
            .args(transaction)
            .arg(&self.url);
        rate(&output(&mut command)?)
    }

    /// The same for a file, with so many transactions for each client.
    pub(crate) fn pgbench_times(&self, file: &Path, clients: usize, each: usize) -> Outcome<f64> {
        let (clients, each) = (clients.to_string(), each.to_string());
        let mut command = self.client("pgbench");
        command.args(["-n", "-M", "simple", "-j", "2", "-c", &clients, "-t", &each, "-f"]);
        rate(&output(command.arg(file).arg(&self.url))?)
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.tools.postgres_bin.join(program));
        if !self.tools.library_path.is_empty() {
            command.env("LD_LIBRARY_PATH", &self.tools.library_path);
        }
        command
    }
}

/// The rate in what pgbench prints.
fn rate(printed: &str) -> Outcome<f64> {
    let line =
        printed.lines().find_map(|line| line.strip_prefix("tps = ")).ok_or("pgbench printed no rate")?;
    Ok(line.split(' ').next().unwrap_or_default().parse()?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::rate;

    #[test]
    fn the_rate_is_read_from_what_pgbench_prints() {
        let printed =
            "number of failed transactions: 0 (0.000%)\ntps = 12345.5 (without initial connection time)\n";
        assert!((rate(printed).unwrap() - 12345.5).abs() < f64::EPSILON);
        rate("pgbench: error").unwrap_err();
    }
}
