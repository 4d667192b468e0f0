//! The signal that sessions ended, over publish and subscribe. A channel is no key: in a cluster every node of it hears.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::sessions::{EndedSessions, SessionListener, SessionListeners, SessionSignal};
use futures_util::StreamExt as _;
use redis::aio::PubSubSink;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::client::RedisClient;
use crate::error::failed;

const CHANNEL: &str = "fm:ended-sessions";

/// How often the connection is tried, and how long the server may take to answer: a connection that was lost without a word
/// is known as such after both.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long to wait before a lost connection is made anew, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Listens on a connection of its own from the first listener on, made anew whenever it is lost, until it is dropped.
pub struct RedisSessionSignal {
    redis: RedisClient,
    listeners: Arc<SessionListeners>,
    listening: Mutex<JoinSet<()>>,
}

impl RedisSessionSignal {
    /// A signal in the server of this client.
    #[must_use]
    pub fn new(redis: RedisClient) -> Self {
        Self { redis, listeners: Arc::default(), listening: Mutex::default() }
    }
}

#[async_trait]
impl SessionSignal for RedisSessionSignal {
    async fn publish(&self, ended: EndedSessions) -> PortResult<()> {
        self.redis.query(redis::cmd("PUBLISH").arg(CHANNEL).arg(ended.to_string())).await
    }

    fn subscribe(&self, listener: Weak<dyn SessionListener>) {
        self.listeners.add(listener);
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if listening.is_empty() {
            listening.spawn(listen(self.redis.clone(), Arc::clone(&self.listeners)));
        }
    }
}

async fn listen(redis: RedisClient, listeners: Arc<SessionListeners>) {
    let (first, longest) = PAUSES;
    let mut pause = first;
    loop {
        let mut is_connected = false;
        let Err(error) = listen_once(&redis, &listeners, &mut is_connected).await;
        listeners.set_connected(false);
        pause = if is_connected { first } else { pause.saturating_mul(2).min(longest) };
        tracing::warn!(error = %chain(&error), "can't hear of sessions that end");
        sleep(pause).await;
    }
}

/// Listens until the connection is lost.
async fn listen_once(
    redis: &RedisClient,
    listeners: &SessionListeners,
    is_connected: &mut bool,
) -> Result<Infallible, PortError> {
    let (mut sink, mut messages) = redis.listen().await?.split();
    in_time(sink.subscribe(CHANNEL)).await?;
    *is_connected = true;
    listeners.set_connected(true);
    let heard = async {
        while let Some(message) = messages.next().await {
            let text = message.get_payload::<String>().unwrap_or_default();
            if let Some(ended) = EndedSessions::parse(&text) {
                listeners.tell(ended);
            }
        }
        PortError::Unavailable("the connection was closed".into())
    };
    tokio::select! {
        lost = heard => Err(lost),
        lost = heartbeat(&mut sink) => Err(lost),
    }
}

/// Tries the connection until it does not answer.
async fn heartbeat(sink: &mut PubSubSink) -> PortError {
    loop {
        sleep(HEARTBEAT).await;
        if let Err(error) = in_time(sink.ping::<redis::Value>()).await {
            return error;
        }
    }
}

async fn in_time<T>(answer: impl Future<Output = redis::RedisResult<T>>) -> PortResult<T> {
    let answer = timeout(HEARTBEAT, answer).await;
    answer.map_err(|elapsed| PortError::Unavailable(elapsed.into()))?.map_err(failed)
}
