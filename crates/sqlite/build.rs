//! Compiles the crate anew when a migration comes or goes: they are embedded.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/sqlite");
}
