//! Limiters with one fault.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fm_contract::fakes::present;
use fm_contract::{Impossible, RateLimiterHarness};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;
use fm_domain::limits::{LimitKey, LimitSubject, LimitedAction, RateDecision, RateLimiter, RatePolicy};
use fm_memory::{ManualClock, MemoryRateLimiter};
use uuid::Uuid;

use crate::mutants::{mutants, planned};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    AllowsOneMore,
    AsksBeforeItCounts,
    GivesBackByTheMinute,
    SavesWhatIdleKeysDidNotUse,
    TakesPartOfACost,
    CountsRefusedCalls,
    RefusesCostsAboveTheLimit,
    StopsSpendingAtTheLimit,
    OwesWithoutABound,
    ForgetsTheAction,
    ForgetsTheClient,
    RemainsBeforeTheCall,
    SaysToRetryWhenAllIsBack,
    TellsOfNoDebtAfterAPause,
    CountsIn32Bits,
    CountsForItsNodeAlone,
    AllowsWithoutAStore,
    CallsEveryErrorUnavailable,
    KeepsEveryKey,
    LosesConnectionsOfDroppedCalls,
}

/// How many connections there are.
const CONNECTIONS: usize = 16;

/// What all nodes share.
struct Store {
    inner: MemoryRateLimiter,
    clock: Arc<ManualClock>,
    is_gone: AtomicBool,
    /// When keys were counted first and last, and what remained then.
    seen: Mutex<HashMap<LimitKey, Seen>>,
    /// Connections that dropped calls did not give back.
    lost: AtomicUsize,
}

#[derive(Clone, Copy)]
struct Seen {
    first: Timestamp,
    last: Timestamp,
    remaining: u64,
}

/// A connection that is given back by an answer alone.
struct Connection<'s>(&'s Store);

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.0.lost.fetch_add(1, Ordering::SeqCst);
    }
}

/// A clock that shows whole minutes.
struct MinuteClock(Arc<ManualClock>);

impl Clock for MinuteClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.0.now().unix_seconds() / 60 * 60)
    }
}

/// The limiter of one node.
struct Broken {
    store: Arc<Store>,
    alone: MemoryRateLimiter,
    is_refused: bool,
    fault: Fault,
}

