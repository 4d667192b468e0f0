//! Puts the file of an upload into its folder: inside the last unit of every upload, which has entered the drive.

use super::context::{Context, parent_in};
use super::create_folders::PathMaker;
use super::error::TreeError;
use super::new_content::NewContent;
use super::place;
use super::take_over::{drop_blobs, keep_version, with_time};
use fm_domain::access::{Access, Right};
use fm_domain::database::UnitOfWork;
use fm_domain::events::Change;
use fm_domain::files::{File, FileName, IfMatch};
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Ancestor, Delta, Entered, Item, ItemKind, MAX_PATH_BYTES, OnConflict, PlaceItem, Placing, Precondition,
    TreePath,
};

/// A file at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The file: a new one, or one that has its content now.
    pub(crate) file: File,
    /// The name that was asked for, where it was taken.
    pub(crate) requested_name: Option<FileName>,
    /// The folder that was asked for, where it is gone: the file is in the root.
    pub(crate) moved_from: Option<NodeId>,
    /// Whether it was there before, with another content.
    pub(crate) replaced: bool,
    /// The way down from the root to its folder, where the unit has met it.
    way: Option<Vec<Ancestor>>,
}

impl Placed {
    /// The path of the file, where that is known without a further question and not too long to be told.
    pub(crate) fn path(&self) -> Option<String> {
        let path = TreePath::below(self.way.as_ref()?, Some(&self.file.name));
        Some(path).filter(|path| path.len() <= MAX_PATH_BYTES)
    }
}

/// The path of a file that lies in the root, which is known without a question; none of others.
pub(crate) fn path_in_root(file: &File) -> Option<String> {
    (file.parent == NodeId::root(file.drive())).then(|| TreePath::below(&[], Some(&file.name)))
}

/// Places a new file whose blob is stored, and that the drive was charged with on entry.
pub(crate) async fn place_upload(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    entered: Entered,
    file: &File,
    placing: &Placing,
) -> Result<Placed, TreeError> {
    context.check_name(&file.name)?;
    let access = Access::on_behalf_of(file.owner, Right::Write);
    let target = folder_for(context, unit, &access, entered, file, placing).await?;
    let Target { folder, way, moved_from } = target;
    let modified_at = placing.modified_at.unwrap_or(file.modified_at);
    let file = File { parent: folder, modified_at, ..file.clone() };
    // `If-Match` asks for a file that is there (RFC 9110, section 13.1.1).
    let if_match = placing.replaces_only();
    if if_match.is_some() && moved_from.is_some() {
        return Err(TreeError::PreconditionFailed);
    }
    // What went elsewhere replaces nothing there.
    let on_conflict = if moved_from.is_some() { OnConflict::Rename } else { placing.on_conflict };
    place::check_room_for(unit, &entered, folder, &file.name, on_conflict).await?;
    // What may only become the content of another file is told once that is known. Anything else is told before it is added, whatever name it
    // gets: PostgreSQL sends the entry of the trail with the row.
    let replaces = on_conflict == OnConflict::Replace;
    let created = Change::FileCreated { file: &file };
    if !replaces {
        context.events.record(unit, file.created_at, created).await?;
    }
    // Of a name that many have got numbers just now: its next number, without a look at it.
    if on_conflict == OnConflict::Rename
        && let Some(numbered) = place::insert_behind_last(unit, &file, &context.last_numbers).await?
    {
        context.check_items(entered.nodes)?;
        let requested_name = Some(file.name);
        return Ok(Placed { file: numbered, requested_name, moved_from, replaced: false, way });
    }
    let (existing, kind) = match unit.nodes().insert(&Item::File(file.clone())).await {
        Ok(()) if if_match.is_some() => return Err(TreeError::PreconditionFailed),
        Ok(()) => {
            context.check_items(entered.nodes)?;
            if replaces {
                context.events.record(unit, file.created_at, created).await?;
            }
            return Ok(Placed { file, requested_name: None, moved_from, replaced: false, way });
        }
        Err(PlaceItem::NameTaken { existing, kind }) => (existing, kind),
        Err(refusal) => return Err(refusal.into()),
    };
    match (on_conflict, kind) {
        (OnConflict::Rename, _) => {
            context.check_items(entered.nodes)?;
            let numbered = place::insert_numbered(unit, &file, &context.last_numbers).await?;
            let requested_name = Some(file.name);
            Ok(Placed { file: numbered, requested_name, moved_from, replaced: false, way })
        }
        (OnConflict::Replace, ItemKind::File) => {
            let new = NewContent::of(&file);
            let found = unit.files().find_for_update(&access, existing.as_file()).await?;
            let before = found.filter(|before| IfMatch::allows(if_match, before.revision));
            let before = before.ok_or(TreeError::PreconditionFailed)?;
            let charged = Delta::new_file(file.size);
            let file = replace(context, unit, &before, &new, &charged).await?;
            Ok(Placed { file, requested_name: None, moved_from, replaced: true, way })
        }
        (OnConflict::Fail, _) if placing.precondition == Some(Precondition::Free) => {
            Err(TreeError::PreconditionFailed)
        }
        (OnConflict::Fail, _) | (OnConflict::Replace, ItemKind::Folder) => {
            Err(TreeError::NameTaken { existing, kind })
        }
    }
}

