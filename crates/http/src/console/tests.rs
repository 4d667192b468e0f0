use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};

use super::{is_api, is_html_wanted};

#[test]
fn what_is_below_the_api_is_no_page() {
    for path in ["/v1", "/v1/", "/v1/nothing", "/health/other"] {
        assert!(is_api(path), "{path}");
    }
    for path in ["/files", "/v10", "/healthy", "/", "/login"] {
        assert!(!is_api(path), "{path}");
    }
}

#[test]
fn only_who_names_html_wants_a_page() {
    let wants = |lists: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(ACCEPT, HeaderValue::from_static(list));
        }
        is_html_wanted(&headers)
    };
    assert!(wants(&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"]));
    assert!(wants(&["application/json", "Text/HTML;q=0.5"]));
    for lists in [&[] as &[&str], &["*/*"], &["text/*"], &["application/json, text/plain"], &["text/htmlx"]] {
        assert!(!wants(lists), "{lists:?}");
    }
}
