//! `file-manager worker`

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::adapters::Purpose;
use crate::config::Config;
use crate::lifecycle::StopSignals;
use crate::worker::Workers;
use crate::{Program, StartError, metrics};

pub(super) async fn run(program: &Program, config: &Config) -> Result<(), StartError> {
    super::check_worker_apart(config, "file-manager worker")?;
    let mut signals = StopSignals::listen()?;
    let wired = program.wire(config, super::public_url(config), Purpose::Work).await?;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let use_cases = wired.use_cases();
    metrics::serve(config, &wired.metrics, &use_cases, &tracker, &stop)?;
    Workers::of(config, &wired, use_cases).start(&tracker, &stop);
    tracker.close();
    tracing::info!(workers = config.jobs.workers, "working");
    signals.next().await;
    tracing::info!("stopping");
    stop.cancel();
    tokio::select! {
        () = async {
            tracker.wait().await;
            wired.shutdown.run().await;
        } => {}
        () = tokio::time::sleep(config.http.shutdown_grace) => tracing::warn!("jobs were cut off at the end of the grace"),
        () = signals.next() => tracing::warn!("jobs were cut off by a second signal"),
    }
    Ok(())
}