/// Where a file goes.
struct Target {
    folder: NodeId,
    /// The way down to it from the root, where it takes no further question.
    way: Option<Vec<Ancestor>>,
    /// The folder that was asked for, where that is gone.
    moved_from: Option<NodeId>,
}

/// The folder for the file.
async fn folder_for(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    entered: Entered,
    file: &File,
    placing: &Placing,
) -> Result<Target, TreeError> {
    let root = NodeId::root(access.drive());
    let start = placing.parent.unwrap_or(root);
    let mut way = vec![Ancestor { id: root, name: None }];
    let mut is_known = true;
    // A root is always there.
    if start != root {
        match parent_in(unit, access, start).await {
            Ok(folder) => {
                // Of one that lies deeper the folders between would have to be asked for.
                is_known = folder.parent == Some(root);
                way.push(Ancestor { id: folder.id, name: folder.name });
            }
            Err(TreeError::NoParent) if placing.strict_parent => return Err(TreeError::ParentTrashed),
            Err(TreeError::NoParent) => {
                return Ok(Target { folder: root, way: Some(way), moved_from: Some(start) });
            }
            Err(refusal) => return Err(refusal),
        }
    }
    if placing.path.is_empty() {
        return Ok(Target { folder: start, way: is_known.then_some(way), moved_from: None });
    }
    let mut maker = PathMaker::new(context, entered, file.created_at);
    let folder = maker.make(unit, access, start, &placing.path).await?;
    if maker.made() > 0 {
        unit.drives().charge(access.drive(), &Delta::new_folders(maker.made()), None).await?;
    }
    Ok(Target { folder, way: Some(maker.way()), moved_from: None })
}

/// Gives a new content to a file that is there, whose old content becomes a version. Where both have the same bytes only the time
/// changes. `charged` is what the drive was charged with on entry.
pub(crate) async fn replace(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    before: &File,
    new: &NewContent,
    charged: &Delta,
) -> Result<File, TreeError> {
    let now = new.at;
    let undone = charged.reversed();
    if new.sha256.is_some() && new.sha256 == before.sha256 {
        let after = with_time(before, new.modified_at);
        unit.files().update(&after, before.revision).await?;
        unit.drives().charge(before.drive(), &undone, None).await?;
        drop_blobs(&context.events, unit, &[new.blob], now).await?;
        return Ok(after);
    }
    let after = new.in_place_of(before, now);
    unit.files().update(&after, before.revision).await?;
    let kept = keep_version(context, unit, before, now).await?;
    let size = i64::try_from(new.size.bytes()).unwrap_or(i64::MAX);
    let used = undone.used.saturating_add(size).saturating_sub(kept.freed);
    let delta = Delta { used, versions: kept.versions, ..undone };
    unit.drives().charge(before.drive(), &delta, context.quota).await?;
    context.events.record(unit, now, Change::ContentReplaced { file: &after }).await?;
    drop_blobs(&context.events, unit, &kept.dropped, now).await?;
    Ok(after)
}

#[cfg(test)]
mod tests;
