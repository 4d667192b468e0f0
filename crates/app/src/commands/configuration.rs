//! `file-manager config check|show`

use serde_json::{Map, Value, json};

use super::say;
use crate::Program;
use crate::cli::ConfigCommand;
use crate::config::{SetVariable, Sources};

/// Runs the command. The configuration was read before, and can be used.
pub(super) fn run(program: &Program, command: &ConfigCommand) {
    match command {
        ConfigCommand::Check { json: true } => say(&json!({"usable": true}).to_string()),
        ConfigCommand::Check { json: false } => say("the configuration can be used"),
        ConfigCommand::Show { json } => {
            let variables = program.variables_of(&Sources::of_process());
            if *json {
                let shown = variables.iter().map(|variable| (variable.name.to_owned(), as_json(variable)));
                say(&Value::Object(shown.collect::<Map<_, _>>()).to_string());
            } else {
                for variable in &variables {
                    say(&as_line(variable));
                }
            }
        }
    }
}

fn as_line(SetVariable { name, is_secret, text }: &SetVariable) -> String {
    match text {
        None => format!("{name} is unset"),
        Some(_) if *is_secret => format!("{name} is set"),
        Some(text) => format!("{name}={text}"),
    }
}

fn as_json(SetVariable { is_secret, text, .. }: &SetVariable) -> Value {
    match text {
        None => Value::Null,
        Some(_) if *is_secret => json!("set"),
        Some(text) => json!(text),
    }
}
