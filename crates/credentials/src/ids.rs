//! Ids and randomness from the operating system.

use fm_domain::ids::IdSource;
use uuid::Uuid;

/// Makes UUIDv7 that sort by their making within this process, and draws randomness from the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsIds;

impl IdSource for OsIds {
    /// The counter behind it is shared by all threads and never goes back, even when the machine's clock does.
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that everyone else is referred to")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    /// # Panics
    ///
    /// When the operating system has no randomness to give: going on with anything weaker would be worse.
    fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        #[expect(
            clippy::expect_used,
            reason = "without randomness nothing that is made from it may be handed out"
        )]
        getrandom::fill(&mut bytes).expect("the operating system gives randomness");
        bytes
    }
}
