#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::NotPortable;
use crate::files::FileName;

fn check(text: &str) -> Result<(), NotPortable> {
    text.parse::<FileName>().unwrap().check_portable()
}

#[test]
fn names_that_windows_can_hold_are_portable() {
    for name in
        ["report.pdf", ".profile", "Änderung 2.txt", "CONSOLE", "com", "com10", "nul1", "a.con", "LPTA"]
    {
        assert_eq!(check(name), Ok(()), "{name}");
    }
}

#[test]
fn characters_ends_and_devices_are_refused() {
    for sign in ['<', '>', ':', '"', '|', '?', '*'] {
        assert_eq!(check(&format!("a{sign}b")), Err(NotPortable::Character), "{sign}");
    }
    for name in ["a.", "a ", "..a.", "con."] {
        assert_eq!(check(name), Err(NotPortable::End), "{name}");
    }
    for name in
        ["CON", "nul", "Aux.txt", "prn.tar.gz", "COM1", "lpt9.log", "com0", "COM²", "NUL .txt", "conin$"]
    {
        assert_eq!(check(name), Err(NotPortable::Device), "{name}");
    }
}
