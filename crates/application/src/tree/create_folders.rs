//! Folders by their paths: every one on the way that is missing is made.

use std::collections::{HashMap, HashSet};

use super::context::{Context, parent_in};
use super::error::TreeError;
use crate::engine::retry::{retry_conflicts, roll_back};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::events::Change;
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Ancestor, Delta, Entered, Folder, Item, MAX_BATCH, TreePath, check_room, levels_below,
};

/// The most folders that one request makes: of as many paths as it may have each can have one above it that is missing too.
const MOST_MADE: usize = 2 * MAX_BATCH;

/// The most folders that one request looks for.
const MOST_LOOKED_FOR: usize = 10 * MAX_BATCH;

/// The folders to make.
#[derive(Debug, Clone)]
pub struct CreateFoldersCommand {
    /// The folder below which they lie; none: the caller's root.
    pub parent: Option<NodeId>,
    /// Their paths, at most [`MAX_BATCH`](fm_domain::tree::MAX_BATCH): the caller sees to it.
    pub paths: Vec<TreePath>,
}

/// Folders that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadePaths {
    /// The folder at the end of each path, in their order.
    pub ends: Vec<NodeId>,
    /// How many folders were made.
    pub made: usize,
}

/// Makes folders by their paths, all or none.
pub struct CreateFolders {
    context: Context,
}

impl CreateFolders {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { context: Context::new(ports, settings) }
    }

    /// The folders at the ends of the paths. A file in the way refuses all of them. At most 2,000 are made, and 10,000 looked for, since
    /// all of it is one unit of work.
    pub async fn run(&self, actor: &Actor, command: CreateFoldersCommand) -> Result<MadePaths, TreeError> {
        let access = actor.access(Right::Write)?;
        let context = self.context.by(actor);
        retry_conflicts(|| create(&context, &access, &command)).await
    }
}

async fn create(
    context: &Context,
    access: &Access,
    command: &CreateFoldersCommand,
) -> Result<MadePaths, TreeError> {
    let (mut unit, entered) = context.enter(access.drive(), &Delta::default()).await?;
    match create_in(context, unit.as_mut(), access, entered, command).await {
        // Nothing was changed: the number of the change is not used.
        Ok(made) if made.made == 0 => {
            unit.rollback().await?;
            Ok(made)
        }
        Ok(made) => {
            // What is made twice is found the second time: a lost answer needs no reading back, the client may ask again.
            unit.commit().await?;
            Ok(made)
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

async fn create_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    entered: Entered,
    command: &CreateFoldersCommand,
) -> Result<MadePaths, TreeError> {
    let start = command.parent.unwrap_or(NodeId::root(access.drive()));
    parent_in(unit, access, start).await?;
    let mut maker = PathMaker::new(context, entered, context.clock.now());
    let mut ends = Vec::with_capacity(command.paths.len());
    for path in &command.paths {
        ends.push(maker.make(unit, access, start, path).await?);
    }
    let made = maker.made();
    if made > 0 {
        unit.drives().charge(access.drive(), &Delta::new_folders(made), None).await?;
    }
    Ok(MadePaths { ends, made })
}

/// Makes the folders of paths in one unit of work, and remembers those that it has met: of many paths it asks for each folder once, and for
/// nothing in those that it made.
pub(crate) struct PathMaker<'a> {
    context: &'a Context,
    entered: Entered,
    now: Timestamp,
    known: HashMap<(NodeId, String), Ancestor>,
    made: HashSet<NodeId>,
    /// Where the last path that has a name began, how many levels of folders fit in there, and the way down to it.
    start: Option<(NodeId, u32, Vec<Ancestor>)>,
    /// The folders of the last path.
    below: Vec<Ancestor>,
    /// Whether the names are ones that items had before.
    is_stored: bool,
}

impl<'a> PathMaker<'a> {
    pub(crate) fn new(context: &'a Context, entered: Entered, now: Timestamp) -> Self {
        let (known, made) = (HashMap::new(), HashSet::new());
        Self { context, entered, now, known, made, start: None, below: Vec::new(), is_stored: false }
    }

    /// The same for names that items had before: they are not judged once more.
    pub(crate) fn of_stored(self) -> Self {
        Self { is_stored: true, ..self }
    }

    /// How many folders were made: the counters of the drive are still to be charged with them.
    pub(crate) fn made(&self) -> usize {
        self.made.len()
    }

    /// The way down from the root to the end of the last path, which has a name.
    pub(crate) fn way(&self) -> Vec<Ancestor> {
        let above = self.start.iter().flat_map(|(_, _, above)| above);
        above.chain(&self.below).cloned().collect()
    }

    /// The folder at the end of the path.
    pub(crate) async fn make(
        &mut self,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        start: NodeId,
        path: &TreePath,
    ) -> Result<NodeId, TreeError> {
        let levels = u32::try_from(path.names().len()).unwrap_or(u32::MAX);
        if levels > 0 && levels > self.levels_below(unit, start).await? {
            return Err(TreeError::TooDeep);
        }
        self.below.clear();
        let mut here = start;
        for (name, key) in path.names().iter().zip(path.keys()) {
            if let Some(known) = self.known.get(&(here, key.clone())) {
                here = known.id;
                self.below.push(known.clone());
                continue;
            }
            if self.known.len() >= MOST_LOOKED_FOR {
                return Err(TreeError::TooLarge);
            }
            let found = if self.made.contains(&here) { None } else { unit.nodes().entry(here, &key).await? };
            let next = match found {
                Some(Item::Folder(folder)) => Ancestor { id: folder.id, name: folder.name },
                Some(file @ Item::File(_)) => {
                    return Err(TreeError::NameTaken { existing: file.id(), kind: file.kind() });
                }
                None => {
                    let id = self.add(unit, access, here, name).await?;
                    Ancestor { id, name: Some(name.clone()) }
                }
            };
            let above = std::mem::replace(&mut here, next.id);
            self.below.push(next.clone());
            self.known.insert((above, key), next);
        }
        Ok(here)
    }

    async fn levels_below(&mut self, unit: &mut dyn UnitOfWork, start: NodeId) -> Result<u32, TreeError> {
        match &self.start {
            Some((known, levels, _)) if *known == start => Ok(*levels),
            _ => {
                let (levels, above) = levels_below(unit.nodes(), start).await?;
                self.start = Some((start, levels, above));
                Ok(levels)
            }
        }
    }

    /// Makes a folder that is missing.
    async fn add(
        &mut self,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        parent: NodeId,
        name: &FileName,
    ) -> Result<NodeId, TreeError> {
        if !self.is_stored {
            self.context.check_name(name)?;
        }
        if self.made.len() >= MOST_MADE {
            return Err(TreeError::TooLarge);
        }
        check_room(unit.nodes(), &self.entered, parent, 1).await?;
        self.context.check_items(self.entered.nodes.saturating_add(1))?;
        let id = NodeId::new(self.context.ids.uuid());
        let folder = Folder::new(id, access.drive(), parent, name.clone(), self.now);
        unit.nodes().insert(&folder.clone().into()).await?;
        self.context.events.record(unit, self.now, Change::FolderCreated { folder: &folder }).await?;
        self.made.insert(id);
        self.entered.nodes += 1;
        Ok(id)
    }
}

#[cfg(test)]
mod tests;
