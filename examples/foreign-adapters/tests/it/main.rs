//! The foreign adapters, and the program with them.

mod contract;
mod documentation;
mod mocks;
mod program;
