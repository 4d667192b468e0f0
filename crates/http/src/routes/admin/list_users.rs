//! `GET /v1/admin/users`

use std::borrow::Cow;

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::AdminUserList;
use fm_application::administration::{Administrator, ListUsersCommand};

use crate::auth::Authenticated;
use crate::input::Query;
use crate::output::{admin_user, json};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::Forbidden];

/// List users
///
/// All users, page by page. Newest first. For admins alone.
#[utoipa::path(
    get,
    path = "/v1/admin/users",
    tag = "admin",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Users on a page; 50 unless given."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same other parameters."),
        ("q" = Option<String>, Query, description = "A literal part of the email address, in any case; international domains as in `xn--…`."),
    ),
    responses((status = 200, description = "A page.", body = AdminUserList)),
)]
pub(crate) async fn list_users(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
) -> Answer {
    let query = Query::new(request.query_string());
    let (limit, cursor) = query.page()?;
    let address_contains = query.text("q")?.map(Cow::into_owned);
    let command = ListUsersCommand { address_contains, limit, cursor };
    let found = state.use_cases.administration.list_users.run(&Administrator::Admin(actor), command).await?;
    let items = found.items.iter().map(admin_user).collect();
    json(HttpResponse::Ok(), &AdminUserList { items, next_cursor: found.next_cursor })
}
