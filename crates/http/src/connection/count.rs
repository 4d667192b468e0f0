//! How many connections each client holds, by its address as limits count it: IPv6 by its /64.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fm_domain::limits::Network;

/// Counts the open connections of each client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<HashMap<Network, usize>>>);

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub(super) struct Counted {
    connections: Connections,
    client: Network,
}

impl Connections {
    /// Counts one more of the client at this address; `None` where it has `most` already.
    pub(super) fn count(&self, address: IpAddr, most: usize) -> Option<Counted> {
        let client = Network::of(address);
        let mut open = self.lock();
        let count = open.get(&client).copied().unwrap_or(0);
        if count >= most {
            return None;
        }
        open.insert(client, count + 1);
        Some(Counted { connections: self.clone(), client })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.connections.lock().entry(self.client) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

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

    #[test]
    fn a_client_has_all_addresses_of_its_ipv6_network() {
        let connections = Connections::default();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let _first = connections.count(address("2001:db8::1"), 1).unwrap();
        assert!(connections.count(address("2001:db8::ffff:2"), 1).is_none());
        assert!(connections.count(address("2001:db8:0:1::1"), 1).is_some());
    }
}
