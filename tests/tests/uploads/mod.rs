//! Everything on its way in: `POST /v1/files`, `/v1/uploads`, `/v1/direct-uploads`.

mod clients;
mod digests;
mod direct;
mod disconnects;
mod forms;
mod limits;
mod names;
mod quota;
mod races;
mod raw;
mod resumable;
mod retries;
mod types;
