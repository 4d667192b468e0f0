//! Pages of administrators' lists, and their cursors: a place in a list, authenticated and bound to its filter.

use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use uuid::Uuid;

use super::NotAllowed;
use fm_domain::claims::{self, Binding, Claims};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::InvalidCursor;
use fm_domain::mac::{MacSigner, Purpose};

/// Why nothing was listed.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The one who asks is no admin.
    #[error("the user is no admin")]
    NotAdmin,
    /// The cursor was tampered with, or belongs to another list.
    #[error(transparent)]
    InvalidCursor(#[from] InvalidCursor),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl From<NotAllowed> for PageError {
    fn from(error: NotAllowed) -> Self {
        match error {
            NotAllowed::NotAdmin => Self::NotAdmin,
            NotAllowed::Store(error) => Self::Store(error),
        }
    }
}

/// The id of the last item of a page.
#[derive(Serialize, Deserialize)]
struct Place(Uuid);

impl Claims for Place {
    const PURPOSE: Purpose = Purpose::Cursor;
}

/// A list, by its name and its filter.
pub(super) struct List<'a> {
    pub(super) name: &'static str,
    pub(super) filter: &'a str,
}

impl List<'_> {
    /// The id that a cursor of this list holds.
    pub(super) fn place(
        &self,
        cursor: Option<&str>,
        macs: &dyn MacSigner,
    ) -> Result<Option<Uuid>, InvalidCursor> {
        let Some(text) = cursor else { return Ok(None) };
        let Place(id) = claims::open(text, Binding::Suffix(&self.hash()), macs).ok_or(InvalidCursor)?;
        Ok(Some(id))
    }

    /// Cuts the item that was asked for too many, and answers the cursor of the next page where there was one.
    pub(super) fn next<T>(
        &self,
        items: &mut Vec<T>,
        limit: u32,
        id: impl Fn(&T) -> Uuid,
        macs: &dyn MacSigner,
    ) -> PortResult<Option<String>> {
        let has_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let Some(last) = items.last().filter(|_| has_more) else { return Ok(None) };
        claims::seal(&Place(id(last)), Binding::Suffix(&self.hash()), macs).map(Some)
    }

    fn hash(&self) -> [u8; 32] {
        let mut hash = sha2::Sha256::new();
        for field in [self.name, self.filter] {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        hash.finalize().into()
    }
}
