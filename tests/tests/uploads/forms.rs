//! `multipart/form-data`

use fm_api_types::File;
use fm_e2e::{Api, Form, Lane, Part, asked_name, on_every_lane, sha256_hex};

fn hello() -> Part {
    Part::file("file", "hello.txt", "text/plain", "hello")
}

async fn a_form_uploads_its_part_file(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file: File = user.post("/v1/files").form(&Form::of([hello()])).send().await.expect(201).parse();
    assert_eq!(file.name, "hello.txt");
    assert_eq!(file.content_type, "text/plain");
    assert_eq!(file.size, 5);
    assert_eq!(file.sha256, Some(sha256_hex(b"hello")));
    let empty = Form::file("empty.txt", "text/plain", "");
    assert_eq!(user.post("/v1/files").form(&empty).send().await.expect(201).parse::<File>().size, 0);
}

async fn a_part_name_before_or_after_overrides_the_filename(lane: Lane) {
    let user = Api::on(lane).user().await;
    let name = || Part::text("name", "other name.txt");
    for form in [Form::of([name(), hello()]), Form::of([hello(), name()])] {
        let file: File = user.post("/v1/files").form(&form).send().await.expect(201).parse();
        assert_eq!(asked_name(&file), "other name.txt");
        assert_eq!(file.size, 5);
    }
    let nameless = Form::of([Part::nameless("hello"), name()]);
    let file: File = user.post("/v1/files").form(&nameless).send().await.expect(201).parse();
    assert_eq!(asked_name(&file), "other name.txt");
}

async fn a_path_in_a_filename_is_cut_to_its_last_segment(lane: Lane) {
    let user = Api::on(lane).user().await;
    // A quoted string escapes a backslash; browsers of old sent them bare.
    for filename in ["/etc/hello.txt", "../../hello.txt", "C:\\\\fakepath\\\\hello.txt", "a/b\\\\hello.txt"] {
        let form = Form::file(filename, "text/plain", "hello");
        let file: File = user.post("/v1/files").form(&form).send().await.expect(201).parse();
        assert_eq!(asked_name(&file), "hello.txt", "{filename}");
    }
}

async fn a_path_in_a_part_name_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in ["../hello.txt", "a/b", "a\\b", "/", ""] {
        for form in
            [Form::of([Part::text("name", name), hello()]), Form::of([hello(), Part::text("name", name)])]
        {
            user.post("/v1/files").form(&form).send().await.invalid(&["/name"]);
        }
    }
    assert_eq!(user.storage().await, (0, 0));
}

async fn filenames_keep_their_unicode(lane: Lane) {
    let user = Api::on(lane).user().await;
    for filename in ["Grüße 🌍.txt", "שלום.txt", "日本語.txt"] {
        let form = Form::file(filename, "text/plain", "hello");
        let file: File = user.post("/v1/files").form(&form).send().await.expect(201).parse();
        assert_eq!(file.name, filename);
    }
}

async fn a_form_of_the_wrong_parts_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (form, pointer) in [
        (Form::of([hello(), hello()]), Some("/file")),
        (Form::of([]), None),
        (Form::of([Part::text("name", "a.txt")]), Some("/file")),
        (Form::of([Part::nameless("hello")]), Some("/name")),
        (Form::of([hello(), Part::text("folder", "a")]), None),
        (Form::of([Part::text("folder", "a"), hello()]), None),
        (Form::of([Part::text("name", "a"), Part::text("name", "b"), hello()]), None),
        (Form::of([Part::file("other", "a.txt", "text/plain", "hello")]), None),
        (Form::of([Part::file("file", "", "text/plain", "hello")]), Some("/name")),
    ] {
        let answer = user.post("/v1/files").form(&form).send().await;
        // A form without any part at all is no form to some parsers.
        if form.body().starts_with(b"--e2e-boundary-7d1b9--") && answer.status == 400 {
            answer.problem(400, "malformed_request");
            continue;
        }
        let problem = answer.problem(422, "validation_failed");
        if let Some(pointer) = pointer {
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{form:?}");
        }
    }
    assert_eq!(user.storage().await, (0, 0));
    assert!(user.all(&[]).await.is_empty());
}

async fn a_broken_form_is_malformed(lane: Lane) {
    let user = Api::on(lane).user().await;
    let form = Form::of([hello()]);
    let whole = form.body();
    let truncated = [whole.len() - 4, whole.len() - 20, whole.len() / 2, 10];
    for length in truncated {
        let request = user.post("/v1/files").header("content-type", &form.content_type());
        request.body(whole.slice(..length)).send().await.problem(400, "malformed_request");
    }
    for content_type in
        ["multipart/form-data; boundary=another", "multipart/form-data", "multipart/form-data; boundary="]
    {
        let request = user.post("/v1/files").header("content-type", content_type);
        request.body(whole.clone()).send().await.problem(400, "malformed_request");
    }
    let request = user.post("/v1/files").header("content-type", &form.content_type());
    request.body("no form at all").send().await.problem(400, "malformed_request");
    assert_eq!(user.storage().await, (0, 0));
    assert!(user.all(&[]).await.is_empty());
}

async fn what_stands_before_and_after_the_parts_is_ignored(lane: Lane) {
    let user = Api::on(lane).user().await;
    let form = Form::of([hello()]);
    let mut body = b"a preamble\r\n".to_vec();
    body.extend_from_slice(&form.body());
    body.extend_from_slice(b"an epilogue");
    let request = user.post("/v1/files").header("content-type", &form.content_type()).body(body);
    assert_eq!(request.send().await.expect(201).parse::<File>().size, 5);
}

async fn a_boundary_in_the_content_is_content(lane: Lane) {
    let user = Api::on(lane).user().await;
    let content = "x\r\n--e2e-boundary-7d1b\r\n--\r\n\r\n-- e2e-boundary-7d1b9\r\n";
    let file = user.post("/v1/files").form(&Form::file("a.txt", "text/plain", content)).send().await;
    assert_eq!(file.expect(201).parse::<File>().sha256, Some(sha256_hex(content.as_bytes())));
}

async fn a_name_part_is_bounded(lane: Lane) {
    let user = Api::on(lane).user().await;
    let form = Form::of([Part::text("name", &"x".repeat(200_000)), hello()]);
    let answer = user.post("/v1/files").form(&form).send().await;
    assert!(answer.status == 413 || answer.status == 422, "{answer:#?}");
    assert_eq!(user.storage().await, (0, 0));
}

on_every_lane![
    a_form_uploads_its_part_file,
    a_part_name_before_or_after_overrides_the_filename,
    a_path_in_a_filename_is_cut_to_its_last_segment,
    a_path_in_a_part_name_is_refused,
    filenames_keep_their_unicode,
    a_form_of_the_wrong_parts_is_refused,
    a_broken_form_is_malformed,
    what_stands_before_and_after_the_parts_is_ignored,
    a_boundary_in_the_content_is_content,
    a_name_part_is_bounded,
];
