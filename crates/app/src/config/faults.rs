//! What is wrong with a configuration: all of it, not only the first.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub name: String,
    /// What is wrong with it; never its value, which may be a secret.
    pub problem: String,
}

/// Everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigFaults(pub Vec<Fault>);

impl ConfigFaults {
    /// Adds a fault. A variable that is read twice has it once.
    pub(super) fn add(&mut self, name: &str, problem: impl Into<String>) {
        let fault = Fault { name: name.to_owned(), problem: problem.into() };
        if !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration can't be used:")?;
        for fault in &self.0 {
            write!(f, "\n  {}: {}", fault.name, fault.problem)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigFaults {}
