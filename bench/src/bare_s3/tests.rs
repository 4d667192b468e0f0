#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::{completion, upload_id};

#[test]
fn the_id_of_an_upload_is_read_from_the_answer_that_begins_it() {
    let answer = "<InitiateMultipartUploadResult><Key>a</Key><UploadId>4f-2</UploadId></InitiateMultipartUploadResult>";
    assert_eq!(upload_id(answer).unwrap(), "4f-2");
    upload_id("<Error><Code>AccessDenied</Code></Error>").unwrap_err();
}

#[test]
fn an_upload_ends_with_the_tags_of_its_parts_in_order() {
    let body = completion(&["\"a\"".to_owned(), "\"b\"".to_owned()]);
    let parts = "<Part><ETag>\"a\"</ETag><PartNumber>1</PartNumber></Part>\
                 <Part><ETag>\"b\"</ETag><PartNumber>2</PartNumber></Part></CompleteMultipartUpload>";
    assert!(body.ends_with(parts), "{body}");
}
