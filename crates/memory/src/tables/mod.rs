//! What is stored, as trees that share what they have in common: a copy costs nothing, a change its path alone.

mod blobs;
mod files;
mod jobs;
mod keys;
mod uploads;
mod users;

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

/// A persistent map.
type Map<K, V> = RedBlackTreeMapSync<K, V>;

/// A persistent set.
type Set<T> = RedBlackTreeSetSync<T>;

/// All tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) users: users::Users,
    pub(crate) files: files::Files,
    pub(crate) blobs: blobs::Blobs,
    pub(crate) keys: keys::Keys,
    pub(crate) uploads: uploads::Uploads,
    pub(crate) jobs: jobs::Jobs,
}
