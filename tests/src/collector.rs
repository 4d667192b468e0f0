//! A collector of traces that speaks OTLP over HTTP, and keeps what it receives.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
pub use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

/// What it received.
#[derive(Default)]
struct Received {
    heads: Vec<String>,
    spans: Vec<Span>,
    services: Vec<String>,
}

/// A collector on a port of its own.
#[derive(Clone)]
pub struct Collector {
    received: Arc<Mutex<Received>>,
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    pub endpoint: String,
}

impl Collector {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::<Mutex<Received>>::default();
        let collector = Self { received, endpoint };
        let receiving = collector.clone();
        // It ends with the process of the tests.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (receiving, stream) = (receiving.clone(), stream.unwrap());
                thread::spawn(move || receiving.receive(&stream));
            }
        });
        collector
    }

    /// Answers one request after the other, until the connection ends.
    fn receive(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        loop {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head).unwrap_or(0) == 0 {
                    return;
                }
            }
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            self.keep(head, &ExportTraceServiceRequest::decode(&*body).unwrap());
            let answer =
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
            let mut writer = stream;
            if writer.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn keep(&self, head: String, request: &ExportTraceServiceRequest) {
        let mut received = self.received.lock().unwrap();
        received.heads.push(head);
        for resource in &request.resource_spans {
            let attributes = &resource.resource.as_ref().unwrap().attributes;
            received.services.extend(attribute(attributes, "service.name"));
            received.spans.extend(resource.scope_spans.iter().flat_map(|scope| scope.spans.clone()));
        }
    }

    /// The heads of its requests, in lower case.
    pub fn heads(&self) -> Vec<String> {
        self.received.lock().unwrap().heads.clone()
    }

    /// The services that the spans are of.
    pub fn services(&self) -> Vec<String> {
        self.received.lock().unwrap().services.clone()
    }

    /// Every span so far.
    pub fn spans(&self) -> Vec<Span> {
        self.received.lock().unwrap().spans.clone()
    }

    /// The spans of this trace so far.
    pub fn trace(&self, id: &str) -> Vec<Span> {
        self.spans().into_iter().filter(|span| hex::encode(&span.trace_id) == id).collect()
    }
}

/// The text of an attribute of a span.
pub fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?;
    match value {
        AnyValue { value: Some(Value::StringValue(text)) } => Some(text.clone()),
        AnyValue { value: Some(Value::IntValue(number)) } => Some(number.to_string()),
        other => panic!("{key}: {other:?}"),
    }
}
