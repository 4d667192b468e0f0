#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;

use super::*;

fn numbers(spans: &Spans) -> Vec<u32> {
    let mut numbers: Vec<u32> = spans.largest_first().collect();
    numbers.reverse();
    numbers
}

fn progress() -> Progress {
    Progress {
        parts: vec![
            SentPart(1, 5_242_880, "\"a tag\"".to_owned()),
            SentPart(3, 6_000_000, "bare".to_owned()),
        ],
        next: 4,
        pending: vec![Pending(2, 10), Pending(5, 7)],
        next_pending: 6,
        ..Progress::begun("an/upload".to_owned())
    }
}

#[test]
fn a_state_is_compact_json_that_is_read_back_as_it_was() {
    let state = progress().to_state().unwrap();
    assert_eq!(
        str::from_utf8(state.as_bytes()).unwrap(),
        r#"{"v":1,"upload":"an/upload","parts":[[1,5242880,"\"a tag\""],[3,6000000,"bare"]],"next":4,"pending":[[2,10],[5,7]],"next_pending":6}"#
    );
    assert_eq!(Progress::parse(&state).unwrap(), progress());
    assert_eq!((progress().pending_bytes(), progress().bytes()), (17, 5_242_880 + 6_000_000 + 17));
}

#[test]
fn a_state_of_another_version_or_of_no_form_is_corrupt() {
    let json = String::from_utf8(progress().to_state().unwrap().as_bytes().to_vec()).unwrap();
    for text in [json.replace(r#""v":1"#, r#""v":2"#), json.replace("next", "last"), String::new()] {
        let parsed = Progress::parse(&WriteState::new(Bytes::from(text)));
        assert!(matches!(parsed, Err(PortError::Corrupt { .. })), "{parsed:?}");
    }
}

#[test]
fn rewinding_keeps_the_bytes_and_uses_no_number_of_an_append_that_may_be_under_way() {
    let counted = progress();
    let further = Progress { next: 9, next_pending: 20, ..progress() };
    for (counted, reached, next_part, next_pending) in [
        // The parts 4 to 8 were answered: others take their place. Number 9 may still come.
        (counted.clone(), &further, 4, 21),
        (counted.clone(), &counted, 5, 7),
        (further.clone(), &counted, 9, 21),
    ] {
        let rewound = counted.clone().rewound(reached);
        assert_eq!((rewound.next_part(), rewound.next_pending), (next_part, next_pending));
        let Progress { parts, pending, .. } = &counted;
        assert_eq!((&rewound.parts, &rewound.pending), (parts, pending));
    }
    assert_eq!(numbers(&counted.clone().rewound(&further).late), [9]);
    assert_eq!(numbers(&counted.clone().rewound(&further).strays), (6..=20).collect::<Vec<_>>());
    assert_eq!(numbers(&counted.clone().rewound(&counted).strays), [6]);
    // What is behind what counts has nothing to do with it.
    let rewound = further.rewound(&counted);
    assert!(rewound.late.is_empty() && rewound.strays.is_empty(), "{rewound:?}");
}

#[test]
fn numbers_that_late_requests_may_use_stay_unused_however_often_a_state_is_rewound() {
    let begun = Progress::begun("an upload".to_owned());
    let mut state = begun.clone();
    for number in 1..=4 {
        state = state.clone().rewound(&state);
        assert_eq!(state.next_part(), number + 1);
    }
    assert_eq!(numbers(&state.late), [1, 2, 3, 4]);
    // Those of a state that was reached count too.
    assert_eq!(numbers(&begun.rewound(&state).late), [1, 2, 3, 4, 5]);
    assert_eq!(Progress::parse(&state.to_state().unwrap()).unwrap(), state);
}

#[test]
fn what_is_left_is_cleared_but_for_the_latest_and_remembered_as_long_as_its_number_could_be_used() {
    let mut state = Progress::begun("an upload".to_owned());
    assert!(state.clearable().is_empty() && state.removable().is_empty());
    for _ in 0..3 {
        state = state.clone().rewound(&state);
    }
    assert_eq!((state.clearable(), state.removable()), (vec![2, 1], vec![2, 1]));
    let counted = state.clone();
    for number in [1, 2] {
        state.emptied(number);
        state.removed(number);
    }
    assert_eq!((numbers(&state.emptied), numbers(&state.late)), (vec![1, 2], vec![3]));
    assert_eq!((state.clearable(), state.removable(), state.next_part()), (vec![], vec![], 4));
    // A state that is rewound from there knows of it.
    assert_eq!(counted.rewound(&state).clearable(), [3]);
    state.add(SentPart(4, 10, "tag".to_owned()));
    assert_eq!((numbers(&state.emptied), numbers(&state.late), state.next_part()), (vec![], vec![3], 5));
    for _ in 0..20 {
        state = state.clone().rewound(&state);
    }
    assert_eq!(state.clearable(), (16..=23).rev().collect::<Vec<_>>(), "the latest are cleared first");
}

#[test]
fn a_rewound_state_may_have_incomplete_parts_that_it_does_not_know_of() {
    let fresh = Progress::begun("an upload".to_owned());
    assert!(!fresh.had_pending());
    assert!(fresh.clone().rewound(&fresh).had_pending());
    assert!(progress().had_pending());
}

#[test]
fn the_request_that_came_to_be_known_last_is_left_alone_whatever_its_number() {
    let begun = Progress::begun("an upload".to_owned());
    // Eight parts that do not count were answered, the ninth may come; then two of the next request, whose third may.
    let state = begun.clone().rewound(&Progress { next: 9, ..begun.clone() });
    let state = state.clone().rewound(&Progress { next: 3, ..state });
    assert_eq!(numbers(&state.late), [3, 9]);
    assert_eq!(state.clearable(), [9]);
}

#[test]
fn takeovers_without_an_append_make_a_state_no_larger() {
    let mut state = progress();
    let size = |state: &Progress| state.to_state().unwrap().as_bytes().len();
    for _ in 0..10 {
        state = state.clone().rewound(&state);
    }
    let before = size(&state);
    for _ in 0..9_000 {
        state = state.clone().rewound(&state);
    }
    assert_eq!((state.next_part(), state.clearable().len()), (9_014, 8));
    // The same ranges, of larger numbers.
    assert!(size(&state) <= before + 12, "{} bytes after {before}", size(&state));
}

#[test]
fn a_state_of_the_version_before_keeps_its_numbers() {
    let old = r#"{"v":1,"upload":"u","parts":[],"next":1,"pending":[],"next_pending":4,"void":[[5,true],[9,false],[3,false]],"stray":[1,2,3]}"#;
    let state = Progress::parse(&WriteState::new(Bytes::from(old))).unwrap();
    assert_eq!((numbers(&state.emptied), numbers(&state.late)), (vec![5], vec![3, 9]));
    assert_eq!((state.clearable(), state.removable()), (vec![9], vec![2, 1]));
    let written = state.to_state().unwrap();
    assert!(!str::from_utf8(written.as_bytes()).unwrap().contains("void"));
    assert_eq!(Progress::parse(&written).unwrap(), state);
}
