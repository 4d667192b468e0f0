//! What a command could not do, and why: on standard error, as JSON where the answer is.

use std::error::Error;
use std::iter::successors;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::config::ConfigFaults;

/// Whether the answer was asked for as JSON. A process runs one command.
static IS_JSON: AtomicBool = AtomicBool::new(false);

/// From now on each complaint is one JSON object in one line, or text.
pub(super) fn answer_in_json(is_json: bool) {
    IS_JSON.store(is_json, Ordering::Relaxed);
}

/// Whether complaints are JSON.
pub(super) fn are_in_json() -> bool {
    IS_JSON.load(Ordering::Relaxed)
}

/// Tells what could not be done.
pub(super) fn complain(text: &str) {
    write(text, &[]);
}

/// Tells what could not be done, with its causes.
pub(super) fn complain_of(error: &dyn Error) {
    write(&error.to_string(), &causes(error));
}

/// Tells all that is wrong with a configuration.
pub(super) fn complain_of_faults(faults: &ConfigFaults) {
    if are_in_json() {
        let each: Vec<String> = faults.0.iter().map(ToString::to_string).collect();
        write("the configuration can't be used", &each);
    } else {
        write(&faults.to_string(), &[]);
    }
}

/// Tells why something was refused, and answers false: the command did not do what was asked for.
pub(super) fn refuse(error: &dyn Error) -> bool {
    complain_of(error);
    false
}

fn causes(error: &dyn Error) -> Vec<String> {
    successors(error.source(), |&cause| cause.source()).map(ToString::to_string).collect()
}

/// A text and its causes, in one line each.
fn lines(text: &str, causes: &[String]) -> String {
    causes.iter().fold(text.to_owned(), |text, cause| text + "\n  because: " + cause)
}

#[expect(
    clippy::print_stderr,
    reason = "what keeps the program from starting must be seen even without a log"
)]
fn write(text: &str, causes: &[String]) {
    if are_in_json() {
        eprintln!("{}", as_json(text, causes));
    } else {
        eprintln!("file-manager: {}", lines(text, causes));
    }
}

fn as_json(text: &str, causes: &[String]) -> String {
    json!({"error": text, "causes": causes}).to_string()
}

#[cfg(test)]
mod tests;
