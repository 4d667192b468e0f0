//! A page, and what a person does with it.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::eventually;
use super::chromium::Chromium;
use super::devtools::{DevTools, Event};

/// How long an element may take until it can be clicked on.
const CLICK_TIMEOUT: Duration = Duration::from_secs(20);

/// How often it is looked for at least.
const CLICK_LOOKS: u32 = 5;

/// Where to click on the one element that a selector names: its middle, once nothing covers it. A text says why not.
const MIDDLE: &str = "(selector) => {
    const found = document.querySelectorAll(selector);
    if (found.length !== 1) return `there are ${found.length}`;
    const element = found[0];
    if (element.disabled) return 'it is disabled';
    element.scrollIntoView({block: 'center', behavior: 'instant'});
    const box = element.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const top = document.elementFromPoint(x, y);
    return top && element.contains(top) ? {x, y} : 'something covers it';
}";

/// A page in a browser of its own, which ends with it.
pub struct Page {
    devtools: DevTools,
    session: String,
    browser: Chromium,
}

impl Page {
    /// Opens this URL and waits until it is loaded; fails when it can't be.
    pub async fn open(url: &str) -> Self {
        let (browser, input, output) = Chromium::start();
        let mut page = Self { devtools: DevTools::on(input, output), session: String::new(), browser };
        let target = page.devtools.call(None, "Target.createTarget", json!({"url": "about:blank"})).await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = page.devtools.call(None, "Target.attachToTarget", attach).await;
        session["sessionId"].as_str().unwrap().clone_into(&mut page.session);
        // With the answer, all that was asked of the session before is in force too, and stays so for the next document.
        page.evaluate("0").await;
        let loading = page.call("Page.navigate", json!({"url": url})).await;
        assert!(loading.get("errorText").is_none(), "{url}: {}", loading["errorText"]);
        eventually("the page is loaded", async || {
            (page.evaluate("document.readyState").await == "complete").then_some(())
        })
        .await;
        page
    }

    /// The value of a JavaScript expression, after its promise where it is one.
    pub async fn evaluate(&self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut outcome = self.call("Runtime.evaluate", parameters).await;
        assert!(outcome.get("exceptionDetails").is_none(), "{expression}: {}", outcome["exceptionDetails"]);
        outcome["result"]["value"].take()
    }

    /// The text that a person sees in the elements that the selector names, one item for each.
    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let selector = Value::from(selector);
        let found =
            format!("Array.from(document.querySelectorAll({selector}), found => found.innerText.trim())");
        serde_json::from_value(self.evaluate(&found).await).unwrap()
    }

    /// Waits until one of the elements that the selector names shows this text, perhaps among other text.
    pub async fn shows(&self, selector: &str, text: &str) {
        eventually(&format!("`{selector}` shows {text:?}"), async || {
            self.texts(selector).await.iter().any(|shown| shown.contains(text)).then_some(())
        })
        .await;
    }

    /// Clicks on the one element that the selector names, as a person does: when it is there, uncovered and at rest.
    pub async fn click(&self, selector: &str) {
        let middle = format!("({MIDDLE})({})", Value::from(selector));
        let started = Instant::now();
        let mut before = Value::Null;
        let mut looks = 0;
        let place = loop {
            let now = self.evaluate(&middle).await;
            looks += 1;
            if now.is_object() && now == before {
                break now;
            }
            // One look at a page that is still at work may take as long as all of the time.
            let may_come = started.elapsed() < CLICK_TIMEOUT || looks < CLICK_LOOKS;
            assert!(may_come, "`{selector}` can't be clicked on: {now}");
            before = now;
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        for kind in ["mousePressed", "mouseReleased"] {
            let (x, y) = (&place["x"], &place["y"]);
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Types this text into the one field that the selector names.
    pub async fn enter(&self, selector: &str, text: &str) {
        self.click(selector).await;
        self.call("Input.insertText", json!({"text": text})).await;
        let value = format!("document.querySelector({}).value", Value::from(selector));
        assert!(self.evaluate(&value).await == text, "`{selector}` takes what is typed");
    }

    /// Waits until nothing has happened for half a second: no request, no answer, no message.
    pub async fn rests(&self) {
        let mut before = usize::MAX;
        eventually("the page rests", async || {
            let now = self.devtools.events().len();
            let rests = now == before;
            before = now;
            tokio::time::sleep(Duration::from_millis(500)).await;
            rests.then_some(())
        })
        .await;
    }

    /// Every URL that the page and its workers asked for, also in vain: with `data:` and `blob:`.
    pub fn requests(&self) -> Vec<String> {
        self.devtools.events().iter().filter_map(requested).collect()
    }

    /// Every error that stands in the console: exceptions, failed loads, violated policies, `console.error`.
    pub fn errors(&self) -> Vec<String> {
        self.devtools.events().iter().filter_map(error).collect()
    }

    /// The folder of everything that the browser writes.
    pub fn folder(&self) -> &Path {
        self.browser.folder()
    }

    async fn call(&self, method: &str, parameters: Value) -> Value {
        self.devtools.call(Some(&self.session), method, parameters).await
    }
}

/// Ends the browser, also when the test has failed, and says then what the browser complained of.
impl Drop for Page {
    fn drop(&mut self) {
        self.devtools.close();
        self.browser.end();
        if std::thread::panicking() {
            let errors = self.errors();
            eprintln!("the console: {errors:#?}\nthe browser:\n{}", self.browser.complaints());
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
