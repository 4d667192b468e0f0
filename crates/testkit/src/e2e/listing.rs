//! Lists of files, walked page by page.

use serde_json::Value;

use super::Api;

impl Api {
    /// One page of the list with these query parameters.
    pub async fn page(&self, parameters: &[(&str, &str)]) -> Value {
        self.get("/v1/files").query(parameters).send().await.expect(200).json()
    }

    /// All files of the list with these query parameters, walked to its end.
    pub async fn all(&self, parameters: &[(&str, &str)]) -> Vec<Value> {
        let mut files = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut query = parameters.to_vec();
            if let Some(cursor) = &cursor {
                query.push(("cursor", cursor));
            }
            let page = self.page(&query).await;
            files.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return files,
            }
            assert!(files.len() < 100_000, "the list ends");
        }
    }
}

/// The names of these files, in their order.
pub fn names(files: &[Value]) -> Vec<String> {
    files.iter().map(|file| file["name"].as_str().expect("a file has a name").to_owned()).collect()
}
