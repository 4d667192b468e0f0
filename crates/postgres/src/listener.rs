//! LISTEN, on a connection of its own that is made anew whenever it is lost.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::error::chain;
use futures_util::future::poll_fn;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client};

use crate::address::PgAddress;
use crate::timing::{HEARTBEAT, SETUP};

/// How long to wait before a lost connection is made anew, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Hears what is notified on a channel.
pub(crate) trait Listener: Send + Sync + 'static {
    /// Every notification is heard of from now on; earlier ones may have been missed.
    fn connected(&self);

    /// One came.
    fn notified(&self, payload: &str);

    /// Nothing is heard of any more.
    fn lost(&self);
}

/// Listens on `channel`, for ever.
pub(crate) async fn listen<L: Listener>(address: PgAddress, channel: &'static str, listener: Arc<L>) {
    let (first, longest) = PAUSES;
    let mut pause = first;
    loop {
        match listen_once(&address, channel, &listener).await {
            Ok(()) => pause = first,
            Err(reason) => {
                tracing::warn!(reason, channel, "can't listen");
                pause = pause.saturating_mul(2).min(longest);
            }
        }
        sleep(pause).await;
    }
}

/// Ends when the server leaves a question without an answer. A connection that only reads never notices that its server hangs.
async fn silence(client: &Client) {
    loop {
        sleep(HEARTBEAT).await;
        if !matches!(timeout(HEARTBEAT, client.check_connection()).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// Listens until the connection is lost; an error when it could not even be made.
async fn listen_once<L: Listener>(
    address: &PgAddress,
    channel: &str,
    listener: &Arc<L>,
) -> Result<(), String> {
    let (client, mut connection) = address.open().await.map_err(|error| chain(&error))?;
    let mut driven = JoinSet::new();
    let told = Arc::clone(listener);
    driven.spawn(async move {
        loop {
            match poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(AsyncMessage::Notification(notification))) => told.notified(notification.payload()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            }
        }
    });
    let listen = format!("LISTEN {channel}");
    let listening = timeout(SETUP, client.batch_execute(&listen)).await;
    listening.map_err(|elapsed| elapsed.to_string())?.map_err(|error| error.to_string())?;
    listener.connected();
    tokio::select! {
        _ended = driven.join_next() => {}
        () = silence(&client) => {}
    }
    listener.lost();
    tracing::warn!(channel, "the connection that listens was lost");
    Ok(())
}
