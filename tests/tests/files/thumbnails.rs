//! Thumbnails, from the upload of a picture to the pixels.

use fm_api_types::File;
use fm_e2e::{Api, Lane, User, on_every_lane, pictures};
use image::{ImageFormat, RgbaImage};

async fn rendered(user: &User, file: &File) -> RgbaImage {
    let file = user.with_thumbnail(file).await;
    let thumbnail = &file.thumbnail;
    assert_eq!(thumbnail.status, "ready", "{file:#?}");
    let answer = user.get(thumbnail.url.as_ref().unwrap().expose()).send().await.expect(200);
    assert_eq!(answer.field("content-type"), "image/png");
    let picture = pictures::decode(&answer.body);
    assert_eq!(thumbnail.width, Some(picture.width()));
    assert_eq!(thumbnail.height, Some(picture.height()));
    picture
}

fn is_red(picture: &RgbaImage, x: u32, y: u32) -> bool {
    let pixel = picture.get_pixel(x, y);
    pixel[0] > 150 && pixel[2] < 100
}

fn is_blue(picture: &RgbaImage, x: u32, y: u32) -> bool {
    let pixel = picture.get_pixel(x, y);
    pixel[2] > 150 && pixel[0] < 100
}

async fn every_format_gets_a_thumbnail_64_pixels_wide(lane: Lane) {
    let user = Api::on(lane).user().await;
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
    ] {
        let file = user.file("picture", pictures::halves(160, 80, format)).await;
        assert_eq!(file.thumbnail.status, "pending", "{format:?}");
        let picture = rendered(&user, &file).await;
        assert_eq!(picture.dimensions(), (64, 32), "{format:?}");
        assert!(is_red(&picture, 4, 16) && is_blue(&picture, 60, 16), "{format:?}");
    }
}

async fn heights_follow_the_aspect_ratio_and_nothing_is_enlarged(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (width, height, expected) in [
        (640, 427, (64, 43)),
        (128, 128, (64, 64)),
        (20, 10, (20, 10)),
        (64, 64, (64, 64)),
        (1, 1, (1, 1)),
        (4000, 2, (64, 1)),
    ] {
        let file = user.file("picture.png", pictures::png(width, height)).await;
        assert_eq!(rendered(&user, &file).await.dimensions(), expected, "{width} x {height}");
    }
    let tall = user.file("tall.png", pictures::png(70, 9_000)).await;
    assert_eq!(rendered(&user, &tall).await.dimensions(), (64, 4_096));
}

async fn the_orientation_of_the_camera_is_applied(lane: Lane) {
    let user = Api::on(lane).user().await;
    // Where the left half of the stored picture ends up: (x, y) of a pixel inside it, and the size.
    for (orientation, size, red) in [
        (1, (64, 32), (4, 16)),
        (2, (64, 32), (60, 16)),
        (3, (64, 32), (60, 16)),
        (4, (64, 32), (4, 16)),
        (5, (64, 128), (32, 8)),
        (6, (64, 128), (32, 8)),
        (7, (64, 128), (32, 120)),
        (8, (64, 128), (32, 120)),
    ] {
        let file = user.file("photo.jpg", pictures::jpeg_with_orientation(256, 128, orientation)).await;
        let picture = rendered(&user, &file).await;
        assert_eq!(picture.dimensions(), size, "orientation {orientation}");
        assert!(is_red(&picture, red.0, red.1), "orientation {orientation}");
        assert!(is_blue(&picture, size.0 - 1 - red.0, size.1 - 1 - red.1), "orientation {orientation}");
    }
}

async fn transparency_is_kept(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::half_transparent_png(128, 64)).await;
    let picture = rendered(&user, &file).await;
    assert_eq!(picture.get_pixel(4, 16)[3], 0);
    assert_eq!(picture.get_pixel(60, 16)[3], 255);
    assert!(picture.get_pixel(60, 16)[1] > 150);
}

async fn an_animation_shows_its_first_frame(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.gif", pictures::animated_gif(100, 100)).await;
    let picture = rendered(&user, &file).await;
    assert_eq!(picture.dimensions(), (64, 64));
    assert!(is_red(&picture, 32, 32));
}

