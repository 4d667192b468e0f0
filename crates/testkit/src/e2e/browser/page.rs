//! A page, and what a person does with it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use super::super::eventually;
use super::running::Browser;
use crate::AT_LAST;

/// How often it is looked for at least.
const CLICK_LOOKS: u32 = 10;

/// The bit of Ctrl among the modifiers of a key, and of what is dragged.
pub(super) const CONTROL: u32 = 2;

/// Where to click on an element: its middle, once nothing covers it. A text says why not.
pub(super) const MIDDLE: &str = "(element) => {
    if (element.disabled) return 'it is disabled';
    element.scrollIntoView({block: 'center', behavior: 'instant'});
    const box = element.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const top = document.elementFromPoint(x, y);
    return top && element.contains(top) ? {x, y} : 'something covers it';
}";

/// Is answered when the next frame is drawn, and every animation has ended that ends.
const ANIMATIONS_ENDED: &str = "(async () => {
    await new Promise(requestAnimationFrame);
    const all = document.getAnimations().filter(one => one.effect.getComputedTiming().endTime < Infinity);
    await Promise.all(all.map(one => one.finished.catch(() => {})));
})()";

/// A page in a browser of its own, which ends with it and with the tabs beside it.
pub struct Page {
    pub(super) browser: Arc<Browser>,
    session: String,
}

impl Page {
    /// Opens this URL and waits until it is loaded; fails when it can't be.
    pub async fn open(url: &str) -> Self {
        Self::in_tab_of(Arc::new(Browser::start()), url).await
    }

    /// Opens this URL in another tab of the same browser, with the same cookies and storage. This page is behind it from then
    /// on: it is hidden, and answers no clicks and no questions about roles. Requests and errors are told of both.
    pub async fn open_beside(&self, url: &str) -> Self {
        Self::in_tab_of(Arc::clone(&self.browser), url).await
    }

    async fn in_tab_of(browser: Arc<Browser>, url: &str) -> Self {
        let target = browser.devtools.call(None, "Target.createTarget", json!({"url": "about:blank"})).await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.devtools.call(None, "Target.attachToTarget", attach).await;
        let session = session["sessionId"].as_str().unwrap().to_owned();
        let page = Self { browser, session };
        // With the answer, all that was asked of the session before is in force too, and stays so for the next document.
        page.evaluate("0").await;
        page.visit(url).await;
        page
    }

    /// Opens another URL in its place, with the cookies and the storage that are there.
    pub async fn visit(&self, url: &str) {
        let loading = self.call("Page.navigate", json!({"url": url})).await;
        assert!(loading.get("errorText").is_none(), "{url}: {}", loading["errorText"]);
        eventually("the page is loaded", async || {
            (self.evaluate("document.readyState").await == "complete").then_some(())
        })
        .await;
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
        let found = format!("document.querySelectorAll({})", Value::from(selector));
        let middle = format!(
            "(found => found.length === 1 ? ({MIDDLE})(found[0]) : `there are ${{found.length}}`)({found})"
        );
        self.click_at_rest(&format!("`{selector}`"), async || self.evaluate(&middle).await).await;
    }

