//! What `file-manager health` is told.

use clap::Args;
use http::Uri;

/// Whom to ask.
#[derive(Debug, Clone, Default, Args)]
pub struct HealthArgs {
    /// What to ask, by plain HTTP: `/health/ready` at HOST and PORT when nothing is said.
    #[arg(value_name = "URL", value_parser = plain_url)]
    pub url: Option<String>,
    /// Ask `/health/live` there: whether the program serves, not whether its stores answer.
    #[arg(long, conflicts_with = "url")]
    pub live: bool,
    /// One JSON object: the `url` that was asked, and the `status` of its answer.
    #[arg(long)]
    pub json: bool,
}

/// An absolute URL of HTTP: a program speaks no TLS by itself.
fn plain_url(text: &str) -> Result<String, &'static str> {
    let uri = text.parse::<Uri>().ok();
    let is_plain = uri.is_some_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
    if is_plain { Ok(text.to_owned()) } else { Err("must begin with http:// and a host") }
}
