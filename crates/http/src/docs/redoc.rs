//! `GET /redoc`: ReDoc, out of the binary.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;

use crate::problem::Answer;

/// The logo that the script would load from another host. The policy forbids it, but every visit would say so in the
/// console; an empty picture is left out in silence.
const LOGO: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";

static SCRIPT: LazyLock<Bytes> = LazyLock::new(|| {
    Bytes::from(include_str!("../../../../vendor/redoc/redoc.standalone.js").replace(LOGO, "data:,"))
});

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>File Manager API</title>
<link rel="icon" href="data:,">
<style>body { margin: 0; font-family: system-ui, sans-serif; }</style>
</head>
<body>
<redoc spec-url="openapi.json" theme='{"typography": {"fontFamily": "system-ui, sans-serif", "headings": {"fontFamily": "system-ui, sans-serif"}}}'></redoc>
<script src="redoc/redoc.standalone.js"></script>
</body>
</html>
"#;

/// Nothing from other hosts. The script searches in a worker of its own making.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      script-src 'self' 'unsafe-eval' blob:; worker-src blob:";

/// The page.
pub(crate) async fn page() -> Answer {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"));
    response.insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
    Ok(response.body(PAGE))
}

/// Its script.
pub(crate) async fn script() -> Answer {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "text/javascript; charset=utf-8"));
    Ok(response.body(SCRIPT.clone()))
}
