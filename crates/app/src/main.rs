//! The program `file-manager`.
fn main() {}