async fn what_is_no_picture_has_none(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (content_type, body) in
        [("text/plain", "text"), ("image/png", "not a picture"), ("image/svg+xml", "<svg/>")]
    {
        let file = user.file_of(content_type, "a", body).await;
        assert_eq!(file.thumbnail.status, "none", "{content_type}");
        let path = format!("{}/thumbnail", User::path(&file));
        user.get(&path).send().await.problem(404, "no_thumbnail");
        user.post(&path).send().await.problem(404, "no_thumbnail");
    }
}

/// A picture that can't be decoded, or not safely, is kept as a file like any other.
async fn a_hostile_picture_fails_and_is_kept(lane: Lane) {
    let user = Api::on(lane).user().await;
    let mut half_a_jpeg = pictures::halves(200, 200, ImageFormat::Jpeg);
    half_a_jpeg.truncate(30);
    let broken = [
        pictures::head_of_a_png(),
        pictures::bomb(),
        half_a_jpeg,
        b"GIF89a\x10\0\x10\0\0\0\0".to_vec(),
        b"\x89PNG\r\n\x1a\n".to_vec(),
    ];
    for body in broken {
        let file = user.file("broken", body.clone()).await;
        assert!(file.content_type.starts_with("image/"), "{file:#?}");
        let file = user.with_thumbnail(&file).await;
        assert_eq!(file.thumbnail.status, "failed", "{file:#?}");
        assert_eq!((&file.thumbnail.url, file.thumbnail.width, file.thumbnail.height), (&None, None, None));
        let path = format!("{}/thumbnail", User::path(&file));
        user.get(&path).send().await.problem(404, "no_thumbnail");
        let kept = user.get(file.download.url.expose()).send().await.expect(200);
        assert_eq!(kept.body, body);
    }
    user.get("/health/ready").send().await.expect(200);
}

async fn a_thumbnail_that_is_being_made_says_when_to_ask_again(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::png(1_500, 1_500)).await;
    let path = format!("{}/thumbnail", User::path(&file));
    let answer = user.get(&path).send().await;
    // It may be quicker than the question.
    if answer.status == 404 {
        answer.problem(404, "thumbnail_not_ready");
        assert!(answer.field("retry-after").parse::<u32>().unwrap() >= 1);
    } else {
        answer.expect(302);
    }
    rendered(&user, &file).await;
    user.get(&path).send().await.expect(302);
}

async fn a_thumbnail_can_be_made_again(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(100, 50)).await;
    let before = user.with_thumbnail(&file).await;
    let path = format!("{}/thumbnail", User::path(&file));
    let answer = user.post(&path).send().await.expect(202);
    assert_eq!(answer.parse::<File>().thumbnail.status, "pending");
    assert_eq!(answer.parse::<File>().id, file.id);
    let after = user.with_thumbnail(&file).await;
    assert_eq!(after.thumbnail.status, "ready");
    assert_eq!(after.updated_at, before.updated_at, "only the user's edits count");
    assert_eq!(rendered(&user, &file).await.dimensions(), (64, 32));
    api.server.stores_exactly(2).await;
}

async fn a_failed_thumbnail_can_be_tried_again_once(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::head_of_a_png()).await;
    user.with_thumbnail(&file).await;
    let path = format!("{}/thumbnail", User::path(&file));
    user.post(&path).send().await.expect(202);
    assert_eq!(user.with_thumbnail(&file).await.thumbnail.status, "failed");
    user.post(&path).send().await.problem(404, "no_thumbnail");
    // Other content is another picture.
    let content = user.put(&format!("{}/content", User::path(&file))).header("content-type", "image/png");
    content.body(pictures::png(8, 8)).send().await.expect(200);
    assert_eq!(user.with_thumbnail(&file).await.thumbnail.status, "ready");
    user.post(&path).send().await.expect(202);
}

on_every_lane![
    every_format_gets_a_thumbnail_64_pixels_wide,
    heights_follow_the_aspect_ratio_and_nothing_is_enlarged,
    the_orientation_of_the_camera_is_applied,
    transparency_is_kept,
    an_animation_shows_its_first_frame,
    what_is_no_picture_has_none,
    a_hostile_picture_fails_and_is_kept,
    a_thumbnail_that_is_being_made_says_when_to_ask_again,
    a_thumbnail_can_be_made_again,
    a_failed_thumbnail_can_be_tried_again_once,
];
