//! Secrets, taken out of texts that an operator may pass on.

use percent_encoding::percent_decode_str;

use crate::config::Secret;

/// Shorter texts are no secrets, and are parts of many words.
const SHORTEST: usize = 4;

/// The texts that must not be shown, the longest first: one may hold another.
pub(super) struct Redaction(Vec<String>);

impl Redaction {
    /// Of each secret: itself, each item of a list, and of a URL the password and what stands behind its `?`.
    pub(super) fn new(secrets: &[Secret]) -> Self {
        let mut hidden = Vec::new();
        for secret in secrets {
            let text = secret.expose();
            hidden.push(text.to_owned());
            if let Some((_, rest)) = text.split_once("://") {
                of_url(rest, &mut hidden);
                continue;
            }
            // Lists of previous secrets, and of header fields (`name=value`).
            let items = text
                .split(',')
                .flat_map(|item| [Some(item), item.split_once('=').map(|(_, value)| value)])
                .flatten();
            hidden.extend(items.map(|item| item.trim().to_owned()));
        }
        hidden.retain(|text| text.len() >= SHORTEST);
        hidden.sort_unstable_by_key(|text| std::cmp::Reverse(text.len()));
        hidden.dedup();
        Self(hidden)
    }

    /// The text without them, on one line.
    pub(super) fn of(&self, text: &str) -> String {
        let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        for hidden in &self.0 {
            if text.contains(hidden.as_str()) {
                text = text.replace(hidden.as_str(), "…");
            }
        }
        text
    }
}

/// The passwords in `user:password@host/path?pass=…`, as they stand there and as they are meant.
fn of_url(rest: &str, hidden: &mut Vec<String>) {
    let authority = rest.rsplit_once('@').map(|(who, _)| who);
    let password = authority.and_then(|who| who.split_once(':')).map(|(_, password)| password);
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let of_query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter_map(|(name, value)| name.to_ascii_lowercase().contains("pass").then_some(value));
    for secret in password.into_iter().chain(of_query) {
        hidden.push(secret.to_owned());
        hidden.push(percent_decode_str(secret).decode_utf8_lossy().into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::Redaction;
    use crate::config::Secret;

    fn redacted(secret: &str, text: &str) -> String {
        Redaction::new(&[Secret::new(secret.to_owned())]).of(text)
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        assert_eq!(redacted("hunter22", "hunter22 and hunter22"), "… and …");
        assert_eq!(redacted("first-one,second-one", "a second-one b"), "a … b");
        assert_eq!(redacted("authorization=Bearer abcdef", "Bearer abcdef"), "…");
    }

    #[test]
    fn of_a_url_the_password_is_hidden_in_both_forms_and_the_host_stays() {
        let url = "postgres://ann:p%40ss-word@db.example:5432/x?sslmode=require";
        assert_eq!(redacted(url, "p@ss-word p%40ss-word db.example require"), "… … db.example require");
        assert_eq!(redacted("redis+unix:///socket?user=ann&pass=hidden-one", "hidden-one ann"), "… ann");
        assert_eq!(redacted("redis://db.example:6379/0", "db.example"), "db.example");
    }

    #[test]
    fn a_text_stays_on_its_line() {
        assert_eq!(redacted("hunter22", "one\ntwo\u{1b}[2J"), "one two [2J");
    }
}
