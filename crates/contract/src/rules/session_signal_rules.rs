//! SIG: signals that sessions ended.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{EndedSessions, SessionListener, SessionSignal};
use futures_util::future::join_all;

use crate::fixture::{ATTEMPTS, assert_unavailable, at_last, offered, soon, uuid};
use crate::harness::SessionSignalHarness;

/// How long a publication may take to every node. A busy machine may be late, but not again and again.
const HEARD: Duration = Duration::from_secs(1);

/// Notes what it is told.
#[derive(Default)]
struct Notes {
    ended: Mutex<Vec<EndedSessions>>,
    connected: AtomicUsize,
    lost: AtomicUsize,
}

impl SessionListener for Notes {
    fn sessions_ended(&self, ended: EndedSessions) {
        self.ended.lock().unwrap().push(ended);
    }

    fn signal_connected(&self) {
        self.connected.fetch_add(1, Ordering::SeqCst);
    }

    fn signal_lost(&self) {
        self.lost.fetch_add(1, Ordering::SeqCst);
    }
}

impl Notes {
    /// Listens, and waits until it is connected.
    async fn of(signal: &dyn SessionSignal) -> Arc<Self> {
        let notes = Arc::new(Self::default());
        let listener: Weak<dyn SessionListener> = Arc::<Self>::downgrade(&notes);
        signal.subscribe(listener);
        soon("the connection of a signal", until(|| notes.connected.load(Ordering::SeqCst) > 0)).await;
        notes
    }

    fn has(&self, ended: EndedSessions) -> bool {
        self.ended.lock().unwrap().contains(&ended)
    }
}

/// Publishes until all of these listeners hear of it in time, and of what they did not hear of in time at last; what was published.
async fn hear(
    listeners: &[&Notes],
    what: &str,
    signal: &dyn SessionSignal,
    ended: fn() -> EndedSessions,
) -> Vec<EndedSessions> {
    let mut published = Vec::new();
    for _attempt in 0..ATTEMPTS {
        let ended = ended();
        published.push(ended);
        signal.publish(ended).await.unwrap();
        let all = until(|| listeners.iter().all(|notes| notes.has(ended)));
        if tokio::time::timeout(HEARD, all).await.is_ok() {
            let heard_all = |notes: &&Notes| published.iter().all(|ended| notes.has(*ended));
            soon(what, until(|| listeners.iter().all(heard_all))).await;
            return published;
        }
    }
    panic!("{what} was not heard of within {HEARD:?}, {ATTEMPTS} times");
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn one() -> EndedSessions {
    EndedSessions::One(SessionId::new(uuid()))
}

fn of_user() -> EndedSessions {
    EndedSessions::OfUser(UserId::new(uuid()))
}

pub(crate) async fn sig_01_what_is_published_every_listener_of_every_node_hears_within_a_second<
    H: SessionSignalHarness,
>(
    harness: &H,
) {
    let here = harness.signal();
    let (first, second) = (Notes::of(&*here).await, Notes::of(&*here).await);
    for ended in [one, of_user] {
        hear(&[&first, &second], "what this node published", &*here, ended).await;
    }
    let Some(there) = offered("a second node", harness.another_node().await) else { return };
    let third = Notes::of(&*there).await;
    for ended in [one, of_user] {
        hear(&[&first, &third], "what one of two nodes published", &*here, ended).await;
    }
    hear(&[&first], "what another node published", &*there, one).await;
}

pub(crate) async fn sig_02_a_listener_that_comes_late_is_told_of_the_connection_and_of_what_follows<
    H: SessionSignalHarness,
>(
    harness: &H,
) {
    let signal = harness.signal();
    let early = Notes::of(&*signal).await;
    let before = hear(&[&early], "a publication", &*signal, one).await;
    let late = Arc::new(Notes::default());
    let listener: Weak<dyn SessionListener> = Arc::<Notes>::downgrade(&late);
    signal.subscribe(listener);
    assert_eq!(late.connected.load(Ordering::SeqCst), 1, "the signal is connected already");
    hear(&[&late], "a publication", &*signal, of_user).await;
    assert!(!before.iter().any(|ended| late.has(*ended)), "it was published before");
}

pub(crate) async fn sig_03_a_signal_that_is_lost_says_so<H: SessionSignalHarness>(harness: &H) {
    let signal = harness.signal();
    let notes = Notes::of(&*signal).await;
    let lost_before = notes.lost.load(Ordering::SeqCst);
    if offered("a signal that is lost", harness.break_it().await).is_none() {
        return;
    }
    soon("word of a lost signal", until(|| notes.lost.load(Ordering::SeqCst) > lost_before)).await;
    at_last("a signal", async { assert_unavailable("publish", signal.publish(one()).await) }).await;
}

pub(crate) async fn sig_04_of_many_publications_at_once_none_is_missed<H: SessionSignalHarness>(harness: &H) {
    let signal = harness.signal();
    let notes = Notes::of(&*signal).await;
    let published: Vec<EndedSessions> =
        (0..300).map(|number| if number % 2 == 0 { one() } else { of_user() }).collect();
    let publications = published.iter().map(|ended| signal.publish(*ended));
    for answer in soon("many publications", join_all(publications)).await {
        answer.unwrap();
    }
    soon("many publications", until(|| published.iter().all(|ended| notes.has(*ended)))).await;
}
