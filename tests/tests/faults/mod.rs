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

/// How much longer a busy machine may take. It is less than what the next longer time-out would add.
const MARGIN: Duration = Duration::from_secs(30);

/// The answer, which must come within `bound` and [`MARGIN`].
async fn within(bound: Duration, what: &str, request: Request) -> Answer {
    let started = Instant::now();
    let answer = request.send().await;
    let took = started.elapsed();
    assert!(
        took < bound + MARGIN,
        "{what}: answered after {took:?}, and the time-outs add up to {bound:?}: {answer:?}"
    );
    answer
}
