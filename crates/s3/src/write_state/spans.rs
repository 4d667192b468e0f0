//! Sets of numbers that mostly follow each other.

use serde::{Deserialize, Serialize};

/// Numbers, as ranges with both their ends: sorted, and none touches the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Spans(Vec<(u32, u32)>);

impl Spans {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges, in order.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (u32, u32)> {
        self.0.iter().copied()
    }

    /// The numbers, the largest first.
    pub(crate) fn largest_first(&self) -> impl Iterator<Item = u32> {
        self.0.iter().rev().flat_map(|(first, last)| (*first..=*last).rev())
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        self.next_without(number) != number
    }

    /// The first number from this one on that is not in it.
    pub(crate) fn next_without(&self, number: u32) -> u32 {
        let at = self.0.partition_point(|(_, last)| *last < number);
        match self.0.get(at) {
            Some((first, last)) if *first <= number => last.saturating_add(1),
            _ => number,
        }
    }

    /// Adds the numbers from `first` to `last`.
    pub(crate) fn insert(&mut self, first: u32, last: u32) {
        if first > last {
            return;
        }
        let from = self.0.partition_point(|(_, end)| end.saturating_add(1) < first);
        let to = self.0.partition_point(|(start, _)| *start <= last.saturating_add(1));
        let touched = self.0.get(from..to).unwrap_or_default();
        let first = touched.first().map_or(first, |(start, _)| first.min(*start));
        let last = touched.last().map_or(last, |(_, end)| last.max(*end));
        self.0.splice(from..to, [(first, last)]);
    }

    /// Takes the numbers from `first` to `last` out.
    pub(crate) fn remove(&mut self, first: u32, last: u32) {
        let mut left = Vec::with_capacity(self.0.len());
        for (start, end) in self.ranges() {
            if start < first {
                left.push((start, end.min(first - 1)));
            }
            if end > last {
                left.push((start.max(last + 1), end));
            }
        }
        self.0 = left;
    }
}

#[cfg(test)]
mod tests;
