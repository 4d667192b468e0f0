//! Files that are looked at with the keyboard alone.

use fm_e2e::{Api, Lane, eventually, pictures};

use super::{open_as, press};

#[tokio::test]
async fn files_are_looked_at_one_after_another() {
    let user = Api::on(Lane::Embedded).user().await;
    for name in ["Garden.png", "Meadow.png"] {
        user.file(name, pictures::png(64, 48)).await;
    }
    user.file("Notes.txt", "A few words.").await;
    let page = open_as(&user, "/files").await;
    page.named("row", "Garden.png").appears().await;
    page.named("row", "Garden.png").reach_by_tab().await;
    page.press("Enter").await;
    page.named("group", "Garden.png").has_focus().await;
    page.named("button", "Next: Meadow.png").appears().await;
    for (key, shown, beside) in [
        ("ArrowRight", "Meadow.png", "Next: Notes.txt"),
        ("ArrowRight", "Notes.txt", "Previous: Meadow.png"),
        ("ArrowLeft", "Meadow.png", "Previous: Garden.png"),
    ] {
        page.press(key).await;
        page.named("group", shown).has_focus().await;
        page.named("button", beside).appears().await;
    }
    press(&page, "Next: Notes.txt").await;
    page.named("group", "Notes.txt").has_focus().await;
    press(&page, "Previous: Meadow.png").await;
    page.named("group", "Meadow.png").has_focus().await;
    // Escape closes the details first, and then the file.
    press(&page, "Details").await;
    page.named("button", "Close details").reach_by_tab().await;
    page.press("Escape").await;
    page.named("complementary", "Details").disappears().await;
    page.named("heading", "Meadow.png").has_focus().await;
    press(&page, "Details").await;
    press(&page, "Close details").await;
    page.named("complementary", "Details").disappears().await;
    page.named("heading", "Meadow.png").has_focus().await;
    page.press("Escape").await;
    page.named("row", "Meadow.png").has_focus().await;
}

/// How far the picture is scrolled to its end, in pixels; 0 until it is shown in its own size.
const SCROLLED: &str = "document.querySelector('.picture.zoomed')?.scrollLeft ?? 0";

/// Focuses the picture that is shown in its own size; whether it has the focus.
const FOCUS_PICTURE: &str = "(() => {
    const picture = document.querySelector('.picture.zoomed');
    picture?.focus();
    return picture !== null && picture === document.activeElement;
})()";

#[tokio::test]
async fn a_picture_in_its_own_size_is_scrolled() {
    let user = Api::on(Lane::Embedded).user().await;
    let picture = user.file("Meadow.png", pictures::png(2400, 1800)).await;
    // A picture of which no preview can be made is drawn anew: that is decided by now.
    user.with_thumbnail(&picture).await;
    user.file("Notes.txt", "A few words.").await;
    let page = open_as(&user, "/files").await;
    page.named("link", "Meadow.png").click().await;
    page.named("button", "Next: Notes.txt").appears().await;
    press(&page, "Full size").await;
    let scrolled = async |least: f64| page.evaluate(SCROLLED).await.as_f64().filter(|left| *left > least);
    let middle = eventually("its middle is shown first", async || scrolled(0.0).await).await;
    eventually("the picture has the focus", async || {
        page.evaluate(FOCUS_PICTURE).await.as_bool().filter(|focused| *focused)
    })
    .await;
    // The browser drops a step that comes before it has drawn the middle.
    eventually("the picture is scrolled", async || {
        page.press("ArrowRight").await;
        scrolled(middle).await
    })
    .await;
    page.named("heading", "Meadow.png").appears().await;
    page.press("Escape").await;
    page.named("row", "Meadow.png").has_focus().await;
}
