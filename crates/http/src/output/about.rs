//! What some answers tell of an item beside what all of them do.

use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::Ancestor;

use super::json::Json;

/// What an answer tells of an item beside what all of them do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct About {
    /// The path of the item.
    pub(crate) path: Option<String>,
    /// The folders above it, from the root down.
    pub(crate) ancestors: Option<Vec<Ancestor>>,
    /// The name that the item was to have, where that was taken.
    pub(crate) requested_name: Option<FileName>,
    /// The folder that an upload asked for.
    pub(crate) moved_from: Option<NodeId>,
}

impl About {
    /// Nothing more.
    pub(crate) const NOTHING: Self =
        Self { path: None, ancestors: None, requested_name: None, moved_from: None };
}

/// The caller's role on every item that is told: what they do not own they are not told of.
pub(super) const ROLE: &str = "owner";

impl Json<'_> {
    /// What an item is to the caller. Nothing is shared, and there are no favorites.
    pub(super) fn relation(&mut self) {
        self.raw(",\"role\":");
        self.plain(ROLE);
        self.raw(",\"shared\":false,\"favorite\":false");
    }

    /// The fields that come last.
    pub(super) fn about(&mut self, about: &About) -> serde_json::Result<()> {
        if let Some(path) = &about.path {
            self.raw(",\"path\":");
            self.value(path)?;
        }
        if let Some(ancestors) = &about.ancestors {
            self.raw(",\"ancestors\":[");
            for (index, ancestor) in ancestors.iter().enumerate() {
                self.raw(if index > 0 { ",{\"id\":" } else { "{\"id\":" });
                self.id(ancestor.id.uuid());
                self.raw(",\"name\":");
                self.value(ancestor.name.as_ref().map_or("", FileName::as_str))?;
                self.raw("}");
            }
            self.raw("]");
        }
        if let Some(name) = &about.requested_name {
            self.raw(",\"requested_name\":");
            self.value(name.as_str())?;
        }
        if let Some(folder) = about.moved_from {
            self.raw(",\"moved_from_parent_id\":");
            self.id(folder.uuid());
        }
        Ok(())
    }
}
