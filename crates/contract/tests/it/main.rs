//! The suites of rules: on the reference adapters, on adapters that break them, and beside their documentation.

mod contract;
mod documentation;
mod expiring_store;
mod mutants;
mod worked_example;
