//! What a client knows of a folder that it changes as a whole, with all that is in it.

use std::collections::BTreeMap;

/// What is in a folder: the paths below it, each with the hash of a file; none of a folder.
pub(super) type Content = BTreeMap<String, Option<String>>;

/// Where a folder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a folder, by its id, under this name.
    Living { parent: String, name: String },
    /// In the trash, under this name.
    Trash { name: String },
    /// Nowhere.
    Gone,
}

/// Where a folder is, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) place: Place,
    pub(super) content: Content,
}

impl State {
    /// A folder that is gone, and all that was in it.
    pub(super) const GONE: Self = Self { place: Place::Gone, content: Content::new() };

    /// The same folder elsewhere.
    pub(super) fn at(&self, place: Place) -> Self {
        Self { place, content: self.content.clone() }
    }

    /// The same folder in the trash.
    pub(super) fn trashed(&self) -> Self {
        match &self.place {
            Place::Living { name, .. } | Place::Trash { name } => {
                self.at(Place::Trash { name: name.clone() })
            }
            Place::Gone => Self::GONE,
        }
    }
}

/// What may be found of a folder.
#[derive(Debug, Clone)]
pub(super) struct Subtree {
    /// One, or two where the answer to a change was cut off: the one before it first.
    pub(super) states: Vec<State>,
    /// Whether an operation may be going on, so that it is in between until that ends.
    pub(super) goes_on: bool,
    /// Whether it has more entries than one unit of work changes, or is to have.
    pub(super) is_large: bool,
}

impl Subtree {
    pub(super) fn new(state: State, is_large: bool) -> Self {
        Self { states: vec![state], goes_on: false, is_large }
    }

    /// What it is, if that is known.
    pub(super) fn known(&self) -> Option<&State> {
        match self.states.as_slice() {
            [state] if !self.goes_on => Some(state),
            _ => None,
        }
    }

    /// Whether it surely lives.
    pub(super) fn lives(&self) -> bool {
        self.known().is_some_and(|state| matches!(state.place, Place::Living { .. }))
    }

    /// A change was sent, and perhaps made.
    pub(super) fn may_become(&mut self, after: State) {
        self.states.push(after);
    }

    /// The change was acknowledged.
    pub(super) fn has_become(&mut self) {
        self.states.drain(..self.states.len() - 1);
    }

    /// The trash was emptied.
    pub(super) fn leave_the_trash(&mut self) {
        for state in &mut self.states {
            if matches!(state.place, Place::Trash { .. }) {
                *state = State::GONE;
            }
        }
    }

    /// Compares with what was found, and from then on expects that: whether it is as it was before the last change (0) or after it (1). `None`
    /// while an operation goes on. Fails on anything else: a change is made wholly or not at all.
    pub(super) fn compare(&mut self, id: &str, found: &State) -> Option<usize> {
        let last = self.states.len() - 1;
        let Some(place) = self.states.iter().rposition(|state| state == found) else {
            assert!(self.goes_on, "folder {id} is {found:#?} where only {:#?} can be", self.states);
            return None;
        };
        self.states = vec![self.states.swap_remove(place)];
        self.goes_on = false;
        Some(usize::from(last > 0 && place == last))
    }
}

/// A folder that a client asked for whose id it does not know.
#[derive(Debug, Clone)]
pub(super) struct Coming {
    pub(super) parent: String,
    pub(super) name: String,
    pub(super) content: Content,
    pub(super) is_large: bool,
    /// Whether it was acknowledged, and an operation goes on with it.
    pub(super) is_sure: bool,
}

#[cfg(test)]
mod tests;