    /// Clicks where `place` says, as soon as it says the same twice; until then it may say why nothing can be clicked on.
    pub(super) async fn click_at_rest(&self, what: &str, place: impl AsyncFn() -> Value) {
        let place = at_rest(what, place).await;
        for kind in ["mousePressed", "mouseReleased"] {
            let (x, y) = (&place["x"], &place["y"]);
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Types this text into the one field that the selector names.
    pub async fn enter(&self, selector: &str, text: &str) {
        self.click(selector).await;
        self.write(text).await;
        let value = format!("document.querySelector({}).value", Value::from(selector));
        assert!(self.evaluate(&value).await == text, "`{selector}` takes what is typed");
    }

    /// Types this text wherever the focus is, over what is selected there.
    pub async fn write(&self, text: &str) {
        self.call("Input.insertText", json!({"text": text})).await;
    }

    /// Chooses these files in the one input that the selector names, as in the system's dialog.
    pub async fn choose(&self, selector: &str, files: &[&Path]) {
        let input = format!("document.querySelector({})", Value::from(selector));
        let found = self.call("Runtime.evaluate", json!({"expression": input})).await;
        let chosen = json!({"objectId": found["result"]["objectId"], "files": files});
        self.call("DOM.setFileInputFiles", chosen).await;
    }

    /// Presses a key and lets it go. Its name is that of `KeyboardEvent.key`: `Tab`, `F2`, `a`.
    pub async fn press(&self, key: &str) {
        let (code, text) = key_code(key);
        for kind in [if text.is_some() { "keyDown" } else { "rawKeyDown" }, "keyUp"] {
            let mut event = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if let Some(text) = text.filter(|_| kind == "keyDown") {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Presses a key while Ctrl is held: it types nothing.
    pub async fn press_with_control(&self, key: &str) {
        let (code, _) = key_code(key);
        for kind in ["rawKeyDown", "keyUp"] {
            let event =
                json!({"type": kind, "key": key, "windowsVirtualKeyCode": code, "modifiers": CONTROL});
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Gives the page a window of this many CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size).await;
        self.ends_animations().await;
    }

    /// Has the page find that its reader prefers `light` or `dark`.
    pub async fn prefer(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", features).await;
        self.ends_animations().await;
    }

    /// Has the page look as it does on paper.
    pub async fn look_printed(&self) {
        self.call("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
        self.ends_animations().await;
    }

    /// Has the page send no more than so many bytes a second.
    pub async fn slow_down(&self, bytes_a_second: u64) {
        let conditions = json!({
            "offline": false,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": bytes_a_second,
        });
        self.call("Network.emulateNetworkConditions", conditions).await;
    }

    /// A picture of the window, as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        let shot = self.call("Page.captureScreenshot", json!({"format": "png"})).await;
        base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// Waits until every animation and transition that ends has ended.
    async fn ends_animations(&self) {
        self.evaluate(ANIMATIONS_ENDED).await;
    }

    /// Waits until nothing has happened for half a second: no request, no answer, no message.
    pub async fn rests(&self) {
        let mut before = usize::MAX;
        eventually("the page rests", async || {
            let now = self.browser.devtools.events().len();
            let rests = now == before;
            before = now;
            tokio::time::sleep(Duration::from_millis(500)).await;
            rests.then_some(())
        })
        .await;
    }

    /// Every URL that the page and its workers asked for, also in vain: with `data:` and `blob:`.
    pub fn requests(&self) -> Vec<String> {
        self.browser.requests()
    }

    /// The statuses of the answers to requests for this URL.
    pub fn statuses(&self, url: &str) -> Vec<u64> {
        let events = self.browser.devtools.events();
        let answers = events.iter().filter(|event| event.method == "Network.responseReceived");
        let answers = answers.map(|event| &event.params["response"]).filter(|answer| answer["url"] == url);
        answers.filter_map(|answer| answer["status"].as_u64()).collect()
    }

    /// The values of all cookies, those too that no script can read.
    pub async fn cookies(&self) -> Vec<String> {
        let found = self.call("Network.getCookies", json!({})).await;
        let cookies = found["cookies"].as_array().unwrap();
        cookies.iter().map(|cookie| cookie["value"].as_str().unwrap().to_owned()).collect()
    }

    /// Every error that stands in the console: exceptions, failed loads, violated policies, `console.error`.
    pub fn errors(&self) -> Vec<String> {
        self.browser.errors()
    }

    /// The folder of everything that the browser writes.
    pub fn folder(&self) -> &Path {
        self.browser.folder()
    }

    pub(super) async fn call(&self, method: &str, parameters: Value) -> Value {
        self.browser.devtools.call(Some(&self.session), method, parameters).await
    }

    /// The same, or `None` where it has become impossible.
    pub(super) async fn attempt(&self, method: &str, parameters: Value) -> Option<Value> {
        self.browser.devtools.attempt(Some(&self.session), method, parameters).await.ok()
    }
}

/// What `place` says, as soon as it says the same place twice; until then it may say why there is none.
pub(super) async fn at_rest(what: &str, place: impl AsyncFn() -> Value) -> Value {
    let started = Instant::now();
    let mut before = Value::Null;
    let mut looks = 0;
    loop {
        let now = place().await;
        looks += 1;
        if now.is_object() && now == before {
            return now;
        }
        // One look at a page that is still at work may take as long as all of the time.
        let may_come = started.elapsed() < AT_LAST || looks < CLICK_LOOKS;
        assert!(may_come, "{what} can't be clicked on: {now}");
        before = now;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The code of a key on Windows, which browsers tell keys by, and what it types.
fn key_code(key: &str) -> (u32, Option<&str>) {
    let code = match key {
        "Backspace" => 8,
        "Tab" => 9,
        "Enter" => return (13, Some("\r")),
        "Escape" => 27,
        "End" => 35,
        "Home" => 36,
        "ArrowLeft" => 37,
        "ArrowUp" => 38,
        "ArrowRight" => 39,
        "ArrowDown" => 40,
        "Delete" => 46,
        "ContextMenu" => 93,
        "F2" => 113,
        _ => {
            let mut characters = key.chars();
            let (Some(character), None) = (characters.next(), characters.next()) else {
                panic!("no key is named {key:?} here");
            };
            return (u32::from(character.to_ascii_uppercase()), Some(key));
        }
    };
    (code, None)
}
