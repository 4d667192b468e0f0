//! How many connections each address holds.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts the open connections of each address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub(super) struct Counted {
    connections: Connections,
    address: IpAddr,
}

impl Connections {
    /// Counts one more of this address; `None` where it has `most` already.
    pub(super) fn count(&self, address: IpAddr, most: usize) -> Option<Counted> {
        let mut open = self.lock();
        let count = open.get(&address).copied().unwrap_or(0);
        if count >= most {
            return None;
        }
        open.insert(address, count + 1);
        Some(Counted { connections: self.clone(), address })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.connections.lock().entry(self.address) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::Connections;

    #[test]
    fn an_address_has_no_more_than_its_share_and_gets_it_back() {
        let connections = Connections::default();
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        let first = connections.count(one, 2);
        let second = connections.count(one, 2);
        assert!(first.is_some() && second.is_some());
        assert!(connections.count(one, 2).is_none());
        assert!(connections.count(other, 2).is_some());
        drop(first);
        assert!(connections.count(one, 2).is_some());
        drop(second);
        assert!(connections.lock().is_empty(), "an address without connections takes no memory");
    }
}
