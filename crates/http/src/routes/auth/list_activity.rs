//! `GET /v1/auth/activity`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::{Activity, ActivityList};
use fm_application::audit::ActivityCommand;
use fm_domain::access::Client;
use fm_domain::audit::AuditEntry;
use fm_domain::ids::UserId;

use crate::auth::Authenticated;
use crate::input::Query;
use crate::output::json;
use crate::problem::{Answer, Code, Problem};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest];

/// List activity
///
/// What was done in the caller's account, when and from where, page by page. Newest first. Entries are kept for as long as
/// the deployment is configured to, 90 days unless that was changed.
#[utoipa::path(
    get,
    path = "/v1/auth/activity",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Entries on a page; 50 unless given."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same other parameters."),
        ("action" = Option<String>, Query, description = "`account.registered`, `account.renamed`, `account.suspended`, `account.resumed`, `account.promoted`, `account.demoted`, `account.quota_changed`, `password.changed`, `password.reset`, `password.refused`, `session.created`, `login.failed`, `session.refresh_reused`, `session.revoked`, `sessions.revoked`, `file.uploaded`, `file.replaced`, `file.renamed`, `file.removed`, `folder.created`, `item.moved`, `item.copied`, `item.trashed`, `item.restored`, `item.removed`, `version.changed`, `versions.removed`, `operation.begun`, `operation.cancelled` or `link.created`."),
    ),
    responses((status = 200, description = "A page.", body = ActivityList)),
)]
pub(crate) async fn list_activity(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
) -> Answer {
    let command = command(&Query::new(request.query_string()))?;
    let page = state.use_cases.audit.activity.run(&actor, command).await?;
    let items = page.items.into_iter().map(|entry| of(entry, actor.user())).collect();
    json(HttpResponse::Ok(), &ActivityList { items, next_cursor: page.next_cursor })
}

fn command(query: &Query<'_>) -> Result<ActivityCommand, Problem> {
    let (limit, cursor) = query.page()?;
    Ok(ActivityCommand { action: query.value("action")?, limit, cursor })
}

/// An entry as `user` sees it: not from where others did it, as admins do.
fn of(entry: AuditEntry, user: UserId) -> Activity {
    let by_another = entry.actor.is_some_and(|actor| actor != user);
    let client = if by_another { Client::default() } else { entry.client };
    Activity {
        id: entry.id.uuid(),
        at: entry.at.into(),
        action: entry.action.as_str().to_owned(),
        actor: entry.actor.map(UserId::uuid),
        target: entry.target,
        ip: client.ip,
        user_agent: client.user_agent,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use fm_domain::audit::AuditAction;

    use super::*;

    fn read(query: &str) -> Result<ActivityCommand, Problem> {
        command(&Query::new(query))
    }

    #[test]
    fn without_parameters_the_newest_fifty_of_every_action_are_asked_for() {
        let newest = ActivityCommand { action: None, limit: 50, cursor: None };
        assert_eq!(read("").unwrap(), newest);
        assert_eq!(read("limit=&cursor=&action=&other=1").unwrap(), newest);
    }

    #[test]
    fn every_parameter_is_read() {
        let command = read("limit=200&action=login.failed&cursor=c").unwrap();
        let cursor = Some("c".to_owned());
        let expected = ActivityCommand { action: Some(AuditAction::LOGIN_FAILED), limit: 200, cursor };
        assert_eq!(command, expected);
    }

    #[test]
    fn bad_values_are_refused() {
        for query in ["limit=0", "limit=201", "limit=x", "action=login", "action=LOGIN.FAILED", "cursor=%FF"]
        {
            assert_eq!(read(query).unwrap_err().code(), Code::MalformedRequest, "{query}");
        }
    }
}