impl Broken {
    fn on(store: &Arc<Store>, is_refused: bool) -> Self {
        let alone = MemoryRateLimiter::new(store.clock.clone());
        Self { store: Arc::clone(store), alone, is_refused, fault: planned() }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// The store, if it can be reached and takes us.
    async fn reach(&self) -> PortResult<&MemoryRateLimiter> {
        if self.is(Fault::LosesConnectionsOfDroppedCalls) {
            while self.store.lost.load(Ordering::SeqCst) >= CONNECTIONS {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let connection = Connection(&self.store);
            tokio::task::yield_now().await;
            std::mem::forget(connection);
        }
        if self.store.is_gone.load(Ordering::SeqCst) && !self.is(Fault::AllowsWithoutAStore) {
            return Err(PortError::Unavailable("no route to the store".into()));
        }
        if self.is_refused && self.is(Fault::CallsEveryErrorUnavailable) {
            return Err(PortError::Unavailable("401".into()));
        }
        if self.is_refused {
            return Err(PortError::Unexpected("401".into()));
        }
        Ok(if self.is(Fault::CountsForItsNodeAlone) { &self.alone } else { &self.store.inner })
    }

    fn key(&self, key: &LimitKey) -> LimitKey {
        match self.fault {
            Fault::ForgetsTheAction => LimitKey::new(LimitedAction::Refreshes, key.subject),
            Fault::ForgetsTheClient if !matches!(key.subject, LimitSubject::User(_)) => {
                LimitKey::new(key.action, LimitSubject::User(UserId::new(Uuid::nil())))
            }
            _ => *key,
        }
    }

    fn policy(&self, policy: &RatePolicy) -> RatePolicy {
        let limit = policy.limit.get();
        let limit = match self.fault {
            Fault::AllowsOneMore => limit + 1,
            Fault::CountsIn32Bits => limit.min(u64::from(u32::MAX)),
            _ => limit,
        };
        RatePolicy { limit: NonZeroU64::new(limit).unwrap(), ..*policy }
    }

    /// The answer as the client gets it.
    fn told(
        &self,
        key: &LimitKey,
        policy: &RatePolicy,
        cost: NonZeroU64,
        mut decision: RateDecision,
    ) -> RateDecision {
        let now = self.store.clock.now();
        let mut all = self.store.seen.lock().unwrap();
        let seen = all.entry(*key).or_insert(Seen { first: now, last: now, remaining: 0 });
        let before = *seen;
        *seen = Seen { last: now, remaining: decision.remaining, ..before };
        match self.fault {
            Fault::RemainsBeforeTheCall if decision.is_allowed => {
                decision.remaining += cost.get().min(policy.limit.get());
            }
            Fault::SaysToRetryWhenAllIsBack if !decision.is_allowed => {
                decision.retry_after = decision.reset_after;
            }
            Fault::TellsOfNoDebtAfterAPause if now > before.last => {
                decision.reset_after = decision.reset_after.min(policy.window);
            }
            Fault::SavesWhatIdleKeysDidNotUse if now.since(before.first) > policy.window => {
                allow(&mut decision);
            }
            Fault::OwesWithoutABound
                if cost > policy.limit && decision.remaining == 0 && !decision.is_allowed =>
            {
                decision.reset_after *= 10;
            }
            _ => {}
        }
        decision
    }
}

fn allow(decision: &mut RateDecision) {
    decision.is_allowed = true;
    decision.retry_after = Duration::ZERO;
}

#[async_trait]
impl RateLimiter for Broken {
    async fn take(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        let inner = self.reach().await?;
        let (key, inner_policy) = (self.key(key), self.policy(policy));
        if self.is(Fault::RefusesCostsAboveTheLimit) && cost > policy.limit {
            let limit = policy.limit.get();
            let (reset_after, retry_after) = (Duration::ZERO, policy.window);
            return Ok(RateDecision { is_allowed: false, remaining: limit, reset_after, retry_after });
        }
        if self.is(Fault::AsksBeforeItCounts) {
            let seen = self.store.seen.lock().unwrap().get(&key).copied();
            let remaining = match seen {
                None => policy.limit.get(),
                Some(seen) if seen.last == self.store.clock.now() => seen.remaining,
                Some(_) => 0,
            };
            tokio::task::yield_now().await;
            let cost = cost.min(policy.limit);
            if remaining >= cost.get() {
                let mut decision = inner.spend(&key, policy, cost).await?;
                allow(&mut decision);
                return Ok(self.told(&key, policy, cost, decision));
            }
        }
        let mut decision = inner.take(&key, &inner_policy, cost).await?;
        if !decision.is_allowed {
            match self.fault {
                Fault::CountsRefusedCalls => {
                    decision = inner.spend(&key, &inner_policy, cost).await?;
                    decision.is_allowed = false;
                }
                Fault::TakesPartOfACost => {
                    if let Some(part) = NonZeroU64::new(decision.remaining) {
                        decision = inner.take(&key, &inner_policy, part).await?;
                    }
                }
                _ => {}
            }
        }
        Ok(self.told(&key, policy, cost, decision))
    }

    async fn spend(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        let inner = self.reach().await?;
        let (key, inner_policy) = (self.key(key), self.policy(policy));
        let decision = if self.is(Fault::StopsSpendingAtTheLimit) {
            let decision = inner.take(&key, &inner_policy, cost).await?;
            match NonZeroU64::new(decision.remaining) {
                Some(rest) if !decision.is_allowed => {
                    RateDecision { is_allowed: false, ..inner.take(&key, &inner_policy, rest).await? }
                }
                _ => decision,
            }
        } else {
            inner.spend(&key, &inner_policy, cost).await?
        };
        Ok(self.told(&key, policy, cost, decision))
    }
}

/// The limiter with the planned fault.
struct Mutant {
    store: Arc<Store>,
    node: Arc<Broken>,
}

#[async_trait]
impl RateLimiterHarness for Mutant {
    async fn fresh() -> Self {
        // The rules that a clock of whole minutes breaks depend on where in a minute they start.
        let minute = present().unix_seconds() / 60 * 60;
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_seconds(minute + 30)));
        let shown: Arc<dyn Clock> = match planned() {
            Fault::GivesBackByTheMinute => Arc::new(MinuteClock(clock.clone())),
            _ => clock.clone(),
        };
        let store = Arc::new(Store {
            inner: MemoryRateLimiter::new(shown),
            clock,
            is_gone: AtomicBool::new(false),
            seen: Mutex::default(),
            lost: AtomicUsize::new(0),
        });
        let node = Arc::new(Broken::on(&store, false));
        Self { store, node }
    }

    fn limiter(&self) -> Arc<dyn RateLimiter> {
        self.node.clone()
    }

    async fn pass(&self, time: Duration) {
        self.store.clock.advance(time);
    }

    async fn stored_keys(&self) -> usize {
        match self.node.fault {
            Fault::KeepsEveryKey => self.store.seen.lock().unwrap().len(),
            _ => self.store.inner.stored_keys().len(),
        }
    }

