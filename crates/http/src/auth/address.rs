//! The address that a request comes from, also where proxies pass it on.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::client_address::ClientAddress;
use crate::notes::{note, noted};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word on the address of a client is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts every address in these networks.
    #[must_use]
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether no proxy is trusted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this address is one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client of a request that came from `peer`: the address nearest to us that is no trusted proxy. Everything
    /// before it is the client's own word. `X-Forwarded-For` and `Forwarded` (RFC 7239) are read alike; where they name
    /// different clients one of them was made up, and the peer is taken.
    fn client_of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.contain(peer) {
            return peer;
        }
        let by_list = self.nearest(peer, list(headers, &X_FORWARDED_FOR).map(address));
        let by_elements = self.nearest(peer, list(headers, &header::FORWARDED).map(for_of_element));
        match (by_list, by_elements) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(client), _) | (None, Some(client)) => client,
            (None, None) => peer,
        }
    }

    /// Goes from the nearest hop to the farthest, up to the first that is not trusted or can't be read. `None` without
    /// a hop.
    fn nearest(&self, peer: IpAddr, hops: impl Iterator<Item = Option<IpAddr>>) -> Option<IpAddr> {
        let hops: Vec<_> = hops.collect();
        let (mut nearest, mut seen) = (peer, false);
        for hop in hops.into_iter().rev() {
            seen = true;
            let Some(hop) = hop else { break };
            nearest = hop;
            if !self.contain(hop) {
                break;
            }
        }
        seen.then_some(nearest)
    }
}

/// The elements of a field that may come several times, as one list.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
    headers.get_all(name).flat_map(|line| line.to_str().unwrap_or("?").split(',')).map(str::trim)
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

/// The address behind `for=` (RFC 7239, section 6). Names that hide it are none.
fn for_of_element(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    address(node.trim_matches('"'))
}

/// Finds the address of the client out, for all that ask for it later; `None` where the peer is gone already.
pub(crate) fn find_client_address(
    request: &ServiceRequest,
    proxies: &TrustedProxies,
) -> Option<ClientAddress> {
    let peer = request.peer_addr()?;
    let client = ClientAddress::new(proxies.client_of(peer.ip().to_canonical(), request.headers()));
    note(request, |notes| notes.client = Some(client));
    Some(client)
}

/// The address of the client, once it was found out.
pub(crate) fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    noted(request, |notes| notes.client.map(|client| client.ip()))
}

#[cfg(test)]
mod tests;
