//! From coefficients to samples: the inverse transform (ITU-T T.81, A.3.3) at reduced scale.

use std::f32::consts::{FRAC_1_SQRT_2, PI};

use crate::limits::{DecodeError, Limits};
use crate::plane::{Layout, Plane};
use crate::scale::Scale;

/// The samples of a component, a row after the other, with those of blocks that reach beyond the picture.
pub(crate) fn samples(plane: &Plane, scale: Scale, limits: Limits) -> Result<Vec<u8>, DecodeError> {
    match scale {
        Scale::Eighth => averages(plane, limits),
        Scale::Quarter => transformed::<2>(plane, limits),
        Scale::Half => transformed::<4>(plane, limits),
        Scale::Whole => transformed::<8>(plane, limits),
    }
}

/// A sample for each block.
fn averages(plane: &Plane, limits: Limits) -> Result<Vec<u8>, DecodeError> {
    let [quantizer, ..] = plane.quantizer();
    let mut samples = Vec::with_capacity(plane.rows().map(<[i16]>::len).sum());
    for row in plane.rows() {
        limits.check_time()?;
        samples.extend(row.iter().map(|&coefficient| average(coefficient, quantizer)));
    }
    Ok(samples)
}

/// The average of a block: an eighth of its DC coefficient (A.3.3), moved up by 128 (A.3.1).
fn average(coefficient: i16, quantizer: u16) -> u8 {
    let eightfold = i32::from(coefficient) * i32::from(quantizer);
    u8::try_from(((eightfold + 4) >> 3).saturating_add(128).clamp(0, 255)).unwrap_or(u8::MAX)
}

/// N × N samples for each block.
fn transformed<const N: usize>(plane: &Plane, limits: Limits) -> Result<Vec<u8>, DecodeError> {
    let transform = Transform::<N>::new(plane);
    let area = plane.layout().area();
    let blocks: usize = plane.rows().map(|row| row.len() / area).sum();
    let mut samples = vec![0; blocks * N * N];
    let lines = samples.chunks_exact_mut((blocks * N * N / plane.rows().count().max(1)).max(1));
    for (row, lines) in plane.rows().zip(lines) {
        limits.check_time()?;
        let width = lines.len() / N;
        for (column, block) in row.chunks_exact(area).enumerate() {
            for (line, values) in lines.chunks_exact_mut(width).zip(transform.block(block)) {
                line[column * N..(column + 1) * N].copy_from_slice(&values);
            }
        }
    }
    Ok(samples)
}

/// The transform of the N × N lowest frequencies of a block to N × N samples.
struct Transform<const N: usize> {
    layout: Layout,
    /// Row by row.
    quantizer: [[f32; N]; N],
    average: u16,
    /// Of each frequency at each sample.
    waves: [[f32; N]; N],
}

impl<const N: usize> Transform<N> {
    fn new(plane: &Plane) -> Self {
        let (layout, divisors) = (plane.layout(), plane.quantizer());
        let mut quantizer = [[0.0; N]; N];
        for (number, &divisor) in divisors.iter().enumerate() {
            if let Some(place) = layout.place(number)
                && let Some(row) = quantizer.get_mut(place / layout.side())
                && let Some(value) = row.get_mut(place % layout.side())
            {
                *value = f32::from(divisor);
            }
        }
        let number = |at: usize| u8::try_from(at).map_or(0.0, f32::from);
        let wave = |frequency, place| {
            let amplitude = if frequency == 0 { FRAC_1_SQRT_2 / 2.0 } else { 0.5 };
            amplitude * ((2.0 * number(place) + 1.0) * number(frequency) * PI / (2.0 * number(N))).cos()
        };
        let waves = std::array::from_fn(|frequency| std::array::from_fn(|place| wave(frequency, place)));
        Self { layout, quantizer, average: divisors[0], waves }
    }

    /// The samples of a block.
    fn block(&self, coefficients: &[i16]) -> [[u8; N]; N] {
        if coefficients[1..].iter().all(|&coefficient| coefficient == 0) {
            return [[average(coefficients[0], self.average); N]; N];
        }
        let mut values = [[128.0; N]; N];
        let rows = coefficients.chunks_exact(self.layout.side());
        for ((row, quantizer), down) in rows.zip(&self.quantizer).zip(&self.waves) {
            if row[..N].iter().all(|&coefficient| coefficient == 0) {
                continue;
            }
            let mut line = [0.0; N];
            for ((&coefficient, divisor), across) in row.iter().zip(quantizer).zip(&self.waves) {
                if coefficient != 0 {
                    add(&mut line, across, f32::from(coefficient) * divisor);
                }
            }
            for (values, &weight) in values.iter_mut().zip(down) {
                add(values, &line, weight);
            }
        }
        values.map(|line| line.map(rounded))
    }
}

/// Adds what is added, as often as it weighs.
fn add<const N: usize>(sums: &mut [f32; N], added: &[f32; N], weight: f32) {
    for (sum, &added) in sums.iter_mut().zip(added) {
        *sum += added * weight;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast cuts values that no sample has: that is what is wanted"
)]
fn rounded(value: f32) -> u8 {
    (value + 0.5) as u8
}
