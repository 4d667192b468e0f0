//! Programs that run beside this one.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Outcome;

/// A server that ends when this is dropped.
pub(crate) struct Server(Child);

impl Server {
    /// Starts it with its output going to a file. Its input stays open as long as this lives.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Outcome<Self> {
        let log = File::create(log)?;
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let name = command.get_program().to_string_lossy().into_owned();
        Ok(Self(command.spawn().map_err(|error| format!("{name}: {error}"))?))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Fails when it has ended already.
    pub(crate) fn check(&mut self) -> Outcome<()> {
        match self.0.try_wait()? {
            Some(status) => Err(format!("the server ended: {status}").into()),
            None => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A request to end lets nginx take its workers along; what does not listen is killed.
        let asked = Command::new("kill").arg(self.0.id().to_string()).status();
        for _ in 0..100 {
            if asked.is_err() || matches!(self.0.try_wait(), Ok(Some(_)) | Err(_)) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Runs a program to its end and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name}: {}: {message}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The number after `name=` in a line of results.
pub(crate) fn number(text: &str, name: &str) -> Outcome<f64> {
    let value = text.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    Ok(value.ok_or_else(|| format!("no {name} in: {text}"))?.parse()?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::number;

    #[test]
    fn a_number_is_found_by_its_whole_name() {
        let text = "RESULT requests=12 statuses=0 cpu_ms=1.5\n";
        assert!((number(text, "cpu_ms").unwrap() - 1.5).abs() < f64::EPSILON);
        number(text, "status").unwrap_err();
    }
}
