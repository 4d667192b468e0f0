#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;

#[test]
fn escapes_of_a_corpus_are_bytes_and_comments_are_no_samples() {
    let corpus = "# A comment.\nplain\n\n\\r\\n\\t\\0\\\\\\x41\\xff é\n";
    let expected: [&[u8]; 2] = [b"plain", b"\r\n\t\0\\A\xff \xc3\xa9"];
    assert_eq!(samples(corpus), expected);
}

#[test]
#[should_panic(expected = "an escape can't be read")]
fn an_unknown_escape_is_no_sample() {
    drop(samples("a\\qb"));
}

#[test]
fn samples_come_as_they_are_and_changed_in_many_ways() {
    let mut runner = TestRunner::deterministic();
    let strategy = changed_lines("one sample\nanother");
    let seen: BTreeSet<Vec<u8>> =
        (0..500).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    assert!(seen.contains(&b"one sample"[..]) && seen.contains(&b"another"[..]));
    assert!(seen.len() > 300, "{}", seen.len());
    for (what, is_there) in [
        ("a cut", (1..10).any(|length| seen.contains(&b"one sample"[..length]))),
        ("a long one", seen.iter().any(|bytes| bytes.len() > 1000)),
        ("bytes that are no text", seen.iter().any(|bytes| std::str::from_utf8(bytes).is_err())),
    ] {
        assert!(is_there, "{what} among {} inputs", seen.len());
    }
}

proptest! {
    #[test]
    fn any_change_fits_any_sample(bytes in changed(vec![Vec::new(), b"a".to_vec()])) {
        prop_assert!(bytes.len() < (MOST_CHANGES + 1) * 3000);
    }
}
