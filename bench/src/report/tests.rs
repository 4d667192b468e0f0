#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::{Bound, Row, markdown, milliseconds, replaced};
use crate::measure::{Cpu, Measured, Series};

fn row(bound: Bound) -> Row {
    Row {
        what: "me".to_owned(),
        ours: Series::new(vec![40.0, 50.0, 60.0]).into(),
        floor_name: "pgbench".to_owned(),
        floor: Series::new(vec![100.0; 3]).into(),
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
    let expected = "| me | 50.0 /s | pgbench: 100 /s | 0.50 (0.40–0.60) | ≥ 0.6 | **missed** |  | wrk, 16 connections |\n";
    assert!(table.ends_with(expected), "{table}");
}

fn with_cpu(figures: [f64; 3], program: [f64; 3], services: [f64; 3]) -> Measured {
    let series = |figures: [f64; 3]| Series::new(figures.to_vec());
    let cpu = Cpu { program: series(program), services: series(services) };
    Measured { figures: series(figures), cpu: Some(cpu) }
}

#[test]
fn a_row_tells_what_an_operation_took_of_the_program_of_its_services_and_of_the_floor() {
    let ours = with_cpu([40.0, 50.0, 60.0], [0.03, 0.0417, 0.05], [2.0, 1.0, 3.0]);
    let floor = with_cpu([100.0; 3], [0.0; 3], [30.0, 20.0, 10.0]);
    let beside_an_allowance = Row { ours: ours.clone(), ..row(Bound::Reported) };
    assert_eq!(beside_an_allowance.cpu(), "0.042 / 2.00 / – ms");
    assert_eq!(Row { ours, floor, ..row(Bound::Reported) }.cpu(), "0.042 / 2.00 / 20.0 ms");
    assert_eq!(milliseconds(0.0), "0");
}

#[test]
fn every_row_has_as_many_cells_as_the_head() {
    let table = markdown(&[row(Bound::Reported)], "a machine", 3);
    let cells: Vec<usize> =
        table.lines().filter(|line| line.starts_with('|')).map(|line| line.matches('|').count()).collect();
    assert_eq!(cells, [9, 9, 9]);
}

#[test]
fn only_what_stands_between_the_markers_is_replaced() {
    let page = "# A\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nB\n";
    let new = replaced(page, "new").unwrap();
    assert_eq!(new, "# A\n<!-- figures: begin -->\n\nnew\n<!-- figures: end -->\nB\n");
    assert_eq!(replaced("# A", "new"), None);
}
