#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use uuid::Uuid;

use super::{InvalidTraceContext, TraceContext};

const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn the_example_of_the_standard_is_read_and_written_again() {
    let context: TraceContext = EXAMPLE.parse().unwrap();
    assert_eq!(context.trace().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(context.span(), [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
    assert!(context.is_sampled());
    assert_eq!(context.to_string(), EXAMPLE);
}

#[test]
fn flags_other_than_the_one_for_recorded_traces_are_dropped() {
    let context: TraceContext = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe".parse().unwrap();
    assert!(!context.is_sampled());
    assert_eq!(context.to_string(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
}

#[test]
fn of_later_versions_what_this_one_knows_is_read() {
    for text in [
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes",
    ] {
        assert_eq!(text.parse::<TraceContext>().unwrap().to_string(), EXAMPLE, "{text}");
    }
}

#[test]
fn what_is_malformed_is_refused() {
    for text in [
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\u{e9}",
    ] {
        assert_eq!(text.parse::<TraceContext>(), Err(InvalidTraceContext), "{text}");
    }
}

#[test]
fn no_id_of_a_fresh_trace_is_zero() {
    for id in [Uuid::nil(), Uuid::max(), Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000)] {
        let fresh = TraceContext::fresh(id);
        assert!(!fresh.is_sampled());
        assert_eq!(fresh.to_string().parse(), Ok(fresh));
    }
}

proptest! {
    #[test]
    fn what_is_read_is_the_same_when_it_is_written_and_read_again(text in "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.{0,9})?") {
        if let Ok(context) = text.parse::<TraceContext>() {
            let written = context.to_string();
            prop_assert_eq!(written.len(), 55);
            prop_assert_eq!(written.parse(), Ok(context));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}") {
        let _read = text.parse::<TraceContext>();
    }
}
