//! Users of a server with rights of their own.

use super::{RedisCluster, RedisServer};

/// The rights that `file-manager doctor` says the account of the program needs.
pub const REDIS_RIGHTS: &str = "~fm:* &fm:* +@all -@dangerous +info";

impl RedisServer {
    /// Adds a user with the password `secret`, who has these rights alone.
    pub fn add_user(&self, name: &str, rights: &str) {
        let command = format!("ACL SETUSER {name} reset on >secret {rights}");
        assert!(self.hears(&command, "+OK"), "{command}");
    }

    /// Its URL, with this user and password.
    pub fn url_of(&self, user: &str, password: &str) -> String {
        format!("redis+unix://{}?user={user}&pass={password}", self.folder.path().join("socket").display())
    }
}

impl RedisCluster {
    /// Adds a user with the password `secret` and these rights to every node.
    pub fn add_user(&self, name: &str, rights: &str) {
        for node in &self.nodes {
            node.add_user(name, rights);
        }
    }

    /// Its URL, with this user and password. It names two nodes, which know the others.
    pub fn url_of(&self, user: &str, password: &str) -> String {
        format!("redis+cluster://{user}:{password}@127.0.0.1:{},127.0.0.1:{}", self.ports[1], self.ports[2])
    }
}
