//! Accounts: who a user is, and how they prove it.

mod activity;
mod cookies;
mod cross_site;
mod login;
mod logout;
mod me;
mod password;
mod refresh;
mod register;
mod removal;
mod sessions;
mod tokens;
