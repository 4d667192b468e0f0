//! Metrics that each thread counts for itself, and that are added up when Prometheus asks.
//!
//! A number that several threads change at once costs each of them a wait for the others: more than all else that is counted.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, PoisonError};

use prometheus::proto::{Bucket, Counter, Histogram, LabelPair, Metric, MetricFamily};
use prometheus::{Error, Registry, Result};
use thread_local::ThreadLocal;

use crate::metrics::Families;

/// Counters and histograms, a set for each thread that counts. A thread that ends leaves its set to the next.
///
/// No thread but its own sees a set, which so needs no lock: what is added up is read from the registries.
pub(crate) struct PerThread<M: Send> {
    sets: ThreadLocal<Own<M>>,
    registries: Mutex<Vec<Registry>>,
    make: Make<M>,
}

type Make<M> = Box<dyn Fn(&Families) -> Result<M> + Send + Sync>;

/// The set of one thread.
// Neighbours lie side by side: without room between them their threads would wait for one another all the same.
#[repr(align(128))]
struct Own<M>(M);

impl<M: Send> PerThread<M> {
    /// Sets made by `make`. The calling thread's is made at once, so that its names are there before anything is counted.
    pub(crate) fn new(make: impl Fn(&Families) -> Result<M> + Send + Sync + 'static) -> Result<Self> {
        let sets = Self { sets: ThreadLocal::new(), registries: Mutex::default(), make: Box::new(make) };
        sets.set()?;
        Ok(sets)
    }

    /// The set of this thread. `None` where none can be made, which the first would have shown.
    pub(crate) fn mine(&self) -> Option<&M> {
        self.set().ok()
    }

    fn set(&self) -> Result<&M> {
        let Own(metrics) = self.sets.get_or_try(|| {
            let registry = Registry::new();
            let metrics = (self.make)(&Families::in_registry(&registry))?;
            self.registries.lock().unwrap_or_else(PoisonError::into_inner).push(registry);
            Ok::<_, Error>(Own(metrics))
        })?;
        Ok(metrics)
    }

    /// What all threads counted.
    pub(crate) fn gather(&self) -> Vec<MetricFamily> {
        let registries = self.registries.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sum(registries.iter().flat_map(Registry::gather))
    }
}

/// Adds up counters and histograms of one name and with the same labels.
fn sum(families: impl Iterator<Item = MetricFamily>) -> Vec<MetricFamily> {
    let mut sums = BTreeMap::<String, (MetricFamily, BTreeMap<Vec<String>, Metric>)>::new();
    for mut family in families {
        let metrics = family.take_metric();
        let (_, sums) = sums.entry(family.name().to_owned()).or_insert_with(|| (family, BTreeMap::new()));
        for metric in metrics {
            let labels = metric.get_label().iter().map(LabelPair::value).map(str::to_owned).collect();
            match sums.entry(labels) {
                Entry::Vacant(first) => {
                    first.insert(metric);
                }
                Entry::Occupied(sum) => add(sum.into_mut(), &metric),
            }
        }
    }
    let summed = |(mut family, metrics): (MetricFamily, BTreeMap<_, Metric>)| {
        family.set_metric(metrics.into_values().collect());
        family
    };
    sums.into_values().map(summed).collect()
}

fn add(sum: &mut Metric, other: &Metric) {
    let mut counter = Counter::default();
    counter.set_value(sum.get_counter().get_value() + other.get_counter().get_value());
    let (one, another) = (sum.get_histogram(), other.get_histogram());
    let mut histogram = Histogram::default();
    histogram.set_sample_count(one.get_sample_count() + another.get_sample_count());
    histogram.set_sample_sum(one.get_sample_sum() + another.get_sample_sum());
    let buckets = one.get_bucket().iter().zip(another.get_bucket()).map(|(one, another)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(one.upper_bound());
        bucket.set_cumulative_count(one.cumulative_count() + another.cumulative_count());
        bucket
    });
    histogram.set_bucket(buckets.collect());
    sum.set_counter(counter);
    sum.set_histogram(histogram);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::thread;

    use prometheus::TextEncoder;

    use super::*;

    #[test]
    fn what_threads_counted_is_added_up_by_name_and_label() {
        let sets = PerThread::new(|families| {
            Ok((
                families.counters("calls", "Calls.", &["kind"])?,
                families.histograms("took", "Time.", &[], &[1.0, 2.0])?,
            ))
        });
        let sets = sets.unwrap();
        let count = |kind: &str, took: f64| {
            let (calls, durations) = sets.mine().unwrap();
            calls.with_label_values(&[kind]).inc();
            durations.with_label_values::<&str>(&[]).observe(took);
        };
        count("a", 0.5);
        thread::scope(|scope| {
            scope.spawn(|| count("a", 1.5));
            scope.spawn(|| count("b", 3.0));
        });
        let text = TextEncoder::new().encode_to_string(&sets.gather()).unwrap();
        let expected = "\
            # HELP calls Calls.\n# TYPE calls counter\ncalls{kind=\"a\"} 2\ncalls{kind=\"b\"} 1\n\
            # HELP took Time.\n# TYPE took histogram\ntook_bucket{le=\"1\"} 1\ntook_bucket{le=\"2\"} 2\n\
            took_bucket{le=\"+Inf\"} 3\ntook_sum 5\ntook_count 3\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_the_first_thread_made_is_there_before_anything_is_counted() {
        let sets = PerThread::new(|families| {
            let calls = families.counters("calls", "Calls.", &["kind"])?;
            calls.with_label_values(&["a"]);
            Ok(calls)
        });
        let text = TextEncoder::new().encode_to_string(&sets.unwrap().gather()).unwrap();
        assert!(text.ends_with("calls{kind=\"a\"} 0\n"), "{text}");
    }
}
