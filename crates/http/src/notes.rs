//! What becomes known of a request on its way, for those who look at it later.
//!
//! It is one entry of the request's extensions, because each costs an allocation.

use actix_web::HttpMessage;
use fm_application::limits::AppliedLimit;
use fm_domain::ids::{SessionId, UserId};

use crate::client_address::ClientAddress;

/// What is known of a request by now.
#[derive(Default)]
pub(crate) struct RequestNotes {
    /// The address that it comes from.
    pub(crate) client: Option<ClientAddress>,
    /// Who asked.
    pub(crate) user: Option<KnownUser>,
    /// The limits that were applied, in this order.
    pub(crate) limits: Vec<AppliedLimit>,
}

/// A user who asked, by a session.
#[derive(Clone, Copy)]
pub(crate) struct KnownUser {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
}

/// Notes something of a request.
pub(crate) fn note(request: &impl HttpMessage, change: impl FnOnce(&mut RequestNotes)) {
    let mut extensions = request.extensions_mut();
    if let Some(notes) = extensions.get_mut::<RequestNotes>() {
        return change(notes);
    }
    let mut notes = RequestNotes::default();
    change(&mut notes);
    extensions.insert(notes);
}

/// Reads what was noted of a request; `None` where nothing was.
pub(crate) fn noted<T>(
    request: &impl HttpMessage,
    read: impl FnOnce(&RequestNotes) -> Option<T>,
) -> Option<T> {
    read(request.extensions().get::<RequestNotes>()?)
}
