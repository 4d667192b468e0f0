//! What must never be seen in a log.

use std::collections::HashSet;
use std::sync::Mutex;

use reqwest::Url;

/// Every secret that a test used, gathered as it goes.
#[derive(Default)]
pub(crate) struct Secrets(Mutex<HashSet<String>>);

impl Secrets {
    /// Remembers one.
    pub(crate) fn add(&self, secret: &str) {
        // A secret this short would be found anywhere.
        if secret.len() >= 8 {
            self.0.lock().unwrap().insert(secret.to_owned());
        }
    }

    /// Remembers what is secret in a signed URL: the whole query, and the signature in it.
    pub(crate) fn add_link(&self, url: &str) {
        let Ok(url) = Url::parse(url) else { return };
        if let Some(query) = url.query() {
            self.add(query);
        }
        for (name, value) in url.query_pairs() {
            let name = name.to_ascii_lowercase();
            if ["sig", "mac", "token"].iter().any(|part| name.contains(part)) {
                self.add(&value);
            }
        }
    }

    /// The secrets that are in `text`: as words of it, which is quick even for thousands of them.
    pub(crate) fn found_as_words(&self, text: &str) -> Vec<String> {
        let secrets = self.0.lock().unwrap();
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')));
        words.filter(|word| secrets.contains(*word)).map(ToOwned::to_owned).collect()
    }

    /// The secrets that are anywhere in `text`.
    pub(crate) fn found(&self, text: &str) -> Vec<String> {
        self.0.lock().unwrap().iter().filter(|secret| text.contains(secret.as_str())).cloned().collect()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}
