//! A browser that runs, and what its pages did.

use std::path::Path;

use super::chromium::Chromium;
use super::devtools::{DevTools, Event};

/// A browser and the conversation with it.
pub(super) struct Browser {
    pub(super) devtools: DevTools,
    chromium: Chromium,
}

impl Browser {
    pub(super) fn start() -> Self {
        let (chromium, input, output) = Chromium::start();
        Self { devtools: DevTools::on(input, output), chromium }
    }

    /// The folder of everything that it writes.
    pub(super) fn folder(&self) -> &Path {
        self.chromium.folder()
    }

    /// Every URL that its pages and their workers asked for.
    pub(super) fn requests(&self) -> Vec<String> {
        self.devtools.events().iter().filter_map(requested).collect()
    }

    /// Every error that stands in the consoles of its pages.
    pub(super) fn errors(&self) -> Vec<String> {
        self.devtools.events().iter().filter_map(error).collect()
    }
}

/// Ends the browser, also when the test has failed, and says then what the browser complained of.
impl Drop for Browser {
    fn drop(&mut self) {
        self.devtools.close();
        self.chromium.end();
        if std::thread::panicking() {
            eprintln!("the console: {:#?}\nthe browser:\n{}", self.errors(), self.chromium.complaints());
        }
    }
}

fn requested(event: &Event) -> Option<String> {
    let url = match event.method.as_str() {
        "Network.requestWillBeSent" => &event.params["request"]["url"],
        "Network.webSocketCreated" | "Network.webTransportCreated" => &event.params["url"],
        _ => return None,
    };
    Some(url.as_str().unwrap_or_default().to_owned())
}

fn error(event: &Event) -> Option<String> {
    let Event { method, params } = event;
    match method.as_str() {
        "Runtime.exceptionThrown" => Some(params["exceptionDetails"].to_string()),
        "Runtime.consoleAPICalled" if params["type"] == "error" || params["type"] == "assert" => {
            Some(params["args"].to_string())
        }
        "Log.entryAdded" if params["entry"]["level"] == "error" => Some(params["entry"].to_string()),
        _ => None,
    }
}
