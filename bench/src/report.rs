//! The figures, as a table.

use std::fmt;
use std::fs;
use std::path::Path;

use fm_testkit::Outcome;

use crate::measure::{Measured, Series};

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
    pub(crate) ours: Measured,
    /// What the floor is.
    pub(crate) floor_name: String,
    /// What the floor reached, in `unit`.
    pub(crate) floor: Measured,
    pub(crate) unit: &'static str,
    pub(crate) bound: Bound,
    /// The client and its concurrency.
    pub(crate) client: String,
}

impl Row {
    /// The ratios of each turn.
    fn ratios(&self) -> Series {
        self.ours.figures.over(&self.floor.figures)
    }

    /// The median of the ratios of each turn.
    fn ratio(&self) -> f64 {
        self.ratios().median()
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

    /// CPU time of an operation: ours, of our services, of the floor with its services. Empty where it was not counted.
    fn cpu(&self) -> String {
        let Some(ours) = &self.ours.cpu else { return String::new() };
        let floor = self.floor.cpu.as_ref().map(|floor| floor.all().median());
        format!(
            "{} / {} / {} ms",
            milliseconds(ours.program.median()),
            milliseconds(ours.services.median()),
            floor.map_or_else(|| "–".to_owned(), milliseconds)
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spread = self.ratios();
        write!(
            f,
            "{}: {} {unit} beside {} {unit}, ratio {:.2} ({:.2} to {:.2}), {} {} {}",
            self.what,
            figure(self.ours.figures.median()),
            figure(self.floor.figures.median()),
            self.ratio(),
            spread.min(),
            spread.max(),
            self.bound,
            self.verdict(),
            self.cpu(),
            unit = self.unit,
        )
    }
}

/// The section with the figures.
pub(crate) fn markdown(rows: &[Row], machine: &str, repetitions: usize) -> String {
    let mut text = format!(
        "Measured by `scripts/bench` on {machine}; release build; {repetitions} repetitions in turns after one that is not \
         counted. Figures are medians; a ratio is the median of the ratios of each turn, its spread in brackets. CPU is what \
         an operation takes of the program, of the services that it uses (PostgreSQL, the S3 server), and of the floor with \
         its own. Clients, servers and databases share the machine.\n\n\
         | what | ours | floor | ratio | bound | | CPU per operation: ours / services / floor | client |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    text.extend(rows.iter().map(table_row));
    text
}

fn table_row(row: &Row) -> String {
    let spread = row.ratios();
    format!(
        "| {} | {} {unit} | {}: {} {unit} | {:.2} ({:.2}–{:.2}) | {} | {} | {} | {} |\n",
        row.what,
        figure(row.ours.figures.median()),
        row.floor_name,
        figure(row.floor.figures.median()),
        row.ratio(),
        spread.min(),
        spread.max(),
        row.bound,
        row.verdict(),
        row.cpu(),
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

/// To the microsecond where it is less than one; what took none is `0`.
fn milliseconds(value: f64) -> String {
    if value <= 0.0 {
        "0".to_owned()
    } else if value < 1.0 {
        format!("{value:.3}")
    } else {
        figure(value)
    }
}

#[cfg(test)]
mod tests;
