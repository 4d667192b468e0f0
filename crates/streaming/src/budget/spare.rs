//! Memory that no upload needs now, lent to what can do without it.

use std::fmt;
use std::sync::{MutexGuard, OnceLock};

use fm_domain::body::ByteSize;
use fm_domain::ids::UserId;

use super::{BufferBudget, BufferPermit, Owner, Shared, State};

/// Has spare memory given back; nothing where none is lent.
#[derive(Default)]
pub(super) struct GiveWay(OnceLock<Box<dyn Fn(Owner) + Send + Sync>>);

impl fmt::Debug for GiveWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GiveWay").finish_non_exhaustive()
    }
}

impl BufferBudget {
    /// Holds `wanted` bytes if they are spare: no upload waits, and half of the budget is free without them. They are
    /// to be given back in the function of [`BufferBudget::on_shortage`].
    #[must_use]
    pub fn try_acquire_spare(&self, owner: Owner, wanted: ByteSize) -> Option<BufferPermit> {
        let units = self.shared.units_of(wanted);
        let mut state = self.shared.lock();
        let is_spare = state.waiting.is_empty()
            && state.may_have(owner, units, &self.shared)
            && state.free - units >= self.shared.total / 2;
        is_spare.then(|| self.shared.take(&mut state, owner, units))
    }

    /// Calls this function whenever memory is wanted that is not free, before the one who wants it waits or goes without: spare
    /// permits are dropped in it. With a user, those of this user alone, whose share is taken; with `None` those of all.
    /// The first function stays.
    pub fn on_shortage(&self, give_way: impl Fn(Option<UserId>) + Send + Sync + 'static) {
        self.shared.give_way.0.get_or_init(|| Box::new(give_way));
    }
}

impl Shared {
    /// The state for an owner who wants so much: where it is not free, after spare memory was given back. What an owner may not
    /// have is taken from no other.
    pub(super) fn lock_for(&self, owner: Owner, units: u64) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        if !state.is_within_share(owner, units, self) {
            state = self.after_giving_way(state, owner);
        }
        let is_short = units > state.free || !state.waiting.is_empty();
        if is_short && state.is_within_share(owner, units, self) {
            state = self.after_giving_way(state, None);
        }
        state
    }

    fn after_giving_way<'a>(&'a self, state: MutexGuard<'a, State>, whose: Owner) -> MutexGuard<'a, State> {
        // Permits that are dropped ask for the lock.
        drop(state);
        if let Some(give_way) = self.give_way.0.get() {
            give_way(whose);
        }
        self.lock()
    }
}
