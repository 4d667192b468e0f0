//! The memory that uploads share.

mod spare;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use fm_domain::body::ByteSize;
use fm_domain::error::{Overloaded, PortError, PortResult};
use fm_domain::ids::UserId;

use self::spare::GiveWay;

/// How long an upload waits for memory at most.
const MAX_WAIT: Duration = Duration::from_mins(1);

/// Memory of the budget for each upload that may wait: a connection whose body is not read holds about as much.
const BYTES_PER_WAITING: u64 = 128 * 1024;

/// How long a permit for bytes that come slowly is held at least while another upload waits for memory.
const MIN_HOLD_TIME: Duration = Duration::from_secs(10);

/// Bytes that have to come each second while another upload waits for memory.
const LEAST_RATE: u64 = 16 * 1024;

/// How often a slow permit looks for waiting uploads after its hold time.
const CONTENTION_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// One unit of the budget.
const UNIT: u64 = 1024;

/// The memory that all uploads of the process may hold together, counted in bytes really held.
///
/// An upload that needs more than is left waits, so that more uploads wait instead of growing the process. No user holds
/// more than three quarters of it beside a first permit, and of those that wait the owner who holds least is next: the
/// uploads of one user never keep all others out. The queue is bounded, by number and by time.
///
/// Ask once for all that one step needs: asking again while holding some can wait in vain.
#[derive(Debug, Clone)]
pub struct BufferBudget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    total: u64,
    most_waiting: usize,
    state: Mutex<State>,
    give_way: GiveWay,
}

#[derive(Debug)]
struct State {
    free: u64,
    held: HashMap<Owner, u64>,
    /// In the order in which they came.
    waiting: VecDeque<Waiting>,
    next_number: u64,
}

/// Whose memory it is; `None`: the program's own.
type Owner = Option<UserId>;

#[derive(Debug)]
struct Waiting {
    number: u64,
    owner: Owner,
    units: u64,
    granted: oneshot::Sender<BufferPermit>,
}

/// A part of the budget, given back when it is dropped.
#[derive(Debug)]
pub struct BufferPermit {
    shared: Arc<Shared>,
    owner: Owner,
    units: AtomicU64,
}

/// A budget at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetUse {
    /// All of it.
    pub limit: ByteSize,
    /// What permits hold.
    pub held: ByteSize,
    /// Uploads that wait for memory.
    pub waiting: u64,
}

/// Too many uploads wait for memory, or one waited for a minute.
fn busy() -> PortError {
    PortError::Unavailable(Overloaded("the memory of uploads is taken").into())
}

