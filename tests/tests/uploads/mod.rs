//! `POST /v1/files`: everything on its way in.

mod digests;
mod disconnects;
mod forms;
mod limits;
mod names;
mod quota;
mod races;
mod raw;
mod retries;
mod types;
