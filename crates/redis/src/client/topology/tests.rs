#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use super::*;

fn address(host: &str, port: u16) -> Address {
    Address::new(host.to_owned(), port)
}

fn text(text: &str) -> Value {
    Value::BulkString(text.as_bytes().to_vec())
}

fn range(first: i64, last: i64, nodes: Vec<Value>) -> Value {
    Value::Array([vec![Value::Int(first), Value::Int(last)], nodes].concat())
}

fn node_of(host: Value, port: i64) -> Value {
    Value::Array(vec![
        host,
        Value::Int(port),
        text("07c37dfeb235213a872192d90877d0cd55635b91"),
        Value::Array(vec![]),
    ])
}

#[test]
fn slots_are_those_of_the_specification() {
    // The specification's own sample, and what `CLUSTER KEYSLOT` of a server says.
    for (key, expected) in [
        ("123456789", 0x31C3),
        ("", 0),
        ("foo", 12_182),
        ("{user1000}.following", 3443),
        ("{user1000}.followers", 3443),
        ("foo{}{bar}", 8363),
        ("foo{{bar}}zap", 4015),
        ("foo{bar}{zap}", 5061),
        ("{unclosed", 470),
    ] {
        assert_eq!(slot(key.as_bytes()), expected, "{key}");
    }
}

#[test]
fn primaries_come_before_replicas_and_a_node_without_a_name_is_the_one_that_answered() {
    let answer = Value::Array(vec![
        range(0, 8000, vec![node_of(text("one"), 1), node_of(text("three"), 3)]),
        range(8001, 16_000, vec![node_of(Value::Nil, 2), node_of(text(""), 4)]),
        range(16_001, 16_001, vec![node_of(text("one"), 1)]),
    ]);
    let topology = Topology::read(answer, &address("asked", 7)).unwrap();
    assert_eq!(
        topology.nodes(),
        [address("one", 1), address("asked", 2), address("three", 3), address("asked", 4)]
    );
    for (slot, expected) in [
        (0, Some(address("one", 1))),
        (8000, Some(address("one", 1))),
        (8001, Some(address("asked", 2))),
        (16_001, Some(address("one", 1))),
        (16_002, None),
    ] {
        assert_eq!(topology.primary(slot), expected.as_ref(), "{slot}");
    }
}

#[test]
fn what_is_no_list_of_slots_is_none() {
    let asked = address("asked", 7);
    for answer in [
        Value::Nil,
        Value::Array(vec![]),
        text("OK"),
        Value::Array(vec![range(0, 16_384, vec![node_of(text("one"), 1)])]),
        Value::Array(vec![range(0, 1, vec![])]),
        Value::Array(vec![range(0, 1, vec![node_of(text("one"), 70_000)])]),
    ] {
        assert_eq!(Topology::read(answer.clone(), &asked), None, "{answer:?}");
    }
}

#[test]
fn redirections_name_nodes() {
    let asked = address("asked", 7);
    for (text, expected) in [
        ("127.0.0.1:6381", Some(address("127.0.0.1", 6381))),
        ("::1:6381", Some(address("::1", 6381))),
        (":6381", Some(address("asked", 6381))),
        ("host", None),
        ("host:x", None),
    ] {
        assert_eq!(Address::parse(text, &asked), expected, "{text}");
    }
    assert_eq!(address("::1", 1).to_string(), "[::1]:1");
    assert_eq!(address("host", 1).to_string(), "host:1");
}
