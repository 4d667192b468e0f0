//! Versions: the contents that a file had before.

pub(crate) mod change_version;
pub(crate) mod delete_version;
pub(crate) mod delete_versions;
pub(crate) mod link_version;
pub(crate) mod list_versions;
pub(crate) mod restore_version;

use actix_web::http::Method;
use fm_api_types::VersionAuthor;
use fm_domain::access::Actor;
use fm_domain::ids::UserId;

use super::Endpoint;
use crate::problem::Problem;
use crate::state::AppState;

/// The routes of this area.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/v1/files/{id}/versions")
            .on(Method::GET, list_versions::PROBLEMS, list_versions::list_versions)
            .on(Method::DELETE, delete_versions::PROBLEMS, delete_versions::delete_versions),
        Endpoint::at("/v1/files/{id}/versions/{number}")
            .on(Method::PATCH, change_version::PROBLEMS, change_version::change_version)
            .on(Method::DELETE, delete_version::PROBLEMS, delete_version::delete_version),
        Endpoint::at("/v1/files/{id}/versions/{number}/content").on(
            Method::GET,
            link_version::PROBLEMS,
            link_version::link_version,
        ),
        Endpoint::at("/v1/files/{id}/versions/{number}/restore").on(
            Method::POST,
            restore_version::PROBLEMS,
            restore_version::restore_version,
        ),
    ]
}

/// Who uploaded versions, as far as they are known.
struct Authors {
    caller: UserId,
    name: Option<String>,
}

impl Authors {
    /// The caller, who has uploaded all versions as long as no file is shared.
    async fn of(state: &AppState, actor: &Actor) -> Result<Self, Problem> {
        let view = state.use_cases.accounts.show.run(actor).await?;
        let name = view.account.user.name.map(|name| name.as_str().to_owned());
        Ok(Self { caller: actor.user(), name })
    }

    fn author(&self, id: UserId) -> VersionAuthor {
        let name = if id == self.caller { self.name.clone() } else { None };
        VersionAuthor { id: id.uuid(), name }
    }
}
