//! What folders were found to hold, and the counts that are under way: of one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fm_domain::clock::Timestamp;
use fm_domain::error::PortError;
use fm_domain::ids::NodeId;
use fm_domain::tree::{Seq, Usage};
use tokio::sync::watch;

/// Folders whose usage is remembered, each some 100 bytes.
const MOST_FOLDERS: usize = 10_000;

/// How long a client has to come back for a count that its drive has changed since.
const AWAITED_FOR: Duration = Duration::from_mins(1);

/// What a folder holds, and when that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedUsage {
    /// What it holds.
    pub usage: Usage,
    /// When that was counted.
    pub at: Timestamp,
}

/// How a count ended; none where the folder was gone by then.
pub(super) type Ended = Result<Option<CountedUsage>, Arc<PortError>>;

/// Usages by folder. Cheap to clone.
///
/// A usage holds while its drive has the number that it had then: every change raises that.
#[derive(Clone, Default)]
pub(super) struct UsageCounts(Arc<Mutex<Folders>>);

#[derive(Default)]
struct Folders {
    known: HashMap<NodeId, Known>,
    running: HashMap<NodeId, Running>,
}

impl Folders {
    fn running(&self, folder: NodeId) -> Option<watch::Receiver<Option<Ended>>> {
        // One that panicked has closed its channel.
        let running = self.running.get(&folder).filter(|running| running.ended.has_changed().is_ok());
        running.map(|running| running.ended.clone())
    }
}

struct Known {
    counted: CountedUsage,
    /// Whether a client was told to come back for it: it is answered then for a while, even if the drive has changed meanwhile. Else a count
    /// that takes longer than the time between two changes would be answered to no client.
    is_awaited: bool,
}

struct Running {
    ended: watch::Receiver<Option<Ended>>,
    is_awaited: bool,
}

impl UsageCounts {
    /// What is known of the folder in a drive with this number.
    pub(super) fn known(&self, folder: NodeId, seq: Seq, now: Timestamp) -> Option<CountedUsage> {
        let mut folders = self.folders();
        let known = folders.known.get_mut(&folder)?;
        let was_awaited = std::mem::take(&mut known.is_awaited) && now.since(known.counted.at) < AWAITED_FOR;
        (known.counted.usage.seq >= seq || was_awaited).then_some(known.counted)
    }

    /// The count of the folder that is under way.
    pub(super) fn running(&self, folder: NodeId) -> Option<watch::Receiver<Option<Ended>>> {
        self.folders().running(folder)
    }

    /// The count of the folder that is under way; where there is none, a new one, for the caller to end and to tell of.
    pub(super) fn join(
        &self,
        folder: NodeId,
    ) -> (watch::Receiver<Option<Ended>>, Option<watch::Sender<Option<Ended>>>) {
        let mut folders = self.folders();
        if let Some(ended) = folders.running(folder) {
            return (ended, None);
        }
        let (tell, ended) = watch::channel(None);
        folders.running.insert(folder, Running { ended: ended.clone(), is_awaited: false });
        (ended, Some(tell))
    }

    /// A client will come back for the count.
    pub(super) fn await_later(&self, folder: NodeId) {
        let mut folders = self.folders();
        if let Some(running) = folders.running.get_mut(&folder) {
            running.is_awaited = true;
        } else if let Some(known) = folders.known.get_mut(&folder) {
            known.is_awaited = true;
        }
    }

    /// The count of the folder has ended.
    pub(super) fn end(&self, folder: NodeId, ended: &Ended) {
        let mut folders = self.folders();
        let is_awaited = folders.running.remove(&folder).is_some_and(|running| running.is_awaited);
        let Ok(Some(counted)) = *ended else { return };
        if folders.known.len() >= MOST_FOLDERS && !folders.known.contains_key(&folder) {
            folders.known.clear();
        }
        folders.known.insert(folder, Known { counted, is_awaited });
    }

    fn folders(&self) -> MutexGuard<'_, Folders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
