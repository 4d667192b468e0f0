//! What a server, or a worker beside it, tells Prometheus.

use super::Server;
use crate::e2e::eventually;
use crate::e2e::program::metrics_address;

/// What was told at one moment.
#[derive(Debug, Clone)]
pub struct Scrape(pub String);

impl Scrape {
    /// Asks at this address.
    pub async fn of(address: &str) -> Self {
        let answer = reqwest::get(format!("http://{address}/metrics")).await.expect("metrics are served");
        assert_eq!(answer.status(), 200);
        let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(content_type.starts_with("text/plain; version=0.0.4"), "{content_type}");
        Self(answer.text().await.expect("the whole text"))
    }

    /// The value of a series, written as in the text; `None` where it is not there.
    pub fn find(&self, series: &str) -> Option<f64> {
        let value = self.0.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        Some(value.parse().expect("a value is a number"))
    }

    /// The value of a series that has to be there.
    #[track_caller]
    pub fn value(&self, series: &str) -> f64 {
        self.find(series).unwrap_or_else(|| panic!("{series} is not told:\n{}", self.0))
    }

    /// The names of all metrics.
    pub fn names(&self) -> Vec<&str> {
        let types = self.0.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        types.filter_map(|line| line.split(' ').next()).collect()
    }
}

impl Server {
    /// Where it serves metrics; it has to be started with `METRICS_ADDR`.
    pub fn metrics_address(&self) -> String {
        metrics_address(&self.output()).expect("it serves metrics")
    }

    /// What it tells Prometheus now.
    pub async fn scrape(&self) -> Scrape {
        Scrape::of(&self.metrics_address()).await
    }

    /// Runs `file-manager worker` beside it, with the same environment, as long as `work` takes, which is given the address of the
    /// worker's metrics.
    pub async fn with_a_measured_worker<T>(&self, work: impl AsyncFnOnce(String) -> T) -> T {
        let worker = self.launch.start(self.home.path(), &self.environment, &["worker"]);
        let address =
            eventually("the worker serves metrics", async || metrics_address(&worker.output())).await;
        let result = work(address).await;
        let (status, output) = worker.stop();
        self.check(status, &output);
        result
    }
}
