//! Repetitions in turns, and their medians.

use fm_testkit::Outcome;

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
        Self(self.0.iter().zip(&other.0).map(|(own, other)| own / other).collect())
    }

    /// Turn by turn, the rate of doing one after the other what each does at its own rate.
    pub(crate) fn then(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(own, other)| 1.0 / (1.0 / own + 1.0 / other)).collect())
    }
}

/// One that takes part: called once a turn.
pub(crate) type Contestant<'a> = &'a mut dyn FnMut() -> Outcome<f64>;

/// Lets the contestants take their turns, after one round that is not counted.
pub(crate) fn in_turns<const N: usize>(
    repetitions: usize,
    mut contestants: [Contestant<'_>; N],
) -> Outcome<[Series; N]> {
    let mut figures: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for round in 0..=repetitions {
        for (contestant, figures) in contestants.iter_mut().zip(&mut figures) {
            let figure = contestant()?;
            if round > 0 {
                figures.push(figure);
            }
        }
    }
    Ok(figures.map(Series::new))
}

#[cfg(test)]
mod tests;
