//! A press of a pointer does something when it ends, where it can still be taken back (WCAG 2.5.2).

use fm_e2e::{Api, Lane, eventually};

use super::open_as;

/// Has the page find this event of a pointer at an element.
fn tell(selector: &str, event: &str) -> String {
    format!(
        "document.querySelector('{selector}').dispatchEvent(new MouseEvent('{event}', {{bubbles: true}}))"
    )
}

#[tokio::test]
async fn a_press_beside_a_dialog_closes_it_where_it_begins_and_ends_there() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = open_as(&user, "/files").await;
    page.named("button", "New folder").click().await;
    page.named("textbox", "Name").has_focus().await;
    let dialog = page.named("dialog", "New folder");
    // Text was selected in the field, beyond its end.
    page.evaluate(&tell("dialog input", "pointerdown")).await;
    page.evaluate(&tell("dialog", "click")).await;
    dialog.appears().await;
    page.evaluate(&tell("dialog", "pointerdown")).await;
    dialog.appears().await;
    page.evaluate(&tell("dialog", "click")).await;
    dialog.disappears().await;
}

#[tokio::test]
async fn a_press_beside_all_entries_ends_the_selection() {
    let user = Api::on(Lane::Embedded).user().await;
    user.folder("Archive", None).await;
    let page = open_as(&user, "/files").await;
    page.named("row", "Archive, folder").click().await;
    page.shows(".selection-count", "1 selected").await;
    page.named("grid", "Files").click().await;
    eventually("nothing is selected", async || page.texts(".selection-count").await.is_empty().then_some(()))
        .await;
}
