//! Files that are there: listed, read, changed, removed.

mod change;
mod filters;
mod handover;
mod pages;
mod previews;
mod remove;
mod replace;
mod search;
mod show;
mod thumbnails;
