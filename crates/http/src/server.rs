//! The server: one constructor for the program and for tests.

use std::io;
use std::net::TcpListener;

use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpServer, web};

use crate::state::AppState;
use crate::{docs, middleware, routes};

/// The application with every route.
pub fn app(
    state: AppState,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let is_debug = state.settings.is_debug;
    let features = routes::Features::of(&state.use_cases);
    App::new()
        .app_data(web::Data::new(state))
        .configure(move |config| {
            routes::configure(config, features);
            if is_debug {
                docs::configure(config);
            }
        })
        .default_service(web::to(routes::not_found))
        .wrap(from_fn(middleware::handle))
}

/// Serves on `listener` with this many workers. It stops when its handle is told to, never by a signal of its own.
pub fn serve(listener: TcpListener, state: AppState, workers: usize) -> io::Result<Server> {
    let settings = std::sync::Arc::clone(&state.settings);
    let server = HttpServer::new(move || app(state.clone()))
        .workers(workers.max(1))
        // Head and body of an answer leave in two segments: with Nagle's algorithm the second waits for the
        // client's delayed acknowledgement, 40 ms.
        .tcp_nodelay(true)
        .client_request_timeout(settings.head_timeout)
        // Also how long the rest of an unread body is taken, so that its sender can read the early answer.
        .client_disconnect_timeout(settings.linger)
        .keep_alive(settings.keep_alive)
        .shutdown_timeout(settings.shutdown_grace.as_secs())
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}
