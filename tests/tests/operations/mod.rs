//! Running the service.

mod audit;
mod backup;
mod capabilities;
mod configuration;
mod databases;
mod docs;
mod doctor;
mod exports;
mod fleet;
mod health;
mod jobs;
mod leftovers;
mod lifecycle;
mod logs;
mod metrics;
mod migrations;
mod moving;
mod nodes;
mod openapi;
mod outages;
mod prometheus;
mod sessions;
mod traces;
mod tree_load;
mod users;
mod verify;
