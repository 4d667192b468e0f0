//! Secrets and what is made with them: the rules of their ports, and what is promised beyond these.

mod contract;
mod macs;
mod passwords;
mod tokens;
