//! `Range` and `If-Range` (RFC 9110, section 14).

use fm_e2e::{Answer, Api, Lane, noise, on_every_lane};

use super::url_of;

const TEXT: &str = "0123456789";

async fn satisfiable_ranges_are_cut_out(lane: Lane) {
    let user = Api::on(lane).user().await;
    let url = url_of(&user.file("a.txt", TEXT).await);
    for (range, expected, place) in [
        ("bytes=0-0", "0", "0-0"),
        ("bytes=9-9", "9", "9-9"),
        ("bytes=0-", TEXT, "0-9"),
        ("bytes=0-9", TEXT, "0-9"),
        ("bytes=3-5", "345", "3-5"),
        ("bytes=9-", "9", "9-9"),
        ("bytes=-1", "9", "9-9"),
        ("bytes=-10", TEXT, "0-9"),
        ("bytes=-100", TEXT, "0-9"),
        ("bytes=3-100", "3456789", "3-9"),
    ] {
        if range == "bytes=-100" && !lane.serves_links_itself() {
            // More than there is: the S3 server of the tests fails at that.
            continue;
        }
        let answer = user.get(&url).header("range", range).send().await.expect(206);
        assert_eq!(answer.text(), expected, "{range}");
        assert_eq!(answer.field("content-range"), format!("bytes {place}/10"), "{range}");
        assert_eq!(answer.field("content-length"), expected.len().to_string(), "{range}");
        assert!(answer.header("etag").is_some());
        assert!(answer.field("content-disposition").starts_with("attachment"), "{range}");
    }
}

async fn ranges_outside_are_not_satisfiable(lane: Lane) {
    let user = Api::on(lane).user().await;
    let url = url_of(&user.file("a.txt", TEXT).await);
    for range in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=9999999999-"] {
        let answer = user.get(&url).header("range", range).send().await.expect(416);
        if lane.serves_links_itself() {
            answer.problem(416, "range_not_satisfiable");
            assert_eq!(answer.field("content-range"), "bytes */10", "{range}");
        }
    }
}

/// A field that says nothing valid may be ignored or refused, but never answered with other bytes.
async fn invalid_ranges_are_ignored_or_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let url = url_of(&user.file("a.txt", TEXT).await);
    for range in [
        "bytes=5-2",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "items=0-1",
        "bytes 0-1",
        "bytes=99999999999999999999999-",
        "bytes=0-1-2",
        "bytes=+0-1",
    ] {
        let answer = user.get(&url).header("range", range).send().await;
        if lane.serves_links_itself() || answer.status == 200 {
            match answer.status {
                200 => assert_eq!(answer.text(), TEXT, "{range}"),
                status => assert!([400, 416].contains(&status), "{range}: {answer:?}"),
            }
        }
    }
}

async fn several_ranges_come_as_all_or_as_parts(lane: Lane) {
    if !lane.serves_links_itself() {
        // S3 serves one range at a time, and says of several what it likes.
        return;
    }
    let user = Api::on(lane).user().await;
    let url = url_of(&user.file("a.txt", TEXT).await);
    let answer = user.get(&url).header("range", "bytes=0-1,4-5").send().await;
    if answer.status == 206 {
        assert!(answer.field("content-type").starts_with("multipart/byteranges"), "{answer:?}");
        assert!(answer.text().contains("01") && answer.text().contains("45"));
    } else {
        assert_eq!(answer.expect(200).text(), TEXT);
    }
}

async fn an_empty_file_has_no_range(lane: Lane) {
    let user = Api::on(lane).user().await;
    let url = url_of(&user.file("empty", "").await);
    for range in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
        if !lane.serves_links_itself() {
            // The S3 server of the tests fails at a range of nothing.
            continue;
        }
        let answer = user.get(&url).header("range", range).send().await;
        assert!([200, 416].contains(&answer.status), "{range}: {answer:?}");
    }
    assert!(user.get(&url).send().await.expect(200).body.is_empty());
}

async fn if_range_decides_between_the_part_and_the_whole(lane: Lane) {
    if !lane.serves_links_itself() {
        // The S3 server of the tests takes no conditions.
        return;
    }
    let user = Api::on(lane).user().await;
    let url = url_of(&user.file("a.txt", TEXT).await);
    let tag = user.get(&url).send().await.expect(200).field("etag");
    let ask = async |tag: &str| -> Answer {
        user.get(&url).header("range", "bytes=2-3").header("if-range", tag).send().await
    };
    assert_eq!(ask(&tag).await.expect(206).text(), "23");
    for other in ["\"other\"", &format!("W/{tag}"), "Sat, 01 Jan 2000 00:00:00 GMT", "nonsense"] {
        assert_eq!(ask(other).await.expect(200).text(), TEXT, "{other}");
    }
}

async fn a_range_of_head_is_ignored(lane: Lane) {
    if !lane.serves_links_itself() {
        // A presigned URL is for GET alone.
        return;
    }
    let user = Api::on(lane).user().await;
    let url = url_of(&user.file("a.txt", TEXT).await);
    let answer = user.head(&url).header("range", "bytes=0-0").send().await;
    assert!([200, 206].contains(&answer.status), "{answer:?}");
    if answer.status == 200 {
        assert_eq!(answer.field("content-length"), "10");
    }
}

async fn a_condition_comes_before_a_range(lane: Lane) {
    if !lane.serves_links_itself() {
        // The S3 server of the tests takes no conditions.
        return;
    }
    let user = Api::on(lane).user().await;
    let url = url_of(&user.file("a.txt", TEXT).await);
    let tag = user.get(&url).send().await.expect(200).field("etag");
    let request = user.get(&url).header("range", "bytes=0-0").header("if-none-match", &tag);
    request.send().await.expect(304);
}

async fn a_large_file_can_be_put_together_from_its_ranges(lane: Lane) {
    let user = Api::on(lane).user().await;
    let body = noise(3_000_017);
    let url = url_of(&user.file("a.bin", body.clone()).await);
    let mut joined = Vec::new();
    while joined.len() < body.len() {
        let first = joined.len();
        let range = format!("bytes={first}-{}", first + 700_000);
        joined.extend(user.get(&url).header("range", &range).send().await.expect(206).body);
    }
    assert!(joined == body);
}

on_every_lane![
    satisfiable_ranges_are_cut_out,
    ranges_outside_are_not_satisfiable,
    invalid_ranges_are_ignored_or_refused,
    several_ranges_come_as_all_or_as_parts,
    an_empty_file_has_no_range,
    if_range_decides_between_the_part_and_the_whole,
    a_range_of_head_is_ignored,
    a_condition_comes_before_a_range,
    a_large_file_can_be_put_together_from_its_ranges,
];
