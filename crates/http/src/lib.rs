//! The HTTP API on actix-web. It sees the use cases and the domain, and no adapter.
//!
//! A request passes the [middleware](crate::app) (its id, problems, `HEAD`, CORS, the log), then one of the routes: a file each
//! under `routes/<area>/`, with its documentation, its input and its handler. Handlers read values of the domain out
//! of the request, run one use case, and write its answer.

mod auth;
mod body;
mod client_address;
mod connection;
mod console;
mod docs;
mod download;
mod input;
mod limits;
pub mod links;
mod middleware;
mod notes;
mod openapi;
mod output;
mod problem;
mod quota;
mod route_methods;
mod routes;
mod server;
mod settings;
mod state;
mod traffic;
mod tus;

pub use auth::TrustedProxies;
pub use openapi::openapi;
pub use problem::{Code, Problem};
pub use route_methods::{RouteMethods, routes};
pub use server::{app, serve};
pub use settings::{CorsOrigins, HttpSettings};
pub use state::AppState;
pub use traffic::{NoObserver, ObserveRequests, ObservedRequest, Traffic};
