//! The server: one constructor for the program and for tests.

use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{HttpServiceBuilder, Request};
use actix_service::{ServiceFactoryExt as _, apply_fn_factory, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::{
    AppConfig, Extensions, Response, Server, Service, ServiceFactory, ServiceRequest, ServiceResponse,
    fn_factory, fn_service,
};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{App, Error, web};
use futures_util::FutureExt as _;

use crate::connection::{self, WatchedStream};
use crate::state::AppState;
use crate::{console, docs, middleware, routes};

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
    let has_console = state.settings.console.is_some();
    let features = routes::Features::of(&state.use_cases);
    App::new()
        .app_data(web::Data::new(state))
        .configure(move |config| {
            routes::configure(config, features);
            if is_debug {
                docs::configure(config);
            }
            if has_console {
                console::configure(config);
            }
        })
        .default_service(web::to(console::page_or_not_found))
        .wrap(from_fn(middleware::handle))
}

/// Serves on `listener` with this many workers. It stops when its handle is told to, never by a signal of its own.
pub fn serve(listener: TcpListener, state: AppState, workers: usize) -> io::Result<Server> {
    let builder = Server::build()
        .workers(workers.max(1))
        .max_concurrent_connections(state.settings.max_connections.div_ceil(workers.max(1)))
        .shutdown_timeout(state.settings.shutdown_grace.as_secs())
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let server = builder.listen("file-manager", listener, move || {
        let stopping = stopping.clone();
        let stops = move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        };
        connections(state.clone(), stops)
    })?;
    Ok(server.run())
}

/// What `actix_web::HttpServer` makes of an application, with our own stream around each socket and our own answer to
/// expectations, for neither of which it has a setting.
fn connections<F>(
    state: AppState,
    stops: impl Fn() -> F + 'static,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = (), InitError = ()>
where
    F: Future<Output = ()> + 'static,
{
    let settings = std::sync::Arc::clone(&state.settings);
    let http = HttpServiceBuilder::<WatchedStream, _>::default()
        .graceful_shutdown_signal(stops)
        .keep_alive(settings.keep_alive)
        // The stream times heads: the library would answer 408 where not a byte has come.
        .client_request_timeout(Duration::ZERO)
        // Also how long the rest of an unread body is taken, so that its sender can read the early answer.
        .client_disconnect_timeout(settings.linger)
        .on_connect_ext(|stream: &WatchedStream, shared: &mut Extensions| {
            shared.insert(stream.watch());
        })
        .expect(apply_fn_factory(application(state.clone()), connection::until_the_body_is_wanted))
        .h1::<_, BoxBody>(apply_fn_factory(application(state.clone()), connection::call));
    fn_factory(move || {
        let (http, state) = (http.new_service(()), state.clone());
        async move {
            let http = Rc::new(http.await?);
            Ok::<_, ()>(fn_service(move |socket: TcpStream| {
                connection::run(Rc::clone(&http), socket, state.clone()).map(Ok::<(), ()>)
            }))
        }
    })
}

/// The application, as the HTTP library calls it.
fn application(
    state: AppState,
) -> impl ServiceFactory<
    Request,
    Config = (),
    Response = ServiceResponse<BoxBody>,
    Error = Response<BoxBody>,
    InitError = (),
    Service: Service<Request, Future: 'static>,
    Future: 'static,
> {
    map_config(app(state), |()| AppConfig::default())
        .map_err(|error: Error| Response::from(error.error_response()))
}
