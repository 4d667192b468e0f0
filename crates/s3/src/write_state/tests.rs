#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;

use super::*;

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
fn rewinding_keeps_the_bytes_and_skips_the_numbers_of_appends_that_do_not_count() {
    let counted = progress();
    let further = Progress { next: 9, next_pending: 20, ..progress() };
    for (counted, reached, next, next_pending) in [
        (counted.clone(), &further, 10, 21),
        (counted.clone(), &counted, 5, 7),
        (further.clone(), &counted, 10, 21),
    ] {
        let rewound = counted.clone().rewound(reached);
        assert_eq!(rewound, Progress { next, next_pending, ..counted });
    }
}

#[test]
fn a_rewound_state_may_have_incomplete_parts_that_it_does_not_know_of() {
    let fresh = Progress::begun("an upload".to_owned());
    assert!(!fresh.had_pending());
    assert!(fresh.clone().rewound(&fresh).had_pending());
    assert!(progress().had_pending());
}
