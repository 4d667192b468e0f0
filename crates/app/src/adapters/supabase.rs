//! What is special about the services of Supabase, for advice.

/// Whether this is the S3 endpoint of a Supabase Storage, hosted or not.
pub(super) fn is_storage(endpoint: &str) -> bool {
    let endpoint = endpoint.trim_end_matches('/').to_ascii_lowercase();
    endpoint.contains("/storage/v1") || host(&endpoint).ends_with(".supabase.co")
}

/// What to change where requests to this endpoint are refused with this code.
pub(super) fn storage_advice(endpoint: &str, code: Option<&str>) -> Option<&'static str> {
    if !is_storage(endpoint) {
        return None;
    }
    if !endpoint.trim_end_matches('/').ends_with("/storage/v1/s3") {
        return Some(
            "let S3_ENDPOINT end with /storage/v1/s3, as the dashboard shows it at Storage, Settings, S3 connection",
        );
    }
    Some(match code {
        Some("SignatureDoesNotMatch" | "AccessDenied" | "InvalidAccessKeyId") => {
            "use an S3 access key and its secret from Storage, Settings, S3 access keys (neither the anon nor the \
             service_role key), and for S3_REGION the region that is shown there"
        }
        Some("NoSuchBucket") => {
            "create the private bucket at Storage, New bucket, or correct FILES_BUCKET and THUMBNAILS_BUCKET"
        }
        _ => {
            "switch on S3 connections at Storage, Settings, and compare the endpoint there with S3_ENDPOINT; a paused project \
              has to be restored first"
        }
    })
}

/// What is to be known of the database at these hosts; `None` where they are not Supabase's.
pub(super) fn database_advice(hosts: &[String]) -> Option<&'static str> {
    let host = hosts.iter().find(|host| {
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).to_ascii_lowercase();
        name.ends_with(".supabase.co") || name.ends_with(".supabase.com")
    })?;
    Some(if host.contains(".pooler.supabase.com") {
        if host.ends_with(":6543") {
            "use the connection string of the session pooler (port 5432), not that of the transaction pooler (port 6543): \
             Connect, Session pooler"
        } else {
            "use the connection string at Connect, Session pooler: its user is postgres.PROJECT, not postgres, and its \
             password that of the database"
        }
    } else {
        "the direct connection has an IPv6 address alone: without IPv6 use the connection string at Connect, Session pooler \
         (port 5432)"
    })
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{database_advice, is_storage, storage_advice};

    #[test]
    fn the_storage_is_known_by_its_endpoint() {
        for endpoint in [
            "https://abc.storage.supabase.co/storage/v1/s3",
            "https://ABC.supabase.co/storage/v1/s3/",
            "http://127.0.0.1:54321/storage/v1/s3",
            "https://abc.supabase.co",
        ] {
            assert!(is_storage(endpoint), "{endpoint}");
        }
        for endpoint in ["https://s3.eu-central-1.amazonaws.com", "http://127.0.0.1:9000/storage"] {
            assert!(!is_storage(endpoint), "{endpoint}");
            assert_eq!(storage_advice(endpoint, Some("SignatureDoesNotMatch")), None);
        }
    }

    #[test]
    fn advice_goes_by_what_was_refused() {
        let whole = "https://abc.supabase.co/storage/v1/s3";
        let said = |endpoint, code| storage_advice(endpoint, code).unwrap_or_default();
        assert!(said(whole, Some("SignatureDoesNotMatch")).contains("S3 access key"));
        assert!(said(whole, Some("NoSuchBucket")).contains("FILES_BUCKET"));
        assert!(said(whole, None).contains("S3 connections"));
        assert!(said("https://abc.supabase.co", None).contains("/storage/v1/s3"));
    }

    #[test]
    fn the_poolers_and_the_direct_host_have_their_own() {
        let said = |host: &str| database_advice(&[host.to_owned()]);
        let pooler = "aws-0-eu-central-1.pooler.supabase.com";
        assert!(said(&format!("{pooler}:6543")).is_some_and(|said| said.contains("session pooler")));
        assert!(said(&format!("{pooler}:5432")).is_some_and(|said| said.contains("postgres.PROJECT")));
        assert!(said("db.abc.supabase.co:5432").is_some_and(|said| said.contains("IPv6")));
        assert_eq!(said("db.example.com:6543"), None);
    }
}
