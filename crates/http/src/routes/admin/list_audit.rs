//! `GET /v1/admin/audit`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::{AuditEntry, AuditList};
use fm_application::administration::{Administrator, ListTrailCommand};
use fm_domain::audit::{self, AuditFilter};
use fm_domain::ids::UserId;

use crate::auth::Authenticated;
use crate::input::{Query, bad};
use crate::output::json;
use crate::problem::{Answer, Code, Problem};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::Forbidden];

/// List the audit trail
///
/// Who did what in any account, when and from where, page by page. Newest first. For admins alone.
#[utoipa::path(
    get,
    path = "/v1/admin/audit",
    operation_id = "list_audit_trail",
    tag = "admin",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Entries on a page; 50 unless given."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same other parameters."),
        ("user" = Option<uuid::Uuid>, Query, description = "Those of this account."),
        ("action" = Option<String>, Query, description = "Those of this action: `account.suspended`."),
        ("since" = Option<String>, Query, description = "Those at this moment (RFC 3339) or later."),
        ("until" = Option<String>, Query, description = "Those before this moment (RFC 3339)."),
    ),
    responses((status = 200, description = "A page.", body = AuditList)),
)]
pub(crate) async fn list_audit(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
) -> Answer {
    let command = command(&Query::new(request.query_string()))?;
    let found = state.use_cases.administration.trail.run(&Administrator::Admin(actor), command).await?;
    let items = found.items.into_iter().map(of).collect();
    json(HttpResponse::Ok(), &AuditList { items, next_cursor: found.next_cursor })
}

fn command(query: &Query<'_>) -> Result<ListTrailCommand, Problem> {
    let (limit, cursor) = query.page()?;
    let account = match query.text("user")? {
        Some(text) => Some(UserId::parse(&text).ok_or_else(|| bad("user", "must be the id of a user"))?),
        None => None,
    };
    let (since, until) = (query.moment("since")?, query.moment("until")?);
    let filter = AuditFilter { account, action: query.value("action")?, since, until };
    Ok(ListTrailCommand { filter, limit, cursor })
}

fn of(entry: audit::AuditEntry) -> AuditEntry {
    AuditEntry {
        id: entry.id.uuid(),
        at: entry.at.into(),
        action: entry.action.as_str().to_owned(),
        actor: entry.actor.map(UserId::uuid),
        account: entry.account.map(UserId::uuid),
        target: entry.target,
        ip: entry.client.ip,
        user_agent: entry.client.user_agent,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use fm_domain::audit::AuditAction;
    use fm_domain::clock::Timestamp;

    use super::*;

    fn read(query: &str) -> Result<ListTrailCommand, Problem> {
        command(&Query::new(query))
    }

    #[test]
    fn every_parameter_is_read() {
        let user = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01";
        let query = format!(
            "limit=7&cursor=c&user={user}&action=account.suspended\
             &since=2026-01-31T12:00:00Z&until=2026-01-31T14:00:00%2B01:00"
        );
        let filter = AuditFilter {
            account: UserId::parse(user),
            action: Some(AuditAction::ACCOUNT_SUSPENDED),
            since: Some(Timestamp::from_unix_seconds(1_769_860_800)),
            until: Some(Timestamp::from_unix_seconds(1_769_864_400)),
        };
        assert_eq!(
            read(&query).unwrap(),
            ListTrailCommand { filter, limit: 7, cursor: Some("c".to_owned()) }
        );
        let all = ListTrailCommand { filter: AuditFilter::default(), limit: 50, cursor: None };
        assert_eq!(read("user=&action=&since=").unwrap(), all);
    }

    #[test]
    fn bad_values_are_refused() {
        for query in ["limit=0", "limit=201", "user=ada", "action=x", "since=yesterday", "until=2026-01-31"] {
            assert_eq!(read(query).unwrap_err().code(), Code::MalformedRequest, "{query}");
        }
    }
}
