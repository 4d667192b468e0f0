//! axe-core in a page.

use fm_e2e::{Page, tool};

/// Small phones, tablets, screens; in CSS pixels.
const WIDTHS: [u32; 3] = [320, 768, 1440];

/// What is wrong with the page as it is: the rule, and the elements that break it. The size of targets is a rule of WCAG 2.2,
/// which axe-core leaves out unless it is asked for.
const VIOLATIONS: &str = "axe.run({resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})
    .then(({violations}) => violations.map(({id, nodes}) => `${id}: ${nodes.map(node => node.html).join(' ')}`))";

/// Checks the page in every width and theme, once nothing happens in it any more.
pub(super) async fn is_accessible(page: &Page, state: &str) {
    page.rests().await;
    for width in WIDTHS {
        page.resize(width, 900).await;
        is_accessible_now(page, state).await;
    }
}

/// Checks the page as it is in both themes: nothing is violated, and nothing makes it wider than its window.
pub(super) async fn is_accessible_now(page: &Page, state: &str) {
    if page.evaluate("typeof axe").await != "object" {
        let axe = tool("TEST_CLIENTS").join("node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&axe).unwrap_or_else(|error| panic!("{}: {error}", axe.display()));
        page.evaluate(&format!("{axe}; 0")).await;
    }
    let widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]").await;
    let [shown, window]: [u64; 2] = serde_json::from_value(widths).unwrap();
    assert!(shown <= window, "{state} is {shown} pixels wide of {window}");
    for scheme in ["light", "dark"] {
        page.prefer(scheme).await;
        let violations: Vec<String> = serde_json::from_value(page.evaluate(VIOLATIONS).await).unwrap();
        assert_eq!(violations, Vec::<String>::new(), "{state}, {scheme}, {window} pixels");
    }
}