impl BufferBudget {
    /// A budget of this many bytes, at least one KiB.
    #[must_use]
    pub fn new(total: ByteSize) -> Self {
        let units = total.bytes().div_ceil(UNIT).max(1);
        let most_waiting = usize::try_from(total.bytes() / BYTES_PER_WAITING).unwrap_or(usize::MAX).max(16);
        let state = State { free: units, held: HashMap::new(), waiting: VecDeque::new(), next_number: 0 };
        let shared =
            Shared { total: units, most_waiting, state: Mutex::new(state), give_way: GiveWay::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Waits until `wanted` bytes are free for this owner and holds them. More than the whole budget counts as the whole
    /// of it. [`PortError::Unavailable`] after a minute, and for users at once where too many wait, of this one or of all.
    pub async fn acquire(&self, owner: Owner, wanted: ByteSize) -> PortResult<BufferPermit> {
        let units = self.shared.units_of(wanted);
        let (number, granted) = {
            let mut state = self.shared.lock_for(owner, units);
            if state.waiting.is_empty() && state.may_have(owner, units, &self.shared) {
                return Ok(self.shared.take(&mut state, owner, units));
            }
            if owner.is_some() && state.is_full(owner, self.shared.most_waiting) {
                return Err(busy());
            }
            let number = state.next_number;
            state.next_number += 1;
            let (grant, granted) = oneshot::channel();
            state.waiting.push_back(Waiting { number, owner, units, granted: grant });
            // It may be next at once, where those before it are of an owner who has enough.
            self.shared.grant(&mut state);
            (number, granted)
        };
        let _place = Place { shared: &self.shared, number };
        match timeout(MAX_WAIT, granted).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }

    /// Holds `wanted` bytes if they are free for this owner and no upload waits.
    #[must_use]
    pub fn try_acquire(&self, owner: Owner, wanted: ByteSize) -> Option<BufferPermit> {
        let units = self.shared.units_of(wanted);
        let mut state = self.shared.lock_for(owner, units);
        (state.waiting.is_empty() && state.may_have(owner, units, &self.shared))
            .then(|| self.shared.take(&mut state, owner, units))
    }

    /// Whether an upload waits for bytes that others hold.
    #[must_use]
    pub fn is_contended(&self) -> bool {
        !self.shared.lock().waiting.is_empty()
    }

    /// How it is used now.
    #[must_use]
    pub fn in_use(&self) -> BudgetUse {
        let state = self.shared.lock();
        BudgetUse {
            limit: ByteSize::new(self.shared.total * UNIT),
            held: ByteSize::new((self.shared.total - state.free) * UNIT),
            waiting: state.waiting.len() as u64,
        }
    }

    /// Bytes that no permit holds.
    #[must_use]
    pub fn available(&self) -> ByteSize {
        ByteSize::new(self.shared.lock().free * UNIT)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn units_of(&self, wanted: ByteSize) -> u64 {
        wanted.bytes().div_ceil(UNIT).clamp(1, self.total)
    }

    fn take(self: &Arc<Self>, state: &mut State, owner: Owner, units: u64) -> BufferPermit {
        state.free -= units;
        *state.held.entry(owner).or_default() += units;
        BufferPermit { shared: Arc::clone(self), owner, units: AtomicU64::new(units) }
    }

    /// Hands free memory to those that wait: the owner who holds least first, then the one that came first. One whose
    /// turn it is and for whom too little is free stops the others, so that small uploads never overtake it for ever.
    fn grant(self: &Arc<Self>, state: &mut State) {
        loop {
            let among = state.waiting.iter().enumerate().filter(|(_, waiting)| {
                waiting.granted.is_closed() || state.is_within_share(waiting.owner, waiting.units, self)
            });
            let next = among.min_by_key(|(_, waiting)| (state.held_by(waiting.owner), waiting.number));
            let Some((index, units)) = next.map(|(index, waiting)| (index, waiting.units)) else { return };
            let is_gone = state.waiting[index].granted.is_closed();
            if !is_gone && units > state.free {
                return;
            }
            let Some(waiting) = state.waiting.remove(index) else { return };
            if !is_gone {
                let permit = self.take(state, waiting.owner, units);
                if let Err(unclaimed) = waiting.granted.send(permit) {
                    // Its drop would ask for the lock that is held here.
                    unclaimed.put_back(state);
                }
            }
        }
    }
}

impl State {
    fn held_by(&self, owner: Owner) -> u64 {
        self.held.get(&owner).copied().unwrap_or(0)
    }

    /// Whether an owner may hold so much more: a user three quarters of all, or one permit of any size.
    fn is_within_share(&self, owner: Owner, units: u64, shared: &Shared) -> bool {
        let held = self.held_by(owner);
        owner.is_none() || held == 0 || held + units <= shared.total / 4 * 3
    }

    /// Whether no more may wait, or no more of this owner: half of the places are the most of one.
    fn is_full(&self, owner: Owner, most: usize) -> bool {
        let of_owner = || self.waiting.iter().filter(|waiting| waiting.owner == owner).count();
        self.waiting.len() >= most || of_owner() >= most.div_ceil(2)
    }

    fn may_have(&self, owner: Owner, units: u64, shared: &Shared) -> bool {
        units <= self.free && self.is_within_share(owner, units, shared)
    }

    fn give_back(&mut self, owner: Owner, units: u64) {
        self.free += units;
        if let Some(held) = self.held.get_mut(&owner) {
            *held -= units;
            if *held == 0 {
                self.held.remove(&owner);
            }
        }
    }
}

/// An upload's place in the queue, until it has its memory or goes away.
struct Place<'a> {
    shared: &'a Arc<Shared>,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let before = state.waiting.len();
        state.waiting.retain(|waiting| waiting.number != self.number);
        if state.waiting.len() < before {
            self.shared.grant(&mut state);
        }
    }
}

impl BufferPermit {
    /// How much is held.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.units.load(Ordering::Relaxed) * UNIT
    }

    /// Gives it back though it is shared with bytes that are not gone: those that a connection holds whose other side reads no
    /// more, and that nothing ends before the other side does.
    pub fn release(&self) {
        let units = self.units.swap(0, Ordering::Relaxed);
        if units > 0 {
            let mut state = self.shared.lock();
            state.give_back(self.owner, units);
            self.shared.grant(&mut state);
        }
    }

    /// Ends when it is time to give this back though it was not filled: since this call fewer than 16 KiB a second have
    /// come, as `received` counts them, for ten seconds at least, and another upload waits. Without that a few senders of
    /// a byte a second would keep all others out.
    pub async fn overdue(&self, received: &AtomicU64) {
        self.overdue_after(received, Duration::ZERO).await;
    }

    /// The same where the bytes in `received` were waited for so long before this call.
    pub(crate) async fn overdue_after(&self, received: &AtomicU64, waited: Duration) {
        let begun = Instant::now();
        loop {
            let covered = Duration::from_secs(received.load(Ordering::Relaxed) / LEAST_RATE);
            let due = begun + covered.max(MIN_HOLD_TIME).saturating_sub(waited);
            if due > Instant::now() {
                sleep_until(due).await;
            } else if self.shared.lock().waiting.is_empty() {
                sleep(CONTENTION_POLL_INTERVAL).await;
            } else {
                return;
            }
        }
    }

    /// Gives it back where the budget's lock is held already.
    fn put_back(self, state: &mut State) {
        state.give_back(self.owner, self.units.swap(0, Ordering::Relaxed));
    }
}

impl Drop for BufferPermit {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests;
