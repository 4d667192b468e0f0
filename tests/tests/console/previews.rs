//! Pictures by their placeholders and previews, in the grid and alone.

use fm_api_types::File;
use fm_e2e::{Api, Lane, Page, User, eventually, on_every_lane, pictures};
use serde_json::Value;

use super::{open_as, own_errors};

/// Has the page keep every canvas that is drawn from now on, also when it is gone again.
const KEEP_CANVASES: &str = "window.canvases = [];
    new MutationObserver((changes) => {
        const added = changes.flatMap(({addedNodes}) => [...addedNodes]);
        const elements = added.filter((node) => node instanceof Element);
        window.canvases.push(...elements.flatMap((element) => [...element.querySelectorAll('canvas')]));
    }).observe(document, {childList: true, subtree: true});
    0";

/// The colours of each of them, in its left and in its right part.
const COLOURS: &str = "window.canvases.map((canvas) => [0.2, 0.8].map((part) => {
    const pixels = canvas.getContext('2d').getImageData(canvas.width * part, canvas.height / 2, 1, 1);
    return [...pixels.data];
}))";

/// The picture of the only tile, once its preview is there.
const TILE: &str = ".tile img.shown[src*='/previews/small']";

/// Waits until the picture that the selector names is shown, with so many pixels of its own from left to right.
async fn shows_picture(page: &Page, selector: &str, width: u32) {
    let natural = format!("document.querySelector({})?.naturalWidth", Value::from(selector));
    eventually(&format!("`{selector}` has {width} pixels"), async || {
        (page.evaluate(&natural).await == width).then_some(())
    })
    .await;
}

async fn the_grid_shows_a_placeholder_and_then_the_preview(lane: Lane) {
    let user = Api::on(lane).user().await;
    let picture = user.file("Meadow.png", pictures::png(640, 480)).await;
    user.with_thumbnail(&picture).await;
    let page = open_as(&user, "/files").await;
    page.named("row", "Meadow.png").appears().await;
    page.evaluate(KEEP_CANVASES).await;
    page.named("button", "Grid").click().await;
    shows_picture(&page, TILE, 256).await;
    let colours: Vec<[[u8; 4]; 2]> = serde_json::from_value(page.evaluate(COLOURS).await).unwrap();
    let [left, right] = colours.first().expect("a placeholder was drawn");
    assert!(left[0] > 128 && left[2] < 128 && left[3] == 255, "not red at the left: {left:?}");
    assert!(right[2] > 128 && right[0] < 128 && right[3] == 255, "not blue at the right: {right:?}");
    let covered = page.evaluate("document.querySelectorAll('.tile canvas').length").await;
    assert_eq!(covered, 0, "the placeholder goes when the picture is there");

    // Another content has another preview.
    let source = format!("document.querySelector({})?.src", Value::from(TILE));
    let before = page.evaluate(&source).await;
    let other = user.upload("Meadow.png", pictures::png(200, 250)).query(&[("on_conflict", "replace")]);
    other.send().await.expect(200);
    shows_picture(&page, TILE, 200).await;
    assert_ne!(page.evaluate(&source).await, before);
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

/// Waits until the picture has its larger preview: of one that is long in the making the page shows the whole picture.
async fn with_preview(user: &User, picture: &File) {
    user.with_thumbnail(picture).await;
    let preview = format!("{}/previews/medium", User::path(picture));
    eventually("the preview is made", async || {
        let answer = user.get(&preview).header("prefer", "wait=10").send().await;
        (answer.status == 302).then_some(())
    })
    .await;
}

async fn a_picture_is_shown_by_its_preview_and_whole_on_demand(lane: Lane) {
    let user = Api::on(lane).user().await;
    let large = user.file("Meadow.png", pictures::png(1600, 1200)).await;
    let small = user.file("Sign.png", pictures::png(320, 200)).await;
    user.with_thumbnail(&small).await;
    with_preview(&user, &large).await;
    let page = open_as(&user, &format!("/files/{}/view", large.id)).await;
    shows_picture(&page, ".picture img.shown[src*='/previews/medium']", 1024).await;
    page.rests().await;
    let link = format!("{}{}/signed-url", user.server.base(), User::path(&large));
    assert!(!page.requests().contains(&link), "the preview is enough for this window");
    page.named("button", "Full size").click().await;
    shows_picture(&page, ".picture.zoomed img.shown", 1600).await;
    page.named("button", "Full size").click().await;
    // Once it is here, it is shown.
    shows_picture(&page, ".picture:not(.zoomed) img.shown", 1600).await;
    assert!(page.requests().contains(&link));

    // A picture that is no larger than its preview is shown itself.
    page.named("button", "Next: Sign.png").click().await;
    page.named("heading", "Sign.png").appears().await;
    shows_picture(&page, ".picture img.shown:not(.preview)", 320).await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

on_every_lane![
    the_grid_shows_a_placeholder_and_then_the_preview,
    a_picture_is_shown_by_its_preview_and_whole_on_demand,
];

/// A page that shows a picture of 1600 by 1200 pixels by its preview.
async fn at_a_picture(user: &User) -> Page {
    let picture = user.file("Meadow.png", pictures::png(1600, 1200)).await;
    with_preview(user, &picture).await;
    let page = open_as(user, &format!("/files/{}/view", picture.id)).await;
    shows_picture(&page, ".picture img.shown[src*='/previews/medium']", 1024).await;
    page
}

/// Presses the button for the whole picture by the keyboard: messages may cover it.
async fn press_full_size(page: &Page) {
    page.named("button", "Full size").reach_by_tab().await;
    page.press("Enter").await;
}

/// Waits until the page tells why the whole picture is not shown, and does not claim that it is.
async fn is_refused(page: &Page, reason: &str) {
    page.shows(".toast", reason).await;
    eventually("the button is not pressed", async || {
        (page.texts(".zoom[aria-pressed=false]").await == ["Full size"]).then_some(())
    })
    .await;
}

/// Has the page be told the next two times of a URL that leads nowhere.
const WRONG_URLS: &str = "let left = 2;
    const ask = window.fetch;
    window.fetch = async (target, options) => {
        const answer = await ask(target, options);
        if (left === 0 || !String(target).endsWith('/signed-url')) return answer;
        left -= 1;
        return Response.json({url: '/v1/nothing', expires_at: '2026-01-01T00:00:00Z'});
    };
    0";

#[tokio::test]
async fn a_whole_picture_that_could_not_be_loaded_is_loaded_when_it_is_asked_for_again() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = at_a_picture(&user).await;
    page.evaluate(WRONG_URLS).await;
    press_full_size(&page).await;
    is_refused(&page, "The picture could not be loaded.").await;
    press_full_size(&page).await;
    shows_picture(&page, ".picture.zoomed img.shown", 1600).await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_whole_picture_is_shown_when_it_is_asked_for_again_once_the_service_is_back() {
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let api = Api::with(Lane::Embedded, &[("PORT", port.as_str())]);
    let user = api.user().await;
    let page = at_a_picture(&user).await;
    api.server.kill();
    press_full_size(&page).await;
    is_refused(&page, "The service is out of reach.").await;
    api.server.resume();
    press_full_size(&page).await;
    shows_picture(&page, ".picture.zoomed img.shown", 1600).await;
}
