//! What is stored, as trees that share what they have in common: a copy costs nothing, a change its path alone.

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

use super::audit::Trail;
use super::blobs::Blobs;
use super::jobs::Jobs;
use super::keys::Keys;
use super::nodes::Nodes;
use super::operations::Operations;
use super::uploads::Uploads;
use super::users::Users;

/// A persistent map.
pub(super) type Map<K, V> = RedBlackTreeMapSync<K, V>;

/// A persistent set.
pub(super) type Set<T> = RedBlackTreeSetSync<T>;

/// All tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) users: Users,
    pub(crate) nodes: Nodes,
    pub(crate) operations: Operations,
    pub(crate) blobs: Blobs,
    pub(crate) keys: Keys,
    pub(crate) uploads: Uploads,
    pub(crate) jobs: Jobs,
    pub(crate) trail: Trail,
}
