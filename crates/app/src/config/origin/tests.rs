use super::*;

#[test]
fn an_origin_is_written_as_browsers_send_it() {
    for (text, expected) in [
        ("https://app.example", "https://app.example"),
        ("https://app.example:443", "https://app.example"),
        ("http://app.example:80/", "http://app.example"),
        ("http://app.example:443", "http://app.example:443"),
        ("https://app.example:80", "https://app.example:80"),
        ("HTTPS://App.Example:0443/", "https://app.example"),
        ("http://localhost:5173", "http://localhost:5173"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://[::1]", "http://[::1]"),
        ("https://[fe80::80]:443", "https://[fe80::80]"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ] {
        assert_eq!(plain_origin(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_no_browser_sends_is_refused() {
    for text in [
        "",
        "app.example",
        "ftp://app.example",
        "https://",
        "https://:443",
        "https://app.example/path",
        "https://app.example?x",
        "https://ann@app.example",
        "https://app.example:",
        "https://app.example:65536",
        "https://app.example:+1",
        "https://app.example:x",
        "https://[::1]x",
        "https://*.app.example",
        "https://b\u{fc}cher.example",
        "null",
    ] {
        assert!(plain_origin(text).is_err(), "{text}");
    }
}
