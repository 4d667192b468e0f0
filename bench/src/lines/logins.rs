//! Two hundred logins at once, again and again: what they add to the process, and what other requests wait meanwhile.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fm_testkit::Outcome;
use fm_testkit::http::{Connection, Request};

use super::Bench;
use super::memory::Memory;
use crate::measure::Series;
use crate::product::Product;
use crate::report::{Bound, Row};

const AT_ONCE: usize = 200;

/// What is allowed, in megabytes.
const MOST: f64 = 150.0;

/// How often the other request is sent in a second.
const PER_SECOND: u32 = 50;

const LOGIN: &[u8] = br#"{"email": "first@example.org", "password": "a wrong password"}"#;

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let (mut added, mut idle, mut meanwhile) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.repetitions {
        let home = bench.tools.folder()?;
        let product = Product::start(bench.tools, home.path(), &[])?;
        let period = Duration::from_secs(bench.seconds);
        let address = product.address;
        idle.push(median_latency(address, period)?);
        let memory = Memory::of(product.process_id())?;
        meanwhile.push(during_flood(address, || median_latency(address, period))?);
        added.push(memory.added()?);
    }
    let client = format!("blocking sockets of the benchmark, {AT_ONCE} connections");
    Ok(vec![
        Row {
            what: format!("memory added by {AT_ONCE} logins at once"),
            ours: Series::new(added).into(),
            floor_name: "what is allowed".to_owned(),
            floor: Series::new(vec![MOST; bench.repetitions]).into(),
            unit: "MB",
            bound: Bound::AtMost(1.0),
            client: client.clone(),
        },
        Row {
            what: format!("`GET /v1/capabilities` during {AT_ONCE} logins at once, median"),
            ours: Series::new(meanwhile).into(),
            floor_name: "without".to_owned(),
            floor: Series::new(idle).into(),
            unit: "ms",
            bound: Bound::Reported,
            client,
        },
    ])
}

/// Sends logins on every connection while `work` runs; each is sent again as soon as it is answered.
fn during_flood<T>(address: SocketAddr, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let (is_over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (is_over, answered) = (&is_over, &answered);
    thread::scope(|scope| {
        let clients: Vec<_> =
            (0..AT_ONCE).map(|_| scope.spawn(move || log_in_until(address, is_over, answered))).collect();
        let outcome = work();
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().map_err(|_panic| "a client panicked")??;
        }
        if answered.load(Ordering::Relaxed) < AT_ONCE {
            return Err("the flood was none: logins were not answered".into());
        }
        outcome
    })
}

fn log_in_until(address: SocketAddr, is_over: &AtomicBool, answered: &AtomicUsize) -> Outcome<()> {
    let headers = [("Content-Type", "application/json")];
    let login = Request { method: "POST", path: "/v1/auth/login", headers: &headers, body: LOGIN };
    let mut connection = Connection::open(address)?;
    while !is_over.load(Ordering::Relaxed) {
        let status = connection.send(&login)?.status;
        answered.fetch_add(1, Ordering::Relaxed);
        match status {
            401 => {}
            // As a client that heeds no `Retry-After`, but does not burn the machine that it shares either.
            429 => thread::sleep(Duration::from_millis(50)),
            other => return Err(format!("a login was answered {other}").into()),
        }
    }
    Ok(())
}

/// The median of what a request waits that is sent at a steady rate, in milliseconds.
fn median_latency(address: SocketAddr, period: Duration) -> Outcome<f64> {
    let request = Request { method: "GET", path: "/v1/capabilities", headers: &[], body: b"" };
    let mut connection = Connection::open(address)?;
    let (begun, mut waits) = (Instant::now(), Vec::new());
    while begun.elapsed() < period {
        let sent = Instant::now();
        connection.send(&request)?.expect(200)?;
        waits.push(sent.elapsed().as_secs_f64() * 1e3);
        thread::sleep((Duration::from_secs(1) / PER_SECOND).saturating_sub(sent.elapsed()));
    }
    Ok(Series::new(waits).median())
}
