//! `file-manager health`

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use fm_domain::error::Cause;
use http::{StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::time::timeout;

use super::complaints::refuse;
use super::say;
use crate::cli::HealthArgs;
use crate::config::Config;

/// How long the answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// The most that is read of an answer that names a fault.
const MAX_ANSWER: usize = 64 * 1024;

/// Asks once. False, and the reason on standard error, unless the answer is a success.
pub(super) async fn run(config: &Config, args: HealthArgs) -> bool {
    let url = args.url.unwrap_or_else(|| own_url(&config.http.host, config.http.port, args.live));
    let asked = timeout(ANSWER_TIMEOUT, ask(&url)).await;
    let unhealthy = match asked {
        Ok(Ok(Asked { status, failure: None })) => {
            if args.json {
                say(&json!({"url": url, "status": status.as_u16()}).to_string());
            }
            return true;
        }
        Ok(Ok(Asked { status, failure: Some(answer) })) => Unhealthy::Failed { url, status, answer },
        Ok(Err(source)) => Unhealthy::Unreachable { url, source },
        Err(_late) => Unhealthy::Silent { url },
    };
    refuse(&unhealthy)
}

/// Why a program is not healthy.
#[derive(Debug, thiserror::Error)]
enum Unhealthy {
    #[error("{url} answers {status}: {answer}")]
    Failed { url: String, status: StatusCode, answer: String },
    #[error("{url} gives no answer")]
    Unreachable { url: String, source: Cause },
    #[error("{url} gives no answer within {} s", ANSWER_TIMEOUT.as_secs())]
    Silent { url: String },
}

/// An answer.
struct Asked {
    status: StatusCode,
    /// What it says, unless it is a success.
    failure: Option<String>,
}

async fn ask(url: &str) -> Result<Asked, Cause> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let (head, body) = client.get(url.parse::<Uri>()?).await?.into_parts();
    let status = head.status;
    if status.is_success() {
        return Ok(Asked { status, failure: None });
    }
    let body = Limited::new(body, MAX_ANSWER).collect().await?.to_bytes();
    Ok(Asked { status, failure: Some(String::from_utf8_lossy(&body).into_owned()) })
}

/// Where the server of this configuration is reached on this machine.
fn own_url(host: &str, port: u16, live: bool) -> String {
    let host = match host.parse() {
        // It listens on every address of the machine, this one among them.
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        Ok(IpAddr::V4(_)) | Err(_) => host.to_owned(),
    };
    format!("http://{host}:{port}/health/{}", if live { "live" } else { "ready" })
}

#[cfg(test)]
mod tests {
    use super::own_url;

    #[test]
    fn the_own_server_is_asked_on_this_machine_wherever_it_listens() {
        for (host, url) in [
            ("0.0.0.0", "http://127.0.0.1:80/health/ready"),
            ("::", "http://[::1]:80/health/ready"),
            ("fd00::1", "http://[fd00::1]:80/health/ready"),
            ("10.0.0.1", "http://10.0.0.1:80/health/ready"),
            ("localhost", "http://localhost:80/health/ready"),
        ] {
            assert_eq!(own_url(host, 80, false), url);
        }
        assert_eq!(own_url("localhost", 8080, true), "http://localhost:8080/health/live");
    }
}