    async fn another_node(&self) -> Result<Arc<dyn RateLimiter>, Impossible> {
        Ok(Arc::new(Broken::on(&self.store, false)))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.store.is_gone.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn RateLimiter>, Impossible> {
        Ok(Arc::new(Broken::on(&self.store, true)))
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        type $name = crate::mutants::broken_limiter::Mutant;
        crate::mutants::plan(&$fault);
    };
}

mutants! {
    a_limiter_without_a_fault_breaks_no_rule: broken(Fault::None) => rate_limiter, [];
    a_limiter_that_allows_one_more: broken(Fault::AllowsOneMore) => rate_limiter, ["LIMIT-01", "LIMIT-02", "LIMIT-03", "LIMIT-04", "LIMIT-05", "LIMIT-06", "LIMIT-07", "LIMIT-08", "LIMIT-09", "LIMIT-11", "LIMIT-13", "LIMIT-15", "LIMIT-16"];
    a_limiter_that_asks_before_it_counts: broken(Fault::AsksBeforeItCounts) => rate_limiter, ["LIMIT-02", "LIMIT-11"];
    a_limiter_that_gives_back_by_the_minute: broken(Fault::GivesBackByTheMinute) => rate_limiter, ["LIMIT-03", "LIMIT-05", "LIMIT-09", "LIMIT-14", "LIMIT-16"];
    a_limiter_that_saves_what_idle_keys_did_not_use: broken(Fault::SavesWhatIdleKeysDidNotUse) => rate_limiter,
        ["LIMIT-03", "LIMIT-16"];
    a_limiter_that_takes_part_of_a_cost: broken(Fault::TakesPartOfACost) => rate_limiter, ["LIMIT-02", "LIMIT-04", "LIMIT-06", "LIMIT-09", "LIMIT-16"];
    a_limiter_that_counts_refused_calls: broken(Fault::CountsRefusedCalls) => rate_limiter, ["LIMIT-03", "LIMIT-04", "LIMIT-05", "LIMIT-06", "LIMIT-07", "LIMIT-09", "LIMIT-10", "LIMIT-16"];
    a_limiter_that_refuses_costs_above_the_limit: broken(Fault::RefusesCostsAboveTheLimit) => rate_limiter,
        ["LIMIT-06", "LIMIT-16"];
    a_limiter_that_stops_spending_at_the_limit: broken(Fault::StopsSpendingAtTheLimit) => rate_limiter,
        ["LIMIT-07", "LIMIT-10", "LIMIT-16"];
    a_limiter_that_owes_without_a_bound: broken(Fault::OwesWithoutABound) => rate_limiter, ["LIMIT-07", "LIMIT-16"];
    a_limiter_that_forgets_the_action: broken(Fault::ForgetsTheAction) => rate_limiter, ["LIMIT-08"];
    a_limiter_that_forgets_the_client: broken(Fault::ForgetsTheClient) => rate_limiter, ["LIMIT-08"];
    a_limiter_that_tells_what_remained_before_the_call: broken(Fault::RemainsBeforeTheCall) => rate_limiter, ["LIMIT-01", "LIMIT-04", "LIMIT-06", "LIMIT-07", "LIMIT-09", "LIMIT-10", "LIMIT-11", "LIMIT-13", "LIMIT-15", "LIMIT-16"];
    a_limiter_that_says_to_retry_when_all_is_back: broken(Fault::SaysToRetryWhenAllIsBack) => rate_limiter, ["LIMIT-07", "LIMIT-09", "LIMIT-16"];
    a_limiter_that_tells_of_no_debt_after_a_pause: broken(Fault::TellsOfNoDebtAfterAPause) => rate_limiter,
        ["LIMIT-16"];
    a_limiter_that_counts_in_32_bits: broken(Fault::CountsIn32Bits) => rate_limiter, ["LIMIT-10"];
    a_limiter_that_counts_for_its_node_alone: broken(Fault::CountsForItsNodeAlone) => rate_limiter, ["LIMIT-11", "LIMIT-14"];
    a_limiter_that_allows_without_a_store: broken(Fault::AllowsWithoutAStore) => rate_limiter, ["LIMIT-12"];
    a_limiter_that_calls_every_error_unavailable: broken(Fault::CallsEveryErrorUnavailable) => rate_limiter,
        ["LIMIT-13"];
    a_limiter_that_keeps_every_key: broken(Fault::KeepsEveryKey) => rate_limiter, ["LIMIT-14"];
    a_limiter_that_loses_connections_of_dropped_calls: broken(Fault::LosesConnectionsOfDroppedCalls) =>
        rate_limiter, ["LIMIT-15"];
}
