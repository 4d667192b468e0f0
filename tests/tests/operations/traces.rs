//! Traces, from the request through the calls of ports into its job, as a collector gets them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use fm_e2e::collector::{Collector, Span, attribute};
use fm_e2e::{Api, Lane, User, on_every_lane, pictures};
use serde_json::Value;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

fn traced(lane: Lane, collector: &Collector) -> Api {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-collector-key=the%20key%20of%20the%20collector"),
        ("OTEL_SERVICE_NAME", "files-of-the-test"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    let api = Api::with(lane, &variables);
    api.secret("the%20key%20of%20the%20collector");
    api.secret("the key of the collector");
    api
}

/// Uploads a picture in a trace of the client's own; its id.
async fn upload(user: &User) -> String {
    let upload = user.post("/v1/files").query(&[("name", "a.png")]).header("content-type", "image/png");
    let upload = upload.header("traceparent", &format!("00-{TRACE}-{CALLER}-01"));
    let answer = upload.body(pictures::png(100, 60)).send().await.expect(201);
    user.with_thumbnail(&answer.parse()).await;
    answer.field("x-request-id")
}

fn the<'a>(spans: &'a [Span], name: &str) -> Option<&'a Span> {
    spans.iter().find(|span| span.name == name)
}

fn is_below(spans: &[Span], span: &Span, above: &Span) -> bool {
    let mut parent = &span.parent_span_id;
    while let Some(next) = spans.iter().find(|other| &other.span_id == parent) {
        if next.span_id == above.span_id {
            return true;
        }
        parent = &next.parent_span_id;
    }
    false
}

/// The first line of the log with this text.
async fn logged(api: &Api, text: &str) -> Value {
    let found = fm_e2e::eventually("it is logged", async || {
        api.server.output().lines().find(|line| line.contains(text)).map(ToOwned::to_owned)
    });
    serde_json::from_str(&found.await).unwrap()
}

/// A picture that can't be read: its job has a line of the log to itself.
async fn one_id_leads_from_the_line_of_a_request_to_that_of_its_job_and_to_their_spans(lane: Lane) {
    let collector = Collector::start();
    let api = traced(lane, &collector);
    let user = api.user().await;
    let upload = user.post("/v1/files").query(&[("name", "a.png")]).header("content-type", "image/png");
    let answer = upload.body(pictures::head_of_a_png()).send().await.expect(201);
    assert_eq!(user.with_thumbnail(&answer.parse()).await.thumbnail.status, "failed");
    let request = logged(&api, &answer.field("x-request-id")).await;
    let id = request["trace_id"].as_str().unwrap();
    let job = logged(&api, "no thumbnail can be made").await;
    assert_eq!((&job["trace_id"], &job["file.id"]), (&request["trace_id"], &answer.json()["id"]));
    for name in ["POST /v1/files", "job.run", "thumbnailer.render"] {
        fm_e2e::eventually(name, async || the(&collector.trace(id), name).is_some().then_some(())).await;
    }
}

/// The line of the log that the job of this kind left in this trace.
async fn logged_end(api: &Api, trace: &Value, kind: &str) -> Value {
    fm_e2e::eventually(&format!("the end of {kind} is logged"), async || {
        let output = api.server.output();
        let mut lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find(|line| line["message"] == "job" && line["job.kind"] == kind && line["trace_id"] == *trace)
    })
    .await
}

async fn without_a_collector_and_without_metrics_one_id_leads_from_requests_to_their_jobs(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let ids = ["uploads-", "shows-", "removes-"].map(fm_e2e::unique);
    let upload = user.post("/v1/files").query(&[("name", "a.png")]).header("content-type", "image/png");
    let upload = upload.header("x-request-id", &ids[0]).body(pictures::png(100, 60));
    let file = user.with_thumbnail(&upload.send().await.expect(201).parse()).await;
    user.get(&User::path(&file)).header("x-request-id", &ids[1]).send().await.expect(200);
    user.delete(&User::path(&file)).header("x-request-id", &ids[2]).send().await.expect(204);
    let mut traces = Vec::new();
    for id in &ids {
        let trace = logged(&api, id).await["trace_id"].clone();
        assert_eq!(trace.as_str().map(str::len), Some(32), "{id}: {trace}");
        traces.push(trace);
    }
    for (trace, kind) in [(&traces[0], "make_thumbnail"), (&traces[2], "purge_blob")] {
        let job = logged_end(&api, trace, kind).await;
        assert_eq!(job["job.outcome"], "done", "{job}");
        assert!(job["duration_ms"].is_number() && job["job.id"].is_string(), "{job}");
    }
    let different: BTreeSet<String> = traces.iter().map(Value::to_string).collect();
    assert_eq!(different.len(), ids.len(), "each request has a trace of its own");
}

