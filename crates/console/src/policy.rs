//! The content security policy of the pages.

/// Where pages read files from, by signed URLs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContentSources {
    /// Whether some of the URLs lead to the program itself.
    pub is_program: bool,
    /// The origins that the others lead to: `https://store.example`.
    pub origins: Vec<String>,
}

/// The value of `Content-Security-Policy`: scripts and styles are files of our own, nothing is inline and nothing is made of
/// text (trusted types); only what users stored comes from elsewhere.
pub(crate) fn policy(sources: &ContentSources) -> String {
    let mut origins = sources.origins.clone();
    origins.sort();
    origins.dedup();
    let with_origins = |own: &[&str]| {
        let all: Vec<&str> = own.iter().copied().chain(origins.iter().map(String::as_str)).collect();
        if all.is_empty() { "'none'".to_owned() } else { all.join(" ") }
    };
    let program: &[&str] = if sources.is_program { &["'self'"] } else { &[] };
    let content = with_origins(program);
    let pictures = with_origins(&["'self'", "blob:"]);
    let requests = with_origins(&["'self'"]);
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src {pictures}; media-src {content}; \
         connect-src {requests}; frame-src {content}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
         require-trusted-types-for 'script'"
    )
}
