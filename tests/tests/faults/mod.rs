//! What the program stands on fails, in one way after the other: it says so in time, and makes up for it afterwards.

mod commits;
mod crashes;
mod disk;
mod hanging;
mod permissions;
mod resume_under_fire;
mod store;

use std::time::{Duration, Instant};

use fm_e2e::{Answer, Request};

/// The answer, which must come within `bound`.
async fn within(bound: Duration, what: &str, request: Request) -> Answer {
    let started = Instant::now();
    let answer = request.send().await;
    let took = started.elapsed();
    assert!(
        took < bound,
        "{what}: answered after {took:?}, and the time-outs add up to {bound:?}: {answer:?}"
    );
    answer
}
