use super::*;

#[test]
fn only_other_machines_without_encryption_are_named() {
    for (url, host) in [
        ("http://minio:9000", Some("minio")),
        ("http://s3.example/storage/v1/s3", Some("s3.example")),
        ("HTTP://10.0.0.7:9000/", Some("10.0.0.7")),
        ("http://[2001:db8::1]:9000", Some("2001:db8::1")),
        ("http://localhost.example", Some("localhost.example")),
        ("http://s3.example?x", Some("s3.example")),
        ("https://s3.example", None),
        ("http://localhost:9000", None),
        ("http://LOCALHOST", None),
        ("http://127.0.0.1:9000/path", None),
        ("http://127.8.9.1", None),
        ("http://[::1]:9000", None),
        ("http://[::ffff:127.0.0.1]", None),
    ] {
        assert_eq!(plain_host(url), host, "{url}");
    }
}

#[test]
fn credentials_are_never_part_of_the_host() {
    assert_eq!(plain_host("http://key:s3cret@s3.example:9000/x@y"), Some("s3.example"));
}
