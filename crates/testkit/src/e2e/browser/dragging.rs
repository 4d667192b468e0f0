//! Dragging, as a person does with a mouse: files and folders from outside, and what a page lets be dragged.

use std::path::Path;

use serde_json::{Value, json};

use super::super::eventually;
use super::page::{CONTROL, Page};
use super::roles::Named;

/// The operations that a file manager of the system offers with what is dragged from it: a copy.
const COPY: u32 = 1;

/// How far the mouse is moved until the page takes that for dragging, in CSS pixels.
const PULL: f64 = 12.0;

/// Something that is dragged over a page. It falls nowhere until it is dropped.
pub struct Drag<'a> {
    page: &'a Page,
    data: Value,
    modifiers: u32,
    has_entered: bool,
}

impl Page {
    /// Drags these files and folders of the machine here from outside.
    pub fn drag_files(&self, files: &[&Path]) -> Drag<'_> {
        Drag::of(self, json!({"items": [], "files": files, "dragOperationsMask": COPY}))
    }
}

impl<'a> Named<'a> {
    /// Begins to drag the only one by its middle; fails where the page does not let it be dragged.
    pub async fn drag(&self) -> Drag<'a> {
        let page = self.page();
        let place = self.place().await;
        let (x, y) = (place["x"].as_f64().unwrap(), place["y"].as_f64().unwrap());
        page.call("Input.setInterceptDrags", json!({"enabled": true})).await;
        let before = page.browser.devtools.events().len();
        for (kind, x) in [("mousePressed", x), ("mouseMoved", x + PULL)] {
            let event =
                json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1});
            page.call("Input.dispatchMouseEvent", event).await;
        }
        let data = eventually("it is dragged", async || {
            let events = page.browser.devtools.events();
            let mut since = events.iter().skip(before);
            let begun = since.find(|event| event.method == "Input.dragIntercepted")?;
            Some(begun.params["data"].clone())
        })
        .await;
        page.call("Input.setInterceptDrags", json!({"enabled": false})).await;
        Drag::of(page, data)
    }
}

impl<'a> Drag<'a> {
    const fn of(page: &'a Page, data: Value) -> Self {
        Self { page, data, modifiers: 0, has_entered: false }
    }

    /// Holds Ctrl from now on.
    #[must_use]
    pub const fn with_control(mut self) -> Self {
        self.modifiers = CONTROL;
        self
    }

    /// Moves it over the middle of the only one of these, and stays there.
    pub async fn over(&mut self, target: &Named<'_>) {
        let place = target.place().await;
        if !self.has_entered {
            self.send("dragEnter", &place).await;
            self.has_entered = true;
        }
        // The browser hands the first of them to a new target as `dragenter`, those after it as `dragover`.
        for _ in 0..2 {
            self.send("dragOver", &place).await;
        }
    }

    /// Drops it on the only one of these. The browser hands it to the page where that takes it.
    pub async fn drop_on(mut self, target: &Named<'_>) {
        self.over(target).await;
        let place = target.place().await;
        self.send("drop", &place).await;
    }

    async fn send(&self, kind: &str, place: &Value) {
        let event = json!({
            "type": kind,
            "x": place["x"],
            "y": place["y"],
            "data": self.data,
            "modifiers": self.modifiers,
        });
        self.page.call("Input.dispatchDragEvent", event).await;
    }
}
