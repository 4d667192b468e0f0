//! Passwords that commands ask for: on the terminal without an echo, or by standard input, and never as an argument.

use std::io::{self, BufRead as _};

use fm_domain::accounts::{InvalidPassword, Password};
use zeroize::Zeroizing;

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPassword {
    /// Nothing can be typed.
    #[error("the password can't be asked for: there is no terminal; give it by --password-stdin")]
    NoTerminal(#[source] io::Error),
    /// Standard input can't be read.
    #[error("the password can't be read from standard input")]
    Input(#[source] io::Error),
    /// Two different ones were typed.
    #[error("these are two different passwords")]
    Different,
    /// No account may have it.
    #[error("the password {0}")]
    Invalid(#[from] InvalidPassword),
}

/// A new password: the first line of standard input, or what is typed twice.
pub(super) fn read(from_stdin: bool) -> Result<Password, NoPassword> {
    let text = if from_stdin { line()? } else { typed()? };
    Ok(text.parse()?)
}

fn line() -> Result<Zeroizing<String>, NoPassword> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    io::stdin().lock().read_line(&mut text).map_err(NoPassword::Input)?;
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    Ok(text)
}

fn typed() -> Result<Zeroizing<String>, NoPassword> {
    let ask = |prompt| rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(NoPassword::NoTerminal);
    let (first, second) = (ask("New password: ")?, ask("The same again: ")?);
    if first == second { Ok(first) } else { Err(NoPassword::Different) }
}
