//! `file-manager health`

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use super::complaints::{chain, complain};
use crate::cli::HealthArgs;
use crate::config::Config;

/// How long the answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// The most that is read of an answer that names a fault.
const MAX_ANSWER: usize = 64 * 1024;

/// Asks once. False, and the reason on standard error, unless the answer is a success.
pub(super) async fn run(config: &Config, args: HealthArgs) -> bool {
    let url = args.url.unwrap_or_else(|| own_url(&config.http.host, config.http.port, args.live));
    let problem = match timeout(ANSWER_TIMEOUT, ask(&url)).await {
        Ok(Ok(None)) => return true,
        Ok(Ok(Some((status, answer)))) => format!("{url} answers {status}: {answer}"),
        Ok(Err(error)) => format!("{url} gives no answer: {}", chain(&*error)),
        Err(_late) => format!("{url} gives no answer within {} s", ANSWER_TIMEOUT.as_secs()),
    };
    complain(&problem);
    false
}

/// `None` where the answer is a success, else what it says.
async fn ask(url: &str) -> Result<Option<(StatusCode, String)>, Box<dyn Error + Send + Sync>> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let (head, body) = client.get(url.parse::<Uri>()?).await?.into_parts();
    if head.status.is_success() {
        return Ok(None);
    }
    let body = Limited::new(body, MAX_ANSWER).collect().await?.to_bytes();
    Ok(Some((head.status, String::from_utf8_lossy(&body).into_owned())))
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
