//! Which node of a cluster serves which slot.

use std::fmt;

use redis::{FromRedisValue as _, Value};

/// Slots of a cluster (Redis Cluster specification, "Key distribution model").
const SLOTS: u16 = 16_384;

/// A node, as the cluster names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Address {
    host: String,
    port: u16,
}

impl Address {
    pub(super) const fn new(host: String, port: u16) -> Self {
        Self { host, port }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Reads `host:port`, as a redirection names a node. Without a host it is that of the node that answered.
    pub(super) fn parse(text: &str, answered: &Self) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        Some(Self::of(Some(host), port.parse().ok()?, answered))
    }

    fn of(host: Option<&str>, port: u16, answered: &Self) -> Self {
        let host = match host {
            None | Some("" | "?") => &answered.host,
            Some(host) => host,
        };
        Self { host: host.to_owned(), port }
    }
}

/// As it stands in a URL.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// What a node says of its cluster.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Topology {
    ranges: Vec<Range>,
    nodes: Vec<Address>,
}

#[derive(Debug, PartialEq, Eq)]
struct Range {
    first: u16,
    last: u16,
    primary: Address,
}

impl Topology {
    /// Reads the answer of this node to `CLUSTER SLOTS`. `None` where it is none, or no node serves a slot.
    pub(super) fn read(answer: Value, answered: &Address) -> Option<Self> {
        let (mut ranges, mut nodes, mut replicas) = (Vec::new(), Vec::new(), Vec::new());
        for range in Vec::<Vec<Value>>::from_redis_value(answer).ok()? {
            let [first, last, primary, others @ ..] = &range[..] else { return None };
            let slot = |value: &Value| number(value).filter(|slot| *slot < SLOTS);
            let primary = node(primary, answered)?;
            nodes.push(primary.clone());
            replicas.extend(others.iter().filter_map(|replica| node(replica, answered)));
            ranges.push(Range { first: slot(first)?, last: slot(last)?, primary });
        }
        nodes.append(&mut replicas);
        let mut seen = std::collections::HashSet::new();
        nodes.retain(|node| seen.insert(node.clone()));
        (!ranges.is_empty()).then_some(Self { ranges, nodes })
    }

    /// The node that serves this slot.
    pub(super) fn primary(&self, slot: u16) -> Option<&Address> {
        let range = self.ranges.iter().find(|range| (range.first..=range.last).contains(&slot));
        range.map(|range| &range.primary)
    }

    /// All nodes, the primaries first.
    pub(super) fn nodes(&self) -> &[Address] {
        &self.nodes
    }
}

/// A node in an answer: its host, its port, and what is not needed here.
fn node(value: &Value, answered: &Address) -> Option<Address> {
    let parts = Vec::<Value>::from_redis_value_ref(value).ok()?;
    let [host, port, ..] = &parts[..] else { return None };
    let host = Option::<String>::from_redis_value_ref(host).ok()?;
    Some(Address::of(host.as_deref(), number(port)?, answered))
}

/// A number that fits: the library's own reading cuts larger ones off.
fn number(value: &Value) -> Option<u16> {
    u16::try_from(i64::from_redis_value_ref(value).ok()?).ok()
}

/// The slot of a key: CRC16 (XMODEM) of what is in its first braces, or of all of it.
pub(super) fn slot(key: &[u8]) -> u16 {
    let position = |bytes: &[u8], wanted: u8| bytes.iter().position(|byte| *byte == wanted);
    let tag = position(key, b'{').and_then(|open| {
        let rest = &key[open + 1..];
        position(rest, b'}').filter(|length| *length > 0).map(|length| &rest[..length])
    });
    crc16(tag.unwrap_or(key)) % SLOTS
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc: u16, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests;
