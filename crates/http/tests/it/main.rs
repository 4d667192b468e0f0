//! The HTTP API on a real socket, on the memory adapters.

mod account_limits;
mod accounts;
mod activity;
mod administration;
mod bodies;
mod common;
mod connections;
mod console;
mod conventions;
mod departures;
mod downloads;
mod expectations;
mod files;
mod hardening;
mod measures;
mod names;
mod operations;
mod password_queue;
mod previews;
mod rate_limits;
mod tree;
mod unfinished_uploads;
mod uploads;
mod uploads_direct;
mod uploads_resumable;
mod uploads_resumable_faults;
