//! What a user could free, told where the quota refuses an upload.

use fm_domain::access::Actor;

use crate::problem::Problem;
use crate::state::AppState;

/// The same outcome; where it is a refusal by the quota, it says what deleting for good would free.
pub(crate) async fn with_reclaimable<T>(
    state: &AppState,
    actor: &Actor,
    outcome: Result<T, Problem>,
) -> Result<T, Problem> {
    match outcome {
        Err(refusal) if refusal.lacks_reclaimable() => {
            Err(match state.use_cases.accounts.show.run(actor).await {
                Ok(view) => refusal.reclaimable(view.account.storage.trash, view.account.storage.versions),
                // The refusal stands without it.
                Err(_unknown) => refusal,
            })
        }
        outcome => outcome,
    }
}
