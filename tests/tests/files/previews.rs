//! Previews, from the first time that one is asked for to the pixels, and to the end of the file.

use fm_api_types::{File, FileList};
use fm_e2e::{Answer, Api, Lane, User, eventually, on_every_lane, pictures};
use image::{ImageFormat, RgbaImage};
use serde_json::json;

/// Old content is not kept.
const NO_VERSIONS: (&str, &str) = ("VERSIONS_MAX_COUNT", "0");

fn path(file: &File, size: &str) -> String {
    format!("{}/previews/{size}", User::path(file))
}

/// Asks for a preview until it is there, and gives the redirect to it.
async fn redirect(user: &User, file: &File, size: &str) -> Answer {
    let path = path(file, size);
    eventually("the preview is there", async || {
        let answer = user.get(&path).header("prefer", "wait=10").send().await;
        if answer.status == 302 {
            return Some(answer);
        }
        answer.problem(404, "preview_not_ready");
        None
    })
    .await
}

/// The type of a preview, and its pixels.
async fn preview(user: &User, file: &File, size: &str) -> (String, RgbaImage) {
    let url = redirect(user, file, size).await.field("location");
    user.secret(&url);
    let answer = user.get(&url).send().await.expect(200);
    let picture = image::load_from_memory(&answer.body).unwrap().into_rgba8();
    (answer.field("content-type"), picture)
}

async fn size_of(user: &User, file: &File, size: &str) -> (u32, u32) {
    preview(user, file, size).await.1.dimensions()
}

async fn a_photograph_gets_a_jpeg_of_each_size(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let sizes = user.capabilities().await.previews;
    assert_eq!((sizes.small, sizes.medium), (256, 1024));
    let file = user.file("a.jpg", pictures::halves(1_600, 800, ImageFormat::Jpeg)).await;
    user.with_thumbnail(&file).await;
    for (size, expected) in [("small", (256, 128)), ("medium", (1_024, 512))] {
        let (content_type, picture) = preview(&user, &file, size).await;
        assert_eq!((content_type.as_str(), picture.dimensions()), ("image/jpeg", expected), "{size}");
        let (left, right) = (picture.get_pixel(8, 64), picture.get_pixel(expected.0 - 9, 64));
        assert!(left[0] > 150 && left[2] < 100 && right[2] > 150 && right[0] < 100, "{left:?} {right:?}");
    }
    assert_eq!(user.storage().await, (file.size, 1), "previews count in no quota");
    api.server.stores_exactly(4).await;
}

async fn what_one_can_see_through_is_a_png_and_nothing_is_enlarged(lane: Lane) {
    let user = Api::on(lane).user().await;
    let clear = user.file("a.png", pictures::half_transparent_png(512, 256)).await;
    let (content_type, picture) = preview(&user, &clear, "small").await;
    assert_eq!((content_type.as_str(), picture.dimensions()), ("image/png", (256, 128)));
    assert_eq!((picture.get_pixel(8, 64)[3], picture.get_pixel(250, 64)[3]), (0, 255));
    for (width, height) in [(20, 10), (1, 1), (256, 3)] {
        let file = user.file("small.png", pictures::png(width, height)).await;
        assert_eq!(size_of(&user, &file, "small").await, (width, height));
    }
    let tall = user.file("tall.png", pictures::png(70, 9_000)).await;
    assert_eq!(size_of(&user, &tall, "medium").await, (8, 1_024));
}

async fn the_orientation_of_the_camera_is_applied_and_its_metadata_left_out(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("photo.jpg", pictures::jpeg_with_orientation(512, 256, 6)).await;
    let url = redirect(&user, &file, "small").await.field("location");
    let body = user.get(&url).send().await.expect(200).body;
    assert!(!body.windows(4).any(|bytes| bytes == b"Exif"));
    let picture = image::load_from_memory(&body).unwrap().into_rgba8();
    assert_eq!(picture.dimensions(), (128, 256));
    assert!(picture.get_pixel(64, 20)[0] > 150 && picture.get_pixel(64, 236)[2] > 150);
}

async fn a_preview_that_is_not_there_is_made_and_says_when_to_ask_again(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::png(300, 200)).await;
    user.with_thumbnail(&file).await;
    let first = user.get(&path(&file, "small")).send().await;
    first.problem(404, "preview_not_ready");
    assert_eq!((first.field("retry-after").as_str(), first.header("preference-applied")), ("1", None));
    eventually("it was made without anyone who waits", async || {
        let answer = user.get(&path(&file, "small")).send().await;
        (answer.status == 302).then_some(())
    })
    .await;
    let waiting = user.get(&path(&file, "small")).header("prefer", "wait=1").send().await.expect(302);
    assert_eq!(waiting.field("preference-applied"), "wait");
    assert_eq!(waiting.field("cache-control"), "private, max-age=300");
}

async fn however_many_ask_it_is_made_once(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(1_200, 900)).await;
    user.with_thumbnail(&file).await;
    let asked = futures_util::future::join_all((0..8).map(|_| redirect(&user, &file, "medium"))).await;
    assert_eq!(asked.len(), 8);
    api.server.stores_exactly(3).await;
}

async fn what_is_no_picture_has_none(lane: Lane) {
    let user = Api::on(lane).user().await;
    let text = user.file("a.txt", "text").await;
    assert_eq!((&text.previews, &text.placeholder), (&None, &None));
    user.get(&path(&text, "small")).send().await.problem(404, "no_preview");
    let broken = user.file("a.png", pictures::head_of_a_png()).await;
    let broken = user.with_thumbnail(&broken).await;
    assert_eq!((&broken.previews, &broken.placeholder), (&None, &None));
    user.get(&path(&broken, "medium")).send().await.problem(404, "no_preview");
}

