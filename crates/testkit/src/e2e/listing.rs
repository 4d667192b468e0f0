//! Lists of files, walked page by page.

use fm_api_types::{File, FileList};

use super::Api;

impl Api {
    /// One page of the list with these query parameters.
    pub async fn page(&self, parameters: &[(&str, &str)]) -> FileList {
        self.get("/v1/files").query(parameters).send().await.expect(200).parse()
    }

    /// All files of the list with these query parameters, walked to its end.
    pub async fn all(&self, parameters: &[(&str, &str)]) -> Vec<File> {
        let mut files = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut query = parameters.to_vec();
            if let Some(cursor) = &cursor {
                query.push(("cursor", cursor));
            }
            let page = self.page(&query).await;
            files.extend(page.items);
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => return files,
            }
            assert!(files.len() < 100_000, "the list ends");
        }
    }
}

/// The name that the upload of a file asked for, by the answer to it.
pub fn asked_name(file: &File) -> &str {
    file.requested_name.as_deref().unwrap_or(&file.name)
}

/// The names of these files, in their order.
pub fn names(files: &[File]) -> Vec<String> {
    files.iter().map(|file| file.name.clone()).collect()
}
