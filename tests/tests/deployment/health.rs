//! `file-manager health`, the check of containers.

use std::net::TcpListener;

use fm_e2e::{Lane, Server, eventually};
use serde_json::Value;

/// A server that knows its own port, with the database and the store out of its own process.
fn server() -> Server {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    Server::on_shaky_ground_with(&[("PORT", &port)])
}

#[tokio::test]
async fn a_server_that_lost_its_database_lives_and_is_not_ready() {
    let server = server();
    for arguments in [&["health"][..], &["health", "--live"]] {
        let asked = server.run(arguments);
        assert_eq!((asked.code, asked.output.as_str()), (Some(0), ""), "{arguments:?}");
    }
    let told = server.ask(&["health", "--json"], "").json();
    assert!(told["url"].as_str().unwrap().ends_with("/health/ready") && told["status"] == 200, "{told}");
    server
        .without_its_database(async {
            // For a second it gives the answer that it gave before.
            let asked = eventually("it is not ready", async || {
                let asked = server.run(&["health"]);
                (asked.code != Some(0)).then_some(asked)
            })
            .await;
            assert_eq!(asked.code, Some(1), "{}", asked.output);
            assert!(asked.output.contains("answers 503 Service Unavailable"), "{}", asked.output);
            assert!(asked.output.contains("database"), "the check that failed is named: {}", asked.output);
            let asked = server.ask(&["health", "--json"], "");
            assert_eq!((asked.code, asked.answer.as_str()), (Some(1), ""));
            let told: Value = serde_json::from_str(&asked.complaint).unwrap();
            assert!(told["error"].as_str().unwrap().contains("answers 503 Service Unavailable"), "{told}");
            assert_eq!(server.run(&["health", "--live"]).code, Some(0));
        })
        .await;
}

#[tokio::test]
async fn a_worker_is_asked_where_it_tells_metrics() {
    let server = Server::on_shaky_ground_with(&[("METRICS_ADDR", "127.0.0.1:0")]);
    server
        .with_a_measured_worker(async |address| {
            let asked = server.run(&["health", &format!("http://{address}/metrics")]);
            assert_eq!((asked.code, asked.output.as_str()), (Some(0), ""));
            let asked = server.run(&["health", &format!("http://{address}/elsewhere")]);
            assert_eq!(asked.code, Some(1));
            assert!(asked.output.contains("answers 404"), "{}", asked.output);
        })
        .await;
}

#[test]
fn what_gives_no_answer_is_told_within_three_seconds() {
    let server = Server::prepare(Lane::Ephemeral, &[], &[]);
    // Its backlog takes connections, and no request is ever read.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/health/live", silent.local_addr().unwrap());
    let started = std::time::Instant::now();
    let asked = server.run(&["health", &url]);
    assert_eq!(asked.code, Some(1));
    assert!(asked.output.contains("gives no answer within 3 s"), "{}", asked.output);
    assert!(started.elapsed().as_secs() < 60);
    drop(silent);
    let asked = server.run(&["health", &url]);
    assert_eq!(asked.code, Some(1));
    assert!(asked.output.contains("gives no answer\n  because: "), "{}", asked.output);
    let asked = server.ask(&["health", &url, "--json"], "");
    assert_eq!((asked.code, asked.answer.as_str()), (Some(1), ""));
    let told: Value = serde_json::from_str(&asked.complaint).unwrap();
    assert_eq!(told["error"], format!("{url} gives no answer"));
    assert!(!told["causes"].as_array().unwrap().is_empty(), "{told}");
}

#[test]
fn only_plain_http_is_asked() {
    let server = Server::prepare(Lane::Ephemeral, &[], &[]);
    for arguments in [&["https://files.example.com"][..], &["/health/live"], &["--live", "http://127.0.0.1"]]
    {
        assert_eq!(server.run(&[&["health"], arguments].concat()).code, Some(2), "{arguments:?}");
    }
}
