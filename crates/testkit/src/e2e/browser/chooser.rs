//! The system's dialog for choosing files.

use std::path::Path;

use serde_json::json;

use super::super::eventually;
use super::page::Page;

impl Page {
    /// Chooses these files in the dialog that `action` opens, in place of the system's; fails when it opens none.
    pub async fn choose_when_asked(&self, action: impl Future<Output = ()>, files: &[&Path]) {
        self.call("Page.enable", json!({})).await;
        self.call("Page.setInterceptFileChooserDialog", json!({"enabled": true})).await;
        let before = self.browser.devtools.events().len();
        action.await;
        let input = eventually("a dialog for choosing files opens", async || {
            let events = self.browser.devtools.events();
            let mut since = events.iter().skip(before);
            let opened = since.find(|event| event.method == "Page.fileChooserOpened")?;
            Some(opened.params["backendNodeId"].clone())
        })
        .await;
        self.call("DOM.setFileInputFiles", json!({"backendNodeId": input, "files": files})).await;
        self.call("Page.setInterceptFileChooserDialog", json!({"enabled": false})).await;
        self.call("Page.disable", json!({})).await;
    }
}