async fn a_request_is_one_trace_with_its_calls_of_ports_and_its_job(lane: Lane) {
    let collector = Collector::start();
    let api = traced(lane, &collector);
    let user = api.user().await;
    let request_id = upload(&user).await;
    let spans = fm_e2e::eventually("the trace is whole", async || {
        let spans = collector.trace(TRACE);
        (the(&spans, "job.run").is_some() && the(&spans, "POST /v1/files").is_some()).then_some(spans)
    })
    .await;
    let [request, job] = ["POST /v1/files", "job.run"].map(|name| the(&spans, name).unwrap());
    assert_eq!(hex::encode(&request.parent_span_id), CALLER, "it continues the client's trace");
    assert_eq!(attribute(&request.attributes, "request.id"), Some(request_id));
    assert_eq!(attribute(&request.attributes, "http.route").as_deref(), Some("/v1/files"));
    assert_eq!(attribute(&request.attributes, "http.response.status_code").as_deref(), Some("201"));
    assert_eq!(attribute(&job.attributes, "job.kind").as_deref(), Some("make_thumbnail"));
    // Where sessions are remembered it is the copy that is looked for first.
    let session = ["session_store.find", "session_store.find_recent"].into_iter();
    let session = session.filter(|name| the(&spans, name).is_some()).take(1);
    for name in session.chain(["database.begin", "blob_store.put", "database.nodes.insert"]) {
        let call = the(&spans, name).unwrap_or_else(|| panic!("there is no span of {name}"));
        assert_eq!(attribute(&call.attributes, "outcome").as_deref(), Some("ok"));
        assert!(is_below(&spans, call, request), "{name} is below the request");
    }
    let enqueue = the(&spans, "database.jobs.enqueue").expect("the job was enqueued");
    assert_eq!(job.parent_span_id, enqueue.span_id, "the job hangs from the call that enqueued it");
    let render = the(&spans, "thumbnailer.render").expect("a thumbnail was rendered");
    assert!(is_below(&spans, render, job));
    assert!(collector.services().iter().all(|service| service == "files-of-the-test"));
    for head in collector.heads() {
        assert!(head.starts_with("post /v1/traces "), "{head}");
        assert!(head.contains("x-collector-key: the key of the collector"), "{head}");
    }
    let orphans: Vec<_> =
        collector.spans().into_iter().filter(|span| span.parent_span_id.is_empty()).collect();
    assert!(orphans.iter().all(|span| span.name == "job.run" || span.name.contains(" /")), "{orphans:#?}");
}

async fn the_last_spans_are_sent_when_the_program_stops(lane: Lane) {
    let collector = Collector::start();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str())];
    let api = Api::with(lane, &variables);
    let id = fm_e2e::unique("the-last-request-");
    api.get("/v1/capabilities").header("x-request-id", &id).send().await.expect(200);
    api.server.stop();
    let spans = collector.spans();
    let found = spans.iter().find(|span| attribute(&span.attributes, "request.id").as_ref() == Some(&id));
    assert!(found.is_some(), "{spans:#?}");
}

async fn the_log_names_the_trace_whether_spans_are_exported_or_not(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let (given, fresh) = (upload(&user).await, user.get("/v1/auth/me").send().await.field("x-request-id"));
    assert_eq!(logged(&api, &given).await["trace_id"], TRACE);
    let entry = logged(&api, &fresh).await;
    let id = entry["trace_id"].as_str().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert!(entry["session.id"].is_string() && entry["user.id"].is_string(), "{entry}");
}

async fn a_collector_out_of_reach_costs_a_line_of_the_log_and_no_time(lane: Lane) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", gone.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "50")];
    let api = Api::with(lane, &variables);
    let user = api.user().await;
    upload(&user).await;
    let warned =
        || api.server.output().lines().filter(|line| line.contains("spans can't be exported")).count();
    fm_e2e::eventually("the log says so", async || (warned() > 0).then_some(())).await;
    for _ in 0..5 {
        user.get("/v1/auth/me").send().await.expect(200);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(warned(), 1);
    let stopping = Instant::now();
    api.server.stop();
    assert!(stopping.elapsed() < Duration::from_secs(25), "{:?}", stopping.elapsed());
}

on_every_lane![
    one_id_leads_from_the_line_of_a_request_to_that_of_its_job_and_to_their_spans,
    without_a_collector_and_without_metrics_one_id_leads_from_requests_to_their_jobs,
    a_request_is_one_trace_with_its_calls_of_ports_and_its_job,
    the_last_spans_are_sent_when_the_program_stops,
    the_log_names_the_trace_whether_spans_are_exported_or_not,
    a_collector_out_of_reach_costs_a_line_of_the_log_and_no_time,
];
