//! The figures, as a table.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::measure::Series;

const BEGIN: &str = "<!-- figures: begin -->";
const END: &str = "<!-- figures: end -->";

/// What a figure has to keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
    /// Told, not judged.
    Reported,
}

impl Bound {
    fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
            Self::Reported => true,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::AtMost(most) => write!(f, "≤ {most}"),
            Self::Reported => f.write_str("reported"),
        }
    }
}

/// One measured line.
pub(crate) struct Row {
    /// What was done.
    pub(crate) what: String,
    /// What ours reached, in `unit`.
    pub(crate) ours: Series,
    /// What the floor is.
    pub(crate) floor_name: String,
    /// What the floor reached, in `unit`.
    pub(crate) floor: Series,
    pub(crate) unit: &'static str,
    pub(crate) bound: Bound,
    /// The client and its concurrency.
    pub(crate) client: String,
}

impl Row {
    /// The median of the ratios of each turn.
    fn ratio(&self) -> f64 {
        self.ours.over(&self.floor).median()
    }

    /// Whether the bound is kept.
    pub(crate) fn holds(&self) -> bool {
        self.bound.holds(self.ratio())
    }

    fn verdict(&self) -> &'static str {
        match self.bound {
            Bound::Reported => "",
            Bound::AtLeast(_) | Bound::AtMost(_) if self.holds() => "kept",
            Bound::AtLeast(_) | Bound::AtMost(_) => "**missed**",
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spread = self.ours.over(&self.floor);
        write!(
            f,
            "{}: {} {unit} beside {} {unit}, ratio {:.2} ({:.2} to {:.2}), {} {}",
            self.what,
            figure(self.ours.median()),
            figure(self.floor.median()),
            self.ratio(),
            spread.min(),
            spread.max(),
            self.bound,
            self.verdict(),
            unit = self.unit,
        )
    }
}

/// The section with the figures.
pub(crate) fn markdown(rows: &[Row], machine: &str, repetitions: usize) -> String {
    let mut text = format!(
        "Measured by `scripts/bench` on {machine}; release build; {repetitions} repetitions in turns after one that is not \
         counted. Figures are medians; a ratio is the median of the ratios of each turn, its spread in brackets. Clients, \
         servers and databases share the machine.\n\n\
         | what | ours | floor | ratio | bound | | client |\n| --- | --- | --- | --- | --- | --- | --- |\n"
    );
    text.extend(rows.iter().map(table_row));
    text
}

fn table_row(row: &Row) -> String {
    let spread = row.ours.over(&row.floor);
    format!(
        "| {} | {} {unit} | {}: {} {unit} | {:.2} ({:.2}–{:.2}) | {} | {} | {} |\n",
        row.what,
        figure(row.ours.median()),
        row.floor_name,
        figure(row.floor.median()),
        row.ratio(),
        spread.min(),
        spread.max(),
        row.bound,
        row.verdict(),
        row.client,
        unit = row.unit,
    )
}

/// Puts the section between the markers of the page, which is made if there is none.
pub(crate) fn write(page: &Path, section: &str) -> Outcome<()> {
    let old =
        if page.exists() { fs::read_to_string(page)? } else { format!("# Performance\n\n{BEGIN}\n{END}\n") };
    let new =
        replaced(&old, section).ok_or_else(|| format!("{}: no markers for the figures", page.display()))?;
    Ok(fs::write(page, new)?)
}

fn replaced(page: &str, section: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{section}\n{END}{after}"))
}

/// Three digits that matter, and all before the point.
fn figure(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
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
        let expected = "| me | 50.0 /s | pgbench: 100 /s | 0.50 (0.40–0.60) | ≥ 0.6 | **missed** | wrk, 16 connections |\n";
        assert!(table.ends_with(expected), "{table}");
    }

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let page = "# A\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nB\n";
        let new = replaced(page, "new").unwrap();
        assert_eq!(new, "# A\n<!-- figures: begin -->\n\nnew\n<!-- figures: end -->\nB\n");
        assert_eq!(replaced("# A", "new"), None);
    }
}
