#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::{Bound, Row, markdown, replaced};
use crate::measure::Series;

fn row(bound: Bound) -> Row {
    Row {
        what: "me".to_owned(),
        ours: Series::new(vec![40.0, 50.0, 60.0]),
        floor_name: "pgbench".to_owned(),
        floor: Series::new(vec![100.0; 3]),
        unit: "/s",
        bound,
        client: "wrk, 16 connections".to_owned(),
    }
}

#[test]
fn bounds_are_kept_up_to_their_value() {
    assert!(row(Bound::AtLeast(0.5)).holds());
    assert!(!row(Bound::AtLeast(0.51)).holds());
    assert!(row(Bound::AtMost(0.5)).holds());
    assert!(!row(Bound::AtMost(0.49)).holds());
    assert!(row(Bound::Reported).holds());
}

#[test]
fn a_row_tells_both_figures_the_ratio_and_the_verdict() {
    let table = markdown(&[row(Bound::AtLeast(0.6))], "a machine", 3);
    let expected =
        "| me | 50.0 /s | pgbench: 100 /s | 0.50 (0.40–0.60) | ≥ 0.6 | **missed** | wrk, 16 connections |\n";
    assert!(table.ends_with(expected), "{table}");
}

#[test]
fn only_what_stands_between_the_markers_is_replaced() {
    let page = "# A\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nB\n";
    let new = replaced(page, "new").unwrap();
    assert_eq!(new, "# A\n<!-- figures: begin -->\n\nnew\n<!-- figures: end -->\nB\n");
    assert_eq!(replaced("# A", "new"), None);
}
