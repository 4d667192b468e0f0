//! `GET /redoc`: ReDoc, out of the binary.

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::problem::Answer;

static SCRIPT: &[u8] = include_bytes!("../../../../../vendor/redoc/redoc.standalone.js");

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>File Manager API</title>
<style>body { margin: 0; font-family: system-ui, sans-serif; }</style>
</head>
<body>
<redoc spec-url="/openapi.json" theme='{"typography": {"fontFamily": "system-ui, sans-serif", "headings": {"fontFamily": "system-ui, sans-serif"}}}'></redoc>
<script src="/redoc/redoc.standalone.js"></script>
</body>
</html>
"#;

/// Nothing from other hosts: not even the logo that the script would load. The script searches in a worker of its own
/// making.
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
    response.insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    Ok(response.body(SCRIPT))
}
