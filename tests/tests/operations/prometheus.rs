//! Debian's Prometheus on what `deploy` has for it: rules, their tests, a dashboard, and a real scrape.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use fm_e2e::{Api, Lane, Scrape, Server, eventually, pictures, tool};
use serde_json::Value;

const ANYWHERE: (&str, &str) = ("METRICS_ADDR", "127.0.0.1:0");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn file(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

/// Runs promtool in `deploy`, with this on its standard input; what it wrote.
fn promtool(arguments: &[&str], input: &str) -> String {
    use std::io::Write as _;
    let mut command = Command::new(tool("TEST_PROMTOOL"));
    command.args(arguments).current_dir(repository().join("deploy"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let output = [ended.stdout, ended.stderr].concat();
    let output = String::from_utf8_lossy(&output).into_owned();
    assert!(ended.status.success(), "promtool {arguments:?}: {output}");
    output
}

/// What follows this text in the lines that have it.
fn after<'t>(text: &'t str, before: &str) -> BTreeSet<&'t str> {
    text.lines().filter_map(|line| Some(line.split_once(before)?.1.trim())).collect()
}

/// A server that had something of everything to tell.
async fn told() -> Scrape {
    let api = Api::with(Lane::PostgresS3, &[ANYWHERE]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(100, 50)).await;
    user.with_thumbnail(&file).await;
    user.me().await.expect(200);
    api.server.scrape().await
}

#[test]
fn the_alerts_are_valid_and_each_of_them_fires_in_its_test() {
    assert!(promtool(&["check", "rules", "alerts.yml"], "").contains("SUCCESS"));
    assert!(promtool(&["test", "rules", "alerts.test.yml"], "").contains("SUCCESS"));
    let (rules, tests) = (file("deploy/alerts.yml"), file("deploy/alerts.test.yml"));
    let alerts = after(&rules, "- alert: ");
    assert!(alerts.len() > 10);
    for alert in &alerts {
        // Between one eval_time and the next stands what is expected of it.
        let expected =
            tests.split("- eval_time: ").filter(|case| case.contains(&format!("alertname: {alert}\n")));
        let fires = expected.filter(|case| case.contains("exp_labels:")).count();
        assert_eq!(fires, 1, "{alert} fires in one test");
    }
}

#[test]
fn every_alert_is_explained_to_operators() {
    let (rules, guide) = (file("deploy/alerts.yml"), file("docs/OPERATIONS.md"));
    let alerts = after(&rules, "- alert: ");
    let explained = after(&guide, "#### ");
    assert_eq!(
        alerts, explained,
        "each alert has a heading in docs/OPERATIONS.md, and each heading an alert"
    );
}

#[tokio::test]
async fn promtool_accepts_all_that_is_told() {
    let now = told().await;
    assert_eq!(promtool(&["check", "metrics"], &now.0), "");
}

/// The names of metrics in a text.
fn names_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = words.filter(|word| word.starts_with("file_manager_") || word.starts_with("process_"));
    let family = |word: &str| {
        let ends = ["_bucket", "_count", "_sum"];
        ends.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word).to_owned()
    };
    ours.map(family).collect()
}

#[tokio::test]
async fn every_metric_of_the_dashboard_the_alerts_and_the_guide_is_told_and_every_one_that_is_told_is_shown()
{
    let now = told().await;
    let names: BTreeSet<String> = now.names().into_iter().map(ToOwned::to_owned).collect();
    let (dashboard, alerts, guide) =
        (file("deploy/grafana.json"), file("deploy/alerts.yml"), file("docs/OPERATIONS.md"));
    for (place, text) in [("grafana.json", &dashboard), ("alerts.yml", &alerts), ("OPERATIONS.md", &guide)] {
        let unknown: Vec<String> = names_in(text).difference(&names).cloned().collect();
        assert!(unknown.is_empty(), "{place} names {unknown:?}, which are not told");
    }
    let unexplained: Vec<&String> = names.iter().filter(|name| !guide.contains(name.as_str())).collect();
    assert!(unexplained.is_empty(), "OPERATIONS.md does not explain {unexplained:?}");
    let shown = names_in(&dashboard);
    let hidden: Vec<&String> =
        names.iter().filter(|name| name.starts_with("file_manager_") && !shown.contains(*name)).collect();
    assert!(hidden.is_empty(), "the dashboard does not show {hidden:?}");
}

/// The alerts of `deploy`, which fire as soon as their condition was met twice: no test waits for minutes.
fn impatient_alerts() -> String {
    let rules = file("deploy/alerts.yml");
    let (mut shortened, mut patient) = (String::new(), 0);
    for line in rules.lines() {
        let indented = line.split_once("for: ").filter(|(before, _)| before.trim().is_empty());
        patient += usize::from(indented.is_some());
        shortened += &indented.map_or_else(|| line.to_owned(), |(indent, _)| format!("{indent}for: 1s"));
        shortened.push('\n');
    }
    assert!(patient > 10, "alerts wait for a while");
    shortened
}

/// A running Prometheus with the alerts of `deploy`, which don't wait.
struct Prometheus {
    child: Child,
    base: String,
    _home: tempfile::TempDir,
}

