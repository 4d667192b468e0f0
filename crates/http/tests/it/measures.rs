//! What those who measure are told: every request once, by its route and never by its path, and what is in flight.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fm_http::{ObserveRequests, ObservedRequest};
use tokio::io::AsyncWriteExt as _;

use crate::common::{AT_LAST, Server};

/// Notes what it is told.
#[derive(Default)]
struct Notes(Mutex<Vec<ObservedRequest>>);

impl ObserveRequests for Notes {
    fn ended(&self, request: &ObservedRequest) {
        self.0.lock().unwrap().push(request.clone());
    }
}

impl Notes {
    /// Each request as `METHOD route status`.
    fn lines(&self) -> Vec<String> {
        let line = |request: &ObservedRequest| {
            assert!(request.took < Duration::from_secs(10));
            let status = request.status.map_or("gone".to_owned(), |status| status.as_u16().to_string());
            format!("{} {} {status}", request.method, request.route.unwrap_or("-"))
        };
        self.0.lock().unwrap().iter().map(line).collect()
    }

    fn clear(&self) {
        self.0.lock().unwrap().clear();
    }
}

fn observed() -> (Server, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    (Server::observed_by(Arc::clone(&notes) as Arc<dyn ObserveRequests>), notes)
}

#[actix_web::test]
async fn every_request_is_told_once_by_its_route_and_never_by_its_path() {
    let (server, notes) = observed();
    let ada = server.user("ada@example.org").await;
    notes.clear();
    let id =
        ada.send("POST", "/v1/files?name=a.txt", b"hello").await.value()["id"].as_str().unwrap().to_owned();
    ada.get(&format!("/v1/files/{id}")).await;
    ada.send("HEAD", &format!("/v1/files/{id}"), b"").await;
    ada.send("PUT", &format!("/v1/files/{id}"), b"").await;
    ada.send("BREW", "/v1/files", b"").await;
    ada.get("/wp-login.php").await;
    server.client().get("/v1/files").await;
    let expected = [
        "POST /v1/files 201",
        "GET /v1/files/{id} 200",
        "HEAD /v1/files/{id} 200",
        "PUT /v1/files/{id} 405",
        "BREW /v1/files 405",
        "GET - 404",
        "GET /v1/files 401",
    ];
    assert_eq!(notes.lines(), expected);
}

#[actix_web::test]
async fn bytes_are_counted_both_ways_on_the_socket() {
    let (server, _) = observed();
    let ada = server.user("ada@example.org").await;
    let (received, sent) = (server.state.traffic.received_bytes(), server.state.traffic.sent_bytes());
    let body = vec![7; 100_000];
    let answer = ada.send("POST", "/v1/files?name=a", &body).await;
    assert_eq!(answer.status, 201);
    let up = server.state.traffic.received_bytes() - received;
    let down = server.state.traffic.sent_bytes() - sent;
    assert!((100_000..101_000).contains(&up), "a body and its head: {up}");
    assert!((500..5_000).contains(&down), "an answer: {down}");
    assert_eq!((server.state.traffic.requests(), server.state.traffic.uploads()), (0, 0));
}

/// Waits until it is so.
async fn until(is_so: impl Fn() -> bool) {
    let comes = async {
        while !is_so() {
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(AT_LAST, comes).await.is_ok(), "it did not come to be so");
}

#[actix_web::test]
async fn an_upload_is_in_flight_until_it_ends_and_its_client_may_be_gone_by_then() {
    let (server, notes) = observed();
    let ada = server.user("ada@example.org").await;
    notes.clear();
    let mut half = ada.connect().await;
    let head = ada.head_of("POST", "/v1/files?name=a", "Content-Length: 1000\r\n");
    half.write_all(format!("{head}half").as_bytes()).await.unwrap();
    let in_flight = || (server.state.traffic.requests(), server.state.traffic.uploads());
    until(|| in_flight() == (1, 1)).await;
    drop(half);
    until(|| in_flight() == (0, 0)).await;
    server.uploads_ended().await;
    let lines = notes.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("POST "), "{lines:?}");
}

#[actix_web::test]
async fn every_route_is_listed_with_its_methods() {
    let server = Server::start();
    let routes = fm_http::routes(&server.use_cases);
    let methods = |template: &str| {
        let route = routes.iter().find(|known| known.route == template).unwrap();
        route.methods.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(methods("/v1/files"), ["GET", "POST", "HEAD"]);
    assert_eq!(methods("/health/ready"), ["GET", "HEAD"]);
    assert!(routes.len() > 20);
}
