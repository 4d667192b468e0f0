//! What measuring a page takes.

use serde_json::json;

use super::page::Page;

impl Page {
    /// Has the browser forget the files that it keeps for later visits.
    pub async fn clear_cache(&self) {
        self.call("Network.clearBrowserCache", json!({})).await;
    }

    /// Runs this script in every document that is opened from now on, before those of the document itself.
    pub async fn run_first(&self, script: &str) {
        self.call("Page.enable", json!({})).await;
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }
}
