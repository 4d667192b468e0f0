//! What a file is said to be, and what it is.

use fm_api_types::File;
use fm_e2e::{Api, Form, Lane, noise, on_every_lane, pictures};
use image::ImageFormat;

async fn the_bytes_decide(lane: Lane) {
    let user = Api::on(lane).user().await;
    let png = pictures::png(10, 10);
    for claimed in ["text/plain", "image/jpeg", "text/html", "application/octet-stream", "image/svg+xml"] {
        assert_eq!(user.file_of(claimed, "a.txt", png.clone()).await.content_type, "image/png", "{claimed}");
    }
    let form = Form::file("a.txt", "text/plain", png);
    assert_eq!(
        user.post("/v1/files").form(&form).send().await.expect(201).parse::<File>().content_type,
        "image/png"
    );
}

async fn every_picture_is_known_by_its_bytes(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (format, expected) in [
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Gif, "image/gif"),
        (ImageFormat::WebP, "image/webp"),
        (ImageFormat::Bmp, "image/bmp"),
        (ImageFormat::Tiff, "image/tiff"),
    ] {
        let file = user.file("picture", pictures::halves(12, 8, format)).await;
        assert_eq!(file.content_type, expected);
    }
}

async fn where_they_say_nothing_the_claim_is_taken(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (claimed, expected) in [
        ("text/plain", "text/plain"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("Text/CSV", "text/csv"),
        ("text/html", "text/html"),
        ("application/json", "application/json"),
        ("application/x-own", "application/x-own"),
        ("nonsense", "application/octet-stream"),
        ("*/*", "application/octet-stream"),
    ] {
        assert_eq!(user.file_of(claimed, "a.txt", "just text").await.content_type, expected, "{claimed}");
    }
}

async fn a_claim_whose_magic_number_is_missing_is_not_believed(lane: Lane) {
    let user = Api::on(lane).user().await;
    for claimed in ["image/png", "image/jpeg", "application/pdf", "application/zip", "video/mp4"] {
        let file = user.file_of(claimed, "fake.png", "no picture at all").await;
        assert_eq!(file.content_type, "application/octet-stream", "{claimed}");
        assert_eq!(file.thumbnail.status, "none", "{claimed}");
        let file = user.file_of(claimed, "fake.png", "").await;
        assert_eq!(file.content_type, "application/octet-stream", "{claimed}, empty");
    }
}

async fn a_subtype_of_the_container_is_kept(lane: Lane) {
    let user = Api::on(lane).user().await;
    let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let mut zip = b"PK\x03\x04\x14\0\0\0\0\0".to_vec();
    zip.extend(noise(200));
    assert_eq!(user.file_of(docx, "a.docx", zip.clone()).await.content_type, docx);
    assert_eq!(user.file_of("image/png", "a.docx", zip.clone()).await.content_type, "application/zip");
    assert_eq!(user.file_of("text/html", "a.docx", zip).await.content_type, "application/zip");
}

async fn letters_alone_make_no_magic_number(lane: Lane) {
    let user = Api::on(lane).user().await;
    for text in
        ["BMI,age,name\n21.5,40,Ada\n", "ID3 tags", "MZ,PZ\n", "GIF89a was", "BZh is", "8BPS is", "%PDF is"]
    {
        for claimed in ["text/csv", "text/plain"] {
            let file = user.file_of(claimed, "a.txt", text).await;
            assert_eq!(file.content_type, claimed, "{text}");
            assert_eq!(file.thumbnail.status, "none", "{text}");
        }
    }
}

async fn media_in_a_variant_of_their_container_are_what_is_claimed(lane: Lane) {
    let user = Api::on(lane).user().await;
    let xavc = b"\0\0\0\x1cftypXAVC\0\0\0\0XAVCmp42iso2\0\0\0\x08moov".to_vec();
    assert_eq!(user.file_of("video/mp4", "a.mp4", xavc).await.content_type, "video/mp4");
    let unnamed = b"\0\0\0\x14ftypABCD\0\0\0\0ABCD".to_vec();
    assert_eq!(user.file_of("video/mp4", "a.mp4", unnamed.clone()).await.content_type, "video/mp4");
    assert_eq!(user.file_of("image/png", "a.mp4", unnamed).await.content_type, "application/octet-stream");
    let mut zip = b"PK\x03\x04\x14\0\0\0\0\0".to_vec();
    zip.extend(noise(200));
    for claimed in ["model/vnd.usdz+zip", "model/3mf", "application/vnd.comicbook+zip"] {
        assert_eq!(user.file_of(claimed, "a.zip", zip.clone()).await.content_type, claimed);
    }
}

/// The file says what it is, but storage and browsers are told of nothing that would run.
async fn what_a_browser_would_run_goes_out_as_bytes(lane: Lane) {
    let user = Api::on(lane).user().await;
    let script = "<script>alert(1)</script>";
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for (claimed, body) in [
        ("text/html", script),
        ("application/xhtml+xml", script),
        ("image/svg+xml", svg),
        ("text/javascript", "alert(1)"),
        ("application/xml", "<a/>"),
        ("text/xml", "<a/>"),
    ] {
        let file = user.file_of(claimed, "page.html", body).await;
        let path = format!("{}/content?disposition=inline", fm_e2e::User::path(&file));
        let redirect = user.get(&path).send().await.expect(302);
        for url in [redirect.field("location"), file.download.url.expose().to_owned()] {
            let answer = user.get(&url).send().await.expect(200);
            assert_eq!(answer.field("content-type"), "application/octet-stream", "{claimed}");
            assert!(answer.field("content-disposition").starts_with("attachment"), "{claimed}");
            assert_eq!(answer.text(), body);
        }
    }
}

on_every_lane![
    the_bytes_decide,
    every_picture_is_known_by_its_bytes,
    where_they_say_nothing_the_claim_is_taken,
    a_claim_whose_magic_number_is_missing_is_not_believed,
    a_subtype_of_the_container_is_kept,
    letters_alone_make_no_magic_number,
    media_in_a_variant_of_their_container_are_what_is_claimed,
    what_a_browser_would_run_goes_out_as_bytes,
];
