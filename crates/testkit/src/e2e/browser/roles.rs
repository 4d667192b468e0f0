//! Elements as assistive technology knows them: by role and accessible name.

use serde_json::{Value, json};

use super::super::eventually;
use super::page::{MIDDLE, Page, at_rest};

/// How often Tab may be pressed until it leads to an element.
const MOST_TABS: usize = 60;

/// The elements of a page that have this role and exactly this accessible name, without those that are hidden.
pub struct Named<'a> {
    page: &'a Page,
    role: &'a str,
    name: &'a str,
}

impl Page {
    /// The elements of this role (`button`, `link`, `textbox`, `row`) and of this accessible name.
    pub const fn named<'a>(&'a self, role: &'a str, name: &'a str) -> Named<'a> {
        Named { page: self, role, name }
    }

    /// The role and the accessible name of what has the focus.
    pub async fn focused(&self) -> (String, String) {
        let element = self.call("Runtime.evaluate", json!({"expression": "document.activeElement"})).await;
        let query = json!({"objectId": element["result"]["objectId"], "fetchRelatives": false});
        let found = self.call("Accessibility.getPartialAXTree", query).await;
        let text = |key: &str| found["nodes"][0][key]["value"].as_str().unwrap_or_default().to_owned();
        (text("role"), text("name"))
    }
}

impl<'a> Named<'a> {
    /// The page that they are in.
    pub(super) const fn page(&self) -> &'a Page {
        self.page
    }

    /// The middle of the only one, when it is uncovered and at rest.
    pub(super) async fn place(&self) -> Value {
        at_rest(&self.text(), async || self.middle().await).await
    }

    /// Waits until there is one.
    pub async fn appears(&self) {
        let what = format!("there is a {}", self.text());
        eventually(&what, async || (!self.nodes().await.is_empty()).then_some(())).await;
    }

    /// Waits until there is none.
    pub async fn disappears(&self) {
        let what = format!("there is no {}", self.text());
        eventually(&what, async || self.nodes().await.is_empty().then_some(())).await;
    }

    /// Waits until it has the focus.
    pub async fn has_focus(&self) {
        let what = format!("the focus is on the {}", self.text());
        eventually(&what, async || self.is_focused().await.then_some(())).await;
    }

    /// Clicks on the only one, as a person does: when it is uncovered and at rest.
    pub async fn click(&self) {
        self.page.click_at_rest(&self.text(), async || self.middle().await).await;
    }

    /// Goes to it by Tab alone, as a person without a mouse does.
    pub async fn reach_by_tab(&self) {
        let mut passed = Vec::new();
        for _ in 0..MOST_TABS {
            self.page.press("Tab").await;
            let focused = self.page.focused().await;
            if self.is(&focused) {
                return;
            }
            passed.push(focused);
        }
        panic!("Tab leads to no {}, but to {passed:?}", self.text());
    }

    async fn is_focused(&self) -> bool {
        self.is(&self.page.focused().await)
    }

    fn is(&self, (role, name): &(String, String)) -> bool {
        role == self.role && name == self.name
    }

    fn text(&self) -> String {
        format!("{} {:?}", self.role, self.name)
    }

    /// What the browser's accessibility tree has of them.
    async fn nodes(&self) -> Vec<Value> {
        let document = self.page.call("Runtime.evaluate", json!({"expression": "document"})).await;
        let object = &document["result"]["objectId"];
        let query = json!({"objectId": object, "role": self.role, "accessibleName": self.name});
        // A page that is just left has no tree.
        let found = self.page.attempt("Accessibility.queryAXTree", query).await.unwrap_or_default();
        let nodes = found["nodes"].as_array().cloned().unwrap_or_default();
        nodes.into_iter().filter(|node| node["ignored"] != true).collect()
    }

    /// Where to click on the only one; a text says why not.
    async fn middle(&self) -> Value {
        let nodes = self.nodes().await;
        let [node] = nodes.as_slice() else { return format!("there are {}", nodes.len()).into() };
        let id = json!({"backendNodeId": node["backendDOMNodeId"]});
        // It may have been drawn anew meanwhile.
        let Some(element) = self.page.attempt("DOM.resolveNode", id).await else {
            return "it is gone".into();
        };
        let function = format!("function() {{ return ({MIDDLE})(this) }}");
        let call = json!({
            "objectId": element["object"]["objectId"],
            "functionDeclaration": function,
            "returnByValue": true,
        });
        let outcome = self.page.attempt("Runtime.callFunctionOn", call).await;
        outcome.map_or_else(|| "it is gone".into(), |mut outcome| outcome["result"]["value"].take())
    }
}
