//! `file-manager serve`

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use fm_console::{Console, ContentSources};
use fm_http::links::LinkVerifier;
use fm_http::{AppState, HttpSettings};
use fm_streaming::PictureHandover;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::adapters::Purpose;
use crate::config::Config;
use crate::lifecycle::{ShutdownHooks, StopSignals};
use crate::wire::Wired;
use crate::worker::Workers;
use crate::{Program, StartError, descriptors, metrics};

/// Serves until a signal; adapters and jobs live on `runtime`, requests on the server's own threads.
pub(super) fn run(
    program: &Program,
    runtime: &Runtime,
    config: &Config,
    with_worker: bool,
) -> Result<(), StartError> {
    if !with_worker {
        super::check_worker_apart(config, "file-manager serve --no-worker")?;
    }
    let guard = runtime.enter();
    let (listener, address) = listen(config)?;
    let public_url = config.http.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let mut wired = runtime.block_on(program.wire(config, &public_url, Purpose::Serve))?;
    if !with_worker {
        // Its pictures are made elsewhere.
        wired.ports.handover = PictureHandover::default();
    }
    let links = LinkVerifier::new(&wired.ports, &wired.settings);
    let use_cases = wired.use_cases();
    let mut settings = http_settings(config, public_url);
    settings.console = config.http.console.then(|| Arc::new(console(&settings, &wired)));
    let mut state = AppState::new(Arc::clone(&use_cases), links, wired.ports.ids.clone(), settings);
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    state.observer = metrics::observe_requests(&wired.metrics, &use_cases, &state.traffic)?;
    metrics::serve(config, &wired.metrics, &use_cases, &tracker, &stop)?;
    if with_worker {
        Workers::of(config, &wired, use_cases).start(&tracker, &stop);
    }
    tracker.close();
    let signals = StopSignals::listen()?;
    drop(guard);
    let workers = config.http.workers;
    let hurry = CancellationToken::new();
    let misleading_links = misleading_links(config, &listener);
    let served = actix_web::rt::System::new().block_on({
        let (state, hurry) = (state.clone(), hurry.clone());
        let (grace, background) = (config.http.shutdown_grace, runtime.handle().clone());
        async move {
            let server = fm_http::serve(listener, state.clone(), workers)?;
            tracing::info!(address, "listening");
            if let Some(warning) = misleading_links {
                tracing::warn!("{warning}");
            }
            // Not on the server's own runtime: it goes on listening for the second signal when the server has ended.
            background.spawn(stop_in_order(signals, server.handle(), state, grace, hurry.clone()));
            tokio::select! {
                outcome = server => outcome,
                // A server that is stopping gracefully can't be hurried: it is dropped.
                () = hurry.cancelled() => Ok(()),
            }
        }
    });
    runtime.block_on(async {
        tokio::select! {
            () = finish(config.http.shutdown_grace, &state, &tracker, &stop, wired.shutdown) => {}
            () = hurry.cancelled() => {}
        }
    });
    tracing::info!("stopped");
    Ok(served?)
}

fn listen(config: &Config) -> Result<(TcpListener, String), StartError> {
    let wanted = match config.http.host.parse() {
        Ok(ip) => std::net::SocketAddr::new(ip, config.http.port).to_string(),
        Err(_) => format!("{}:{}", config.http.host, config.http.port),
    };
    let failed = |source| StartError::Listen { address: wanted.clone(), source };
    let listener = TcpListener::bind(&wanted).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?.to_string();
    Ok((listener, address))
}

/// What to warn of: an address that stands for all of the machine's is no address for other machines.
fn misleading_links(config: &Config, listener: &TcpListener) -> Option<String> {
    let address = listener.local_addr().ok().filter(|address| address.ip().is_unspecified())?;
    config.http.public_url.is_none().then(|| {
        format!(
            "PUBLIC_URL is not set and HOST stands for every address: signed URLs begin with http://{address}, which leads \
             nowhere from other machines; set PUBLIC_URL to the URL that clients reach this server by"
        )
    })
}

fn http_settings(config: &Config, public_url: String) -> HttpSettings {
    let fitting = descriptors::connections_within(descriptors::raise_limit());
    let max_connections = config.http.max_connections.unwrap_or(fitting);
    if max_connections > fitting {
        tracing::warn!(
            max_connections,
            fitting,
            "MAX_CONNECTIONS is more than the limit of descriptors leaves room for"
        );
    }
    HttpSettings {
        is_debug: config.http.is_debug,
        cookie_secure: config.http.cookie_secure,
        cors: config.http.cors.clone(),
        trusted_proxies: config.http.trusted_proxies.clone(),
        hsts: config.http.hsts.clone(),
        max_connections,
        max_connections_per_address: config
            .http
            .max_connections_per_address
            .unwrap_or_else(|| max_connections.div_ceil(8)),
        limits_loopback: config.http.max_connections_per_address.is_some(),
        shutdown_grace: config.http.shutdown_grace,
        ..HttpSettings::new(public_url)
    }
}

/// The console, whose pages read files from wherever signed URLs lead to.
fn console(settings: &HttpSettings, wired: &Wired) -> Console {
    let mut sources =
        ContentSources { is_program: wired.settings.serves_blobs, origins: wired.store_origins.clone() };
    if sources.is_program {
        // The pages may be open under another name of this machine.
        sources.origins.push(settings.origin().to_owned());
    }
    Console::new(settings.base_path(), &sources)
}

/// The first signal: not ready any more, no new connections, requests in flight finish within the grace. The second
/// ends at once, whatever is still done.
async fn stop_in_order(
    mut signals: StopSignals,
    server: ServerHandle,
    state: AppState,
    grace: Duration,
    hurry: CancellationToken,
) {
    signals.next().await;
    tracing::info!(grace_seconds = grace.as_secs(), "stopping");
    state.shutting_down.cancel();
    let stopping = async {
        server.stop(true).await;
        // The background may take longer than the requests.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = stopping => {}
        () = signals.next() => {
            tracing::warn!("a second signal: what is still done is cut off");
            hurry.cancel();
        }
    }
}

/// Lets uploads clean up behind themselves, jobs end and adapters finish, within the grace.
async fn finish(
    grace: Duration,
    state: &AppState,
    jobs: &TaskTracker,
    stop: &CancellationToken,
    hooks: ShutdownHooks,
) {
    stop.cancel();
    state.tracker.close();
    let all = async {
        tokio::join!(jobs.wait(), state.tracker.wait());
        hooks.run().await;
    };
    if tokio::time::timeout(grace, all).await.is_err() {
        tracing::warn!("background work was cut off at the end of the grace");
    }
}
