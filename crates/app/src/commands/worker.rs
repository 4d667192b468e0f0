//! `file-manager worker`

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::lifecycle::StopSignals;
use crate::wire::{StartError, wire};
use crate::worker::Workers;

pub(super) async fn run(config: &Config) -> Result<(), StartError> {
    let mut signals = StopSignals::listen()?;
    let wired = wire(config, config.public_url.as_deref().unwrap_or_default()).await?;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let workers = Workers {
        use_cases: wired.use_cases(),
        signal: wired.signal.clone(),
        clock: wired.clock(),
        count: config.job_workers,
    };
    workers.start(&tracker, &stop);
    tracker.close();
    tracing::info!(workers = config.job_workers, "working");
    signals.next().await;
    tracing::info!("stopping");
    stop.cancel();
    tokio::select! {
        () = async {
            tracker.wait().await;
            wired.endings.reach().await;
        } => {}
        () = tokio::time::sleep(config.shutdown_grace) => tracing::warn!("jobs were cut off at the end of the grace"),
        () = signals.next() => tracing::warn!("jobs were cut off by a second signal"),
    }
    Ok(())
}