impl Prometheus {
    /// Asks these addresses every four seconds: as long as a process may look for a store that is gone.
    async fn asking(addresses: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let targets: Vec<String> = addresses.iter().map(|address| format!("\"{address}\"")).collect();
        let rules = home.path().join("alerts.yml");
        std::fs::write(&rules, impatient_alerts()).unwrap();
        let configuration = format!(
            "global:\n  scrape_interval: 4s\n  evaluation_interval: 1s\nrule_files: [\"{}\"]\nscrape_configs:\n  \
             - job_name: file-manager\n    static_configs:\n      - targets: [{}]\n",
            rules.display(),
            targets.join(", ")
        );
        let settings = home.path().join("prometheus.yml");
        std::fs::write(&settings, configuration).unwrap();
        let port = fm_testkit::ports::free_port().unwrap();
        let child = Command::new(tool("TEST_PROMETHEUS"))
            .arg(format!("--config.file={}", settings.display()))
            .arg(format!("--storage.tsdb.path={}", home.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(home.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let prometheus = Self { child, base: format!("http://127.0.0.1:{port}"), _home: home };
        eventually("Prometheus is ready", async || {
            let ready = reqwest::get(format!("{}/-/ready", prometheus.base)).await;
            ready.is_ok_and(|answer| answer.status() == 200).then_some(())
        })
        .await;
        prometheus
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let request = reqwest::Client::new().get(format!("{}/api/v1/{path}", self.base)).query(query);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["status"], "success", "{query:?}: {answer}");
        answer["data"].clone()
    }

    /// The series that an expression comes to.
    async fn query(&self, expression: &str) -> Vec<Value> {
        self.ask("query", &[("query", expression)]).await["result"].as_array().unwrap().clone()
    }

    /// The names of the alerts that fire, each with the dependency that it is about, if it is about one.
    async fn firing(&self) -> BTreeSet<String> {
        let data = self.ask("alerts", &[]).await;
        let alerts = data["alerts"].as_array().unwrap().iter().filter(|alert| alert["state"] == "firing");
        let labels = alerts.map(|alert| &alert["labels"]);
        labels
            .map(|labels| {
                let (name, about) = (labels["alertname"].as_str().unwrap(), labels["dependency"].as_str());
                about.map_or_else(|| name.to_owned(), |about| format!("{name} {about}"))
            })
            .collect()
    }

    /// Waits until all of these fire, or none of them does.
    async fn until(&self, alerts: &[&str], fire: bool) {
        let what = format!("{alerts:?} {}", if fire { "fire" } else { "are over" });
        eventually(&what, async || {
            let firing = self.firing().await;
            alerts.iter().all(|alert| firing.contains(*alert) == fire).then_some(())
        })
        .await;
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The expressions of the dashboard, as Grafana asks for them.
fn expressions() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&file("deploy/grafana.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    let texts = targets.map(|target| target["expr"].as_str().unwrap());
    texts.map(|text| text.replace("$__rate_interval", "1m").replace("$instance", ".*")).collect()
}

#[tokio::test]
async fn a_prometheus_takes_what_a_server_and_a_worker_tell_and_an_alert_fires_while_a_store_is_gone() {
    let server = Arc::new(Server::on_shaky_ground_with(&[ANYWHERE]));
    let api = Api::of(Arc::clone(&server));
    let user = api.user().await;
    user.me().await.expect(200);
    server
        .with_a_measured_worker(async |worker| {
            let prometheus = Prometheus::asking(&[&server.metrics_address(), &worker]).await;
            eventually("both are up", async || (prometheus.query("up == 1").await.len() == 2).then_some(()))
                .await;
            assert_eq!(prometheus.query("file_manager_build_info").await.len(), 2);
            let expressions = expressions();
            assert!(expressions.len() > 30);
            for expression in &expressions {
                prometheus.query(expression).await;
            }
            let gone = ["FileManagerDependencyDown blob_store"];
            assert!(!prometheus.firing().await.contains(gone[0]));
            server.without_its_store(prometheus.until(&gone, true)).await;
            prometheus.until(&gone, false).await;
        })
        .await;
}

#[tokio::test]
async fn alerts_fire_when_a_database_and_when_the_program_is_killed_and_end_when_it_is_back() {
    let server = Arc::new(Server::on_its_own_database_with(&[ANYWHERE]));
    let prometheus = Prometheus::asking(&[&server.metrics_address()]).await;
    eventually("it is up", async || (prometheus.query("up == 1").await.len() == 1).then_some(())).await;
    let (gone, down) =
        (["FileManagerDependencyDown database", "FileManagerQueueUnknown"], ["FileManagerDown"]);
    prometheus.until(&[&gone[..], &down].concat(), false).await;
    let database = Arc::clone(&server);
    tokio::task::spawn_blocking(move || database.kill_database()).await.unwrap();
    prometheus.until(&gone, true).await;
    let database = Arc::clone(&server);
    tokio::task::spawn_blocking(move || database.revive_database()).await.unwrap();
    prometheus.until(&gone, false).await;
    server.kill();
    prometheus.until(&down, true).await;
}
