//! Repetitions in turns, and their medians.

use fm_testkit::Outcome;
use fm_testkit::postgres::Transactions;

use crate::cpu::{Processes, Used};

/// What one contestant reached in its turns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    /// Of at least one figure.
    pub(crate) fn new(figures: Vec<f64>) -> Self {
        Self(figures)
    }

    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => sorted[odd / 2],
            even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
        }
    }

    pub(crate) fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn max(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// Turn by turn, this one's figure over the other's: neighbours in time, so that a slow minute cancels out.
    pub(crate) fn over(&self, other: &Self) -> Self {
        self.with(other, |own, other| own / other)
    }

    /// Turn by turn, the rate of doing one after the other what each does at its own rate.
    fn then(&self, other: &Self) -> Self {
        self.with(other, |own, other| 1.0 / (1.0 / own + 1.0 / other))
    }

    /// Turn by turn, both together.
    fn plus(&self, other: &Self) -> Self {
        self.with(other, |own, other| own + other)
    }

    fn with(&self, other: &Self, both: impl Fn(f64, f64) -> f64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(own, other)| both(*own, *other)).collect())
    }
}

/// What a contestant reached, and what that took.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub(crate) figures: Series,
    /// Where it was counted.
    pub(crate) cpu: Option<Cpu>,
}

impl Measured {
    fn of(turns: &[MeasuredTurn]) -> Self {
        let series = |of: fn(&Used) -> f64, used: &[Used]| Series(used.iter().map(of).collect());
        let used: Option<Vec<Used>> = turns.iter().map(|turn| turn.used).collect();
        Self {
            figures: Series(turns.iter().map(|turn| turn.figure).collect()),
            cpu: used.map(|used| Cpu {
                program: series(|used| used.program, &used),
                services: series(|used| used.services, &used),
            }),
        }
    }

    /// The turns of both, one after the other.
    fn and(self, later: Self) -> Self {
        let chain = |one: Series, another: Series| Series([one.0, another.0].concat());
        Self {
            figures: chain(self.figures, later.figures),
            cpu: self.cpu.zip(later.cpu).map(|(one, another)| Cpu {
                program: chain(one.program, another.program),
                services: chain(one.services, another.services),
            }),
        }
    }

    /// Doing one after the other what each does at its own rate.
    pub(crate) fn then(&self, other: &Self) -> Self {
        let cpu = self.cpu.as_ref().zip(other.cpu.as_ref());
        Self {
            figures: self.figures.then(&other.figures),
            cpu: cpu.map(|(own, other)| Cpu {
                program: own.program.plus(&other.program),
                services: own.services.plus(&other.services),
            }),
        }
    }
}

/// Figures of which the CPU time says nothing.
impl From<Series> for Measured {
    fn from(figures: Series) -> Self {
        Self { figures, cpu: None }
    }
}

/// Milliseconds of CPU that an operation took, in each turn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cpu {
    pub(crate) program: Series,
    pub(crate) services: Series,
}

impl Cpu {
    /// Of the program and its services together.
    pub(crate) fn all(&self) -> Series {
        self.program.plus(&self.services)
    }
}

/// What one turn reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// In the unit of the line.
    pub(crate) figure: f64,
    /// How many operations it was.
    pub(crate) operations: f64,
}

/// Transactions a second.
impl From<Transactions> for Sample {
    fn from(reached: Transactions) -> Self {
        Self { figure: reached.rate, operations: reached.count }
    }
}

/// A turn, and what each of its operations took.
struct MeasuredTurn {
    figure: f64,
    used: Option<Used>,
}

/// One that takes part.
pub(crate) struct Contestant<'a> {
    processes: &'a Processes,
    turn: &'a mut dyn FnMut() -> Outcome<Sample>,
}

impl<'a> Contestant<'a> {
    /// Its function is called once a turn, and the CPU time of these processes counted meanwhile.
    pub(crate) fn new(processes: &'a Processes, turn: &'a mut dyn FnMut() -> Outcome<Sample>) -> Self {
        Self { processes, turn }
    }

    fn take(&mut self) -> Outcome<MeasuredTurn> {
        let before = self.processes.used()?;
        let turn = (self.turn)()?;
        let after = self.processes.used()?;
        let used = after.zip(before).map(|(after, before)| after.per_operation(before, turn.operations));
        Ok(MeasuredTurn { figure: turn.figure, used })
    }
}

/// Lets the contestants take their turns, after one round that is not counted.
pub(crate) fn in_turns<const N: usize>(
    repetitions: usize,
    mut contestants: [Contestant<'_>; N],
) -> Outcome<[Measured; N]> {
    let mut taken: [Vec<MeasuredTurn>; N] = std::array::from_fn(|_| Vec::new());
    for round in 0..=repetitions {
        let mut order: Vec<usize> = (0..N).collect();
        // A machine that gets slower from turn to turn favours none.
        if round % 2 == 1 {
            order.reverse();
        }
        for place in order {
            let turn = contestants[place].take()?;
            if round > 0 {
                taken[place].push(turn);
            }
        }
    }
    Ok(taken.map(|turns| Measured::of(&turns)))
}

/// Joins what the same contestants reached in several starts of theirs.
pub(crate) fn joined<const N: usize>(starts: Vec<[Measured; N]>) -> Option<[Measured; N]> {
    starts.into_iter().reduce(|earlier, later| {
        let mut later = later.into_iter();
        earlier.map(|one| match later.next() {
            Some(another) => one.and(another),
            None => one,
        })
    })
}

#[cfg(test)]
mod tests;
