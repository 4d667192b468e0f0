//! What a client wants to be told of items beside what all answers tell: `include`.

use fm_application::files::FileView;
use fm_application::tree::ItemView;
use fm_domain::access::Actor;
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{Ancestor, MAX_PATH_BYTES, TreePath};

use crate::input::{Query, bad};
use crate::output::About;
use crate::problem::Problem;
use crate::state::AppState;

/// What to tell of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Include {
    path: bool,
    ancestors: bool,
}

impl Include {
    /// All of it: what a route tells that has changed it.
    pub(super) const ALL: Self = Self { path: true, ancestors: true };

    /// Reads the words of `include`.
    pub(super) fn of(query: &Query<'_>) -> Result<Self, Problem> {
        let mut include = Self::default();
        let Some(text) = query.text("include")? else { return Ok(include) };
        for word in text.split(',') {
            match word.trim() {
                "path" => include.path = true,
                "ancestors" => include.ancestors = true,
                _ => {
                    return Err(bad("include", "must be path, ancestors, or both with a comma between them"));
                }
            }
        }
        Ok(include)
    }

    /// What is asked for of an item.
    pub(super) async fn about(
        self,
        state: &AppState,
        actor: &Actor,
        view: &ItemView,
    ) -> Result<About, Problem> {
        let (id, name) = place_of(view);
        self.about_place(state, actor, id, name).await
    }

    /// What is asked for of an item with this id and name, which only a root lacks.
    pub(super) async fn about_place(
        self,
        state: &AppState,
        actor: &Actor,
        id: NodeId,
        name: Option<&FileName>,
    ) -> Result<About, Problem> {
        if self == Self::default() {
            return Ok(About::NOTHING);
        }
        Ok(self.told(&above(state, actor, id).await?, name))
    }

    /// What is asked for of each of these entries of a folder. The same folders are above all of them, so that these are asked for once.
    pub(super) async fn about_entries(
        self,
        state: &AppState,
        actor: &Actor,
        folder: NodeId,
        views: &[ItemView],
    ) -> Result<Vec<About>, Problem> {
        let Some(first) = views.first().filter(|_| self != Self::default()) else { return Ok(Vec::new()) };
        let (id, _) = place_of(first);
        let above = above(state, actor, id).await?;
        if above.last().is_none_or(|parent| parent.id != folder) {
            // It went elsewhere meanwhile, and others may have too.
            return self.about_places(state, actor, views.iter().map(place_of)).await;
        }
        Ok(views.iter().map(|view| self.told(&above, place_of(view).1)).collect())
    }

    /// What is asked for of each of these files.
    pub(super) async fn about_files(
        self,
        state: &AppState,
        actor: &Actor,
        views: &[FileView],
    ) -> Result<Vec<About>, Problem> {
        let places = views.iter().map(|view| (NodeId::from(view.file.id), Some(&view.file.name)));
        self.about_places(state, actor, places).await
    }

    /// One question for all of them, and none where nothing is asked for.
    async fn about_places<'v>(
        self,
        state: &AppState,
        actor: &Actor,
        places: impl Iterator<Item = (NodeId, Option<&'v FileName>)>,
    ) -> Result<Vec<About>, Problem> {
        if self == Self::default() {
            return Ok(Vec::new());
        }
        let (ids, names): (Vec<NodeId>, Vec<Option<&FileName>>) = places.unzip();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ancestors = state.use_cases.tree.show.ancestors(actor, &ids).await?;
        Ok(ancestors.into_iter().zip(names).map(|(ancestors, name)| self.told(&ancestors, name)).collect())
    }

    fn told(self, ancestors: &[Ancestor], name: Option<&FileName>) -> About {
        // Above a root there is nothing, and above what went away meanwhile.
        if ancestors.is_empty() && name.is_some() {
            return About::NOTHING;
        }
        let path = TreePath::below(ancestors, name);
        // Names have up to 255 characters, and folders 64 levels: a page of such paths would be many megabytes.
        if path.len() > MAX_PATH_BYTES {
            return About::NOTHING;
        }
        let ancestors = self.ancestors.then(|| ancestors.to_vec());
        About { path: Some(path).filter(|_| self.path), ancestors, ..About::NOTHING }
    }
}

/// The folders above an item.
async fn above(state: &AppState, actor: &Actor, id: NodeId) -> Result<Vec<Ancestor>, Problem> {
    let mut ancestors = state.use_cases.tree.show.ancestors(actor, &[id]).await?;
    Ok(ancestors.pop().unwrap_or_default())
}

fn place_of(view: &ItemView) -> (NodeId, Option<&FileName>) {
    match view {
        ItemView::File(view) => (view.file.id.into(), Some(&view.file.name)),
        ItemView::Folder(view) => (view.folder.id, view.folder.name.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use fm_domain::testing::CountingIds;

    use super::*;

    fn read(query: &str) -> Result<Include, Problem> {
        Include::of(&Query::new(query))
    }

    #[test]
    fn the_words_are_read_in_any_order() {
        assert_eq!(read("include=").unwrap(), Include::default());
        assert_eq!(read("include=path").unwrap(), Include { path: true, ancestors: false });
        assert_eq!(read("include=ancestors,path").unwrap(), Include::ALL);
        assert_eq!(read("include=path,%20ancestors").unwrap(), Include::ALL);
        for bad in ["include=tags", "include=path,", "include=Path"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_root_has_a_path_and_what_went_away_has_none() {
        let name: FileName = "a.txt".parse().unwrap();
        let root = Ancestor { id: NodeId::new(CountingIds::nth(1)), name: None };
        let folder = Ancestor { id: NodeId::new(CountingIds::nth(2)), name: "Work".parse().ok() };
        let told = Include::ALL.told(&[root, folder], Some(&name));
        assert_eq!(told.path.as_deref(), Some("/Work/a.txt"));
        assert_eq!(told.ancestors.unwrap().len(), 2);
        assert_eq!(Include::ALL.told(&[], None).path.as_deref(), Some("/"));
        assert_eq!(Include::ALL.told(&[], Some(&name)), About::NOTHING);
    }

    #[test]
    fn a_path_that_is_too_long_to_be_written_out_is_left_out_with_its_folders() {
        let name: FileName = "a.txt".parse().unwrap();
        let folder =
            |length| Ancestor { id: NodeId::new(CountingIds::nth(2)), name: "d".repeat(length).parse().ok() };
        // A slash before each name: 64 · 256 bytes, and 6 for the file.
        let mut above = vec![folder(255); 64];
        assert_eq!(Include::ALL.told(&above, Some(&name)), About::NOTHING);
        above[0] = folder(249);
        let told = Include::ALL.told(&above, Some(&name));
        assert_eq!(told.path.unwrap().len(), MAX_PATH_BYTES);
        assert_eq!(told.ancestors.unwrap().len(), 64);
    }
}
