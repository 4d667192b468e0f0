//! Where a store is, as a URL.

use http::Uri;

/// The text is not the base URL of an S3 server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is not an http or https URL with a host and without user, query and fragment")]
pub struct InvalidEndpoint {
    /// The setting that holds it.
    pub setting: &'static str,
}

/// The base URL of an S3 server, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    scheme: &'static str,
    /// As browsers send it in `Host`: without the port that the scheme implies.
    host: String,
    /// Without a slash at its end: `/storage/v1/s3`.
    path: String,
}

impl Endpoint {
    pub(crate) fn parse(setting: &'static str, text: &str) -> Result<Self, InvalidEndpoint> {
        let invalid = InvalidEndpoint { setting };
        let Ok(uri) = text.trim().parse::<Uri>() else { return Err(invalid) };
        let (scheme, implied_port) = match uri.scheme_str() {
            Some("http") => ("http", 80),
            Some("https") => ("https", 443),
            _ => return Err(invalid),
        };
        let Some(authority) = uri.authority() else { return Err(invalid) };
        if authority.host().is_empty()
            || authority.as_str().contains('@')
            || uri.query().is_some()
            || text.contains('#')
        {
            return Err(invalid);
        }
        let host = authority.host().to_ascii_lowercase();
        let host = match authority.port_u16() {
            Some(port) if port != implied_port => format!("{host}:{port}"),
            _ => host,
        };
        Ok(Self { scheme, host, path: uri.path().trim_end_matches('/').to_owned() })
    }

    /// The URL for the SDK, which glues the bucket to it: without the slash at the end `s3` and `files` would become
    /// `s3files`.
    pub(crate) fn base_url(&self) -> String {
        format!("{}://{}{}/", self.scheme, self.host, self.path)
    }

    pub(crate) fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// The place of a bucket's objects.
    pub(crate) fn bucket(&self, bucket: &str, path_style: bool) -> BucketAddress {
        let (host, path) = if path_style {
            (self.host.clone(), format!("{}/{bucket}/", self.path))
        } else {
            (format!("{bucket}.{}", self.host), format!("{}/", self.path))
        };
        BucketAddress { origin: format!("{}://{host}", self.scheme), host, path }
    }
}

/// Where the objects of a bucket are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BucketAddress {
    /// `https://host`
    pub(crate) origin: String,
    /// The value of `Host`.
    pub(crate) host: String,
    /// What stands before the key, with a slash at both ends.
    pub(crate) path: String,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't parse its own text has failed")]

    use super::*;

    #[test]
    fn an_endpoint_gets_exactly_one_slash_at_its_end() {
        for text in
            ["https://a.b/storage/v1/s3", "https://a.b/storage/v1/s3/", " https://A.b:443/storage/v1/s3// "]
        {
            let endpoint = Endpoint::parse("S3_ENDPOINT", text).unwrap();
            assert_eq!(endpoint.base_url(), "https://a.b/storage/v1/s3/");
            assert_eq!(endpoint.bucket("files", true).path, "/storage/v1/s3/files/");
        }
        assert_eq!(Endpoint::parse("S3_ENDPOINT", "http://h:9000").unwrap().base_url(), "http://h:9000/");
    }

    #[test]
    fn a_bucket_in_front_of_the_host_is_not_in_the_path() {
        let address =
            Endpoint::parse("S3_ENDPOINT", "https://s3.amazonaws.com").unwrap().bucket("files", false);
        assert_eq!((address.origin.as_str(), address.path.as_str()), ("https://files.s3.amazonaws.com", "/"));
    }

    #[test]
    fn what_is_no_base_url_is_refused_and_never_shown() {
        for text in [
            "",
            "localhost",
            "ftp://a",
            "http://",
            "http://user:secret@a",
            "http://a?b=c",
            "http://a/#b",
            "/a",
        ] {
            let error = Endpoint::parse("S3_ENDPOINT", text).unwrap_err();
            assert!(error.to_string().starts_with("S3_ENDPOINT is not"), "{text}");
            assert!(!error.to_string().contains("secret"));
        }
    }
}
