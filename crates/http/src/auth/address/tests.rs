#![expect(clippy::unwrap_used, reason = "a test may")]

use std::net::IpAddr;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use fm_fuzzing::changed_lines;
use proptest::prelude::*;

use super::{TrustedProxies, address, for_of_element};

/// The client as the program sees it behind the proxies 10.0.0.0/8 and fd00::/8.
fn client(peer: &str, headers: &[(&str, &str)]) -> String {
    let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let peer: IpAddr = peer.parse().unwrap();
    proxies.client_of(peer.to_canonical(), &map).to_string()
}

#[test]
fn the_word_of_a_stranger_is_not_taken() {
    assert_eq!(client("192.0.2.1", &[("x-forwarded-for", "198.51.100.7")]), "192.0.2.1");
    assert_eq!(client("192.0.2.1", &[("forwarded", "for=198.51.100.7")]), "192.0.2.1");
    assert_eq!(client("192.0.2.1", &[("x-real-ip", "198.51.100.7")]), "192.0.2.1");
}

#[test]
fn the_nearest_address_that_is_no_proxy_is_the_client() {
    for list in [
        "198.51.100.7",
        "203.0.113.9, 198.51.100.7",
        "spoofed, 198.51.100.7",
        "10.9.9.9, 198.51.100.7, 10.0.0.2",
    ] {
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", list)]), "198.51.100.7", "{list}");
    }
    let lines = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.7, 10.0.0.2")];
    assert_eq!(client("::ffff:10.0.0.1", &lines), "198.51.100.7");
    assert_eq!(client("fd00::1", &[("x-forwarded-for", "2001:db8::7")]), "2001:db8::7");
}

#[test]
fn addresses_come_with_ports_and_in_brackets() {
    for text in ["198.51.100.7", "198.51.100.7:4711", "::ffff:198.51.100.7", "[::ffff:198.51.100.7]:1"] {
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", text)]), "198.51.100.7", "{text}");
    }
    for element in [
        "for=198.51.100.7",
        "For=\"198.51.100.7:4711\"",
        "proto=https;for=198.51.100.7;by=10.0.0.1",
        "for=203.0.113.9, for=198.51.100.7;proto=http",
        "for=\"[::ffff:198.51.100.7]:80\"",
    ] {
        assert_eq!(client("10.0.0.1", &[("forwarded", element)]), "198.51.100.7", "{element}");
    }
}

#[test]
fn what_can_not_be_read_ends_the_way_at_the_hop_before() {
    assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    for list in ["", "unknown", "198.51.100.7, nonsense", "198.51.100.7, 10.0.0.2.3"] {
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", list)]), "10.0.0.1", "{list:?}");
    }
    assert_eq!(client("10.0.0.1", &[("x-forwarded-for", "unknown, 10.0.0.2")]), "10.0.0.2");
    assert_eq!(client("10.0.0.1", &[("forwarded", "for=_hidden")]), "10.0.0.1");
    assert_eq!(client("10.0.0.1", &[("forwarded", "proto=https")]), "10.0.0.1");
}

/// A proxy that writes one of them passes the other on as its client sent it.
#[test]
fn a_field_that_contradicts_the_other_is_not_believed() {
    let both = |one: &str, other: &str| client("10.0.0.1", &[("x-forwarded-for", one), ("forwarded", other)]);
    assert_eq!(both("198.51.100.7", "for=198.51.100.7"), "198.51.100.7");
    assert_eq!(both("198.51.100.7", "for=203.0.113.9"), "10.0.0.1");
    assert_eq!(both("203.0.113.9", "for=198.51.100.7"), "10.0.0.1");
}

const HOPS: &str = include_str!("../../../corpus/hops.txt");

proptest! {
    #[test]
    fn changed_fields_name_the_peer_or_an_address_that_they_hold(one in changed_lines(HOPS), other in changed_lines(HOPS)) {
        let mut map = HeaderMap::new();
        for (name, value) in [("x-forwarded-for", &one), ("forwarded", &other)] {
            let Ok(value) = HeaderValue::from_bytes(value) else { return Ok(()) };
            map.append(name.parse::<HeaderName>().unwrap(), value);
        }
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let [stranger, proxy]: [IpAddr; 2] = [[192, 0, 2, 1], [10, 0, 0, 1]].map(IpAddr::from);
        prop_assert_eq!(proxies.client_of(stranger, &map), stranger);
        let client = proxies.client_of(proxy, &map);
        let elements = [one, other].map(|field| String::from_utf8_lossy(&field).into_owned()).join(",");
        let holds = |text: &str| address(text.trim()) == Some(client) || for_of_element(text.trim()) == Some(client);
        prop_assert!(client == proxy || elements.split(',').any(holds), "{} of {}", client, elements);
    }
}
