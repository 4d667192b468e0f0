//! The program and its commands.

mod beside_a_writer;
mod commands;
mod config;
mod last_lines;
mod operators;
mod panics;
mod program;
mod sessions;