async fn another_users_file_and_an_unknown_size_are_not_there(lane: Lane) {
    let api = Api::on(lane);
    let (user, other) = (api.user().await, api.user().await);
    let file = user.file("a.png", pictures::png(300, 200)).await;
    redirect(&user, &file, "small").await;
    other.get(&path(&file, "small")).send().await.not_found();
    user.anonymous().get(&path(&file, "small")).send().await.problem(401, "unauthenticated");
    for size in ["large", "SMALL", "256"] {
        user.get(&path(&file, size)).send().await.not_found();
    }
    user.delete(&User::path(&file)).send().await.expect(204);
    user.get(&path(&file, "small")).send().await.not_found();
}

async fn lists_link_to_previews_and_bring_placeholders(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::png(300, 200)).await;
    assert!(file.previews.is_some() && file.placeholder.is_none(), "{file:#?}");
    user.with_thumbnail(&file).await;
    let list: FileList = user.get("/v1/files").send().await.expect(200).parse();
    let [listed] = &list.items[..] else { panic!("{list:#?}") };
    let placeholder = listed.placeholder.as_ref().unwrap();
    assert!((8..=40).contains(&placeholder.len()), "{placeholder}");
    let links = listed.previews.as_ref().unwrap();
    let linked = [("small", &links.small.url), ("medium", &links.medium.url)];
    for (size, url) in linked {
        assert_eq!(*url, format!("{}?v=1", path(&file, size)));
        redirect(&user, &file, size).await;
        user.get(url).send().await.expect(302);
    }
}

async fn other_content_has_another_preview(lane: Lane) {
    let api = Api::with(lane, &[NO_VERSIONS]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(512, 256)).await;
    user.with_thumbnail(&file).await;
    assert_eq!(size_of(&user, &file, "small").await, (256, 128));
    api.server.stores_exactly(3).await;
    let put = user.put(&format!("{}/content", User::path(&file))).header("content-type", "image/png");
    let replaced: File = put.body(pictures::png(300, 300)).send().await.expect(200).parse();
    let link = |file: &File| file.previews.as_ref().unwrap().small.url.clone();
    assert_ne!(link(&replaced), link(&file), "no browser shows the one before");
    user.with_thumbnail(&file).await;
    assert_eq!(size_of(&user, &file, "small").await, (256, 256));
    api.server.stores_exactly(3).await;
}

async fn copies_share_a_preview_and_the_last_one_takes_it_along(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(300, 200)).await;
    let file = user.with_thumbnail(&file).await;
    redirect(&user, &file, "small").await;
    let body = json!({"parent_id": "root"});
    let copy = user.post(&format!("/v1/items/{}/copy", file.id)).json(&body).send().await.expect(201);
    let copy: File = copy.parse();
    user.get(&path(&copy, "small")).send().await.expect(302);
    api.server.stores_exactly(3).await;
    user.delete(&User::path(&file)).send().await.expect(204);
    assert_eq!(size_of(&user, &copy, "small").await, (256, 171));
    api.server.stores_exactly(3).await;
    user.delete(&User::path(&copy)).send().await.expect(204);
    api.server.stores_exactly(0).await;
}

async fn they_go_with_the_file_however_soon(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(600, 600)).await;
    redirect(&user, &file, "small").await;
    redirect(&user, &file, "medium").await;
    user.delete(&User::path(&file)).send().await.expect(204);
    for _ in 0..3 {
        // While the preview is still being made.
        let file = user.file("a.png", pictures::png(900, 900)).await;
        let asked = user.get(&path(&file, "medium")).send().await;
        asked.problem(404, "preview_not_ready");
        user.delete(&User::path(&file)).send().await.expect(204);
    }
    api.server.stores_exactly(0).await;
}

async fn they_go_with_the_account(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(300, 200)).await;
    redirect(&user, &file, "small").await;
    user.with_thumbnail(&file).await;
    api.server.stores_exactly(3).await;
    let leave = user.delete("/v1/auth/me").json(&json!({"password": user.password}));
    leave.send().await.expect(204);
    api.server.stores_exactly(0).await;
}

on_every_lane![
    a_photograph_gets_a_jpeg_of_each_size,
    what_one_can_see_through_is_a_png_and_nothing_is_enlarged,
    the_orientation_of_the_camera_is_applied_and_its_metadata_left_out,
    a_preview_that_is_not_there_is_made_and_says_when_to_ask_again,
    however_many_ask_it_is_made_once,
    what_is_no_picture_has_none,
    another_users_file_and_an_unknown_size_are_not_there,
    lists_link_to_previews_and_bring_placeholders,
    other_content_has_another_preview,
    copies_share_a_preview_and_the_last_one_takes_it_along,
    they_go_with_the_file_however_soon,
    they_go_with_the_account,
];

mod eager {
    use fm_e2e::{Api, Lane, on_durable_lanes, pictures};

    async fn where_it_is_configured_the_small_preview_is_made_with_the_thumbnail(lane: Lane) {
        let api = Api::with(lane, &[("PREVIEW_EAGER", "1")]);
        let user = api.user().await;
        let file = user.file("a.png", pictures::png(300, 200)).await;
        user.with_thumbnail(&file).await;
        api.server.stores_exactly(3).await;
    }

    on_durable_lanes![where_it_is_configured_the_small_preview_is_made_with_the_thumbnail];
}
