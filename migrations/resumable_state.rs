//! Uploads that the version before `resumable_state` left unfinished, and what becomes of each: for the tests of this
//! migration in both databases.

use std::fmt::Write as _;

use fm_domain::uploads::HashState;
use uuid::Uuid;

pub(crate) const MIGRATION: &str = "20261128000008_resumable_state";

/// An upload as the version before wrote it. Its blob's id is 100 more than its own.
pub(crate) struct Old {
    pub(crate) id: u32,
    pub(crate) owner: u32,
    pub(crate) transport: &'static str,
    pub(crate) has_key: bool,
    pub(crate) offset: i64,
    pub(crate) reserved: i64,
    pub(crate) is_locked: bool,
    pub(crate) write: Option<&'static str>,
    /// The blobs of its tails, three bytes each.
    pub(crate) tails: &'static [u32],
    pub(crate) parts: u32,
    pub(crate) status: &'static str,
}

/// A resumable upload that was only created.
const CREATED: Old = Old {
    id: 0,
    owner: 1,
    transport: "resumable",
    has_key: true,
    offset: 0,
    reserved: 10,
    is_locked: false,
    write: None,
    tails: &[],
    parts: 0,
    status: "open",
};

pub(crate) const OLD: [Old; 10] = [
    Old { id: 1, ..CREATED },
    Old { id: 2, offset: 5, is_locked: true, write: Some("file"), ..CREATED },
    Old { id: 3, write: Some("memory"), ..CREATED },
    Old { id: 4, offset: 8, is_locked: true, write: Some("multipart-4"), parts: 2, ..CREATED },
    Old { id: 5, has_key: false, reserved: 0, offset: 3, tails: &[205], ..CREATED },
    Old { id: 6, owner: 2, write: Some("multipart-6"), ..CREATED },
    Old { id: 7, offset: 6, write: Some("multipart-7"), tails: &[207, 307], ..CREATED },
    Old { id: 8, transport: "direct", write: Some("multipart-8"), parts: 2, ..CREATED },
    Old {
        id: 9,
        offset: 5,
        reserved: 0,
        write: Some("multipart-9"),
        parts: 1,
        status: "complete",
        ..CREATED
    },
    Old { id: 10, reserved: 0, write: Some("file"), status: "expired", has_key: false, ..CREATED },
];

/// What columns of an upload hold, as SQL.
pub(crate) struct Columns {
    pub(crate) key: String,
    pub(crate) write: String,
    pub(crate) tails: String,
}

impl Old {
    pub(crate) fn is_complete(&self) -> bool {
        self.status == "complete"
    }

    pub(crate) fn columns(&self) -> Columns {
        let key = format!("key-{}", self.id);
        let tail = |blob: &u32| format!(r#"{{"blob":"{}","size":3}}"#, uuid(*blob));
        let tails: Vec<String> = self.tails.iter().map(tail).collect();
        Columns {
            key: text(self.has_key.then_some(key.as_str())),
            write: text(self.write),
            tails: format!("'[{}]'", tails.join(",")),
        }
    }
}

fn text(value: Option<&str>) -> String {
    value.map_or("NULL".to_owned(), |value| format!("'{value}'"))
}

/// The state of a hash of nothing, in hexadecimal digits.
pub(crate) fn hash() -> String {
    HashState::new().to_bytes().iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}

/// The id whose digits are this number.
pub(crate) fn uuid(number: u32) -> Uuid {
    format!("{number:0>32}").parse().unwrap()
}

/// What is there after the migration, one row a line.
pub(crate) mod after {
    /// Id, status, epoch, offset, reservation, whether it is locked, state, write, head, and when it expires.
    pub(crate) const UPLOADS: [&str; 10] = [
        "1 open 3 0 10 f null. - head later",
        "2 open 3 5 10 t . - head later",
        "3 open 3 0 10 f . - head later",
        "4 expired 4 8 0 t null. - - in a day",
        "5 expired 4 3 0 f null. - - in a day",
        "6 expired 4 0 0 f null. - - in a day",
        "7 expired 4 6 0 f null. - - in a day",
        "8 open 3 0 10 f null. multipart-8 head later",
        "9 complete 3 5 0 f null. - head later",
        "10 expired 3 0 0 f null. - head later",
    ];

    /// Id, state, and when it was given up.
    pub(crate) const BLOBS: [&str; 13] = [
        "101 announced",
        "102 announced",
        "103 announced",
        "104 doomed now",
        "105 doomed now",
        "106 doomed now",
        "107 doomed now",
        "108 announced",
        "109 settled",
        "110 announced",
        "205 doomed now",
        "207 doomed now",
        "307 doomed before",
    ];

    /// Upload, number, size, tag.
    pub(crate) const PARTS: [&str; 2] = ["8 1 4 tag", "8 2 4 tag"];

    /// Key, and whether there is a file.
    pub(crate) const KEYS: [&str; 5] = ["key-1 f", "key-2 f", "key-3 f", "key-8 f", "key-9 t"];

    /// What each user has reserved.
    pub(crate) const RESERVED: [&str; 2] = ["980", "0"];
}

/// What is there when it was taken back. Upload 1 has got bytes meanwhile, and upload 3 has none.
pub(crate) mod taken_back {
    /// Id, status, epoch, offset, reservation, whether it is held, next part, tails, write, head, and when it expires.
    pub(crate) const UPLOADS: [&str; 10] = [
        "1 expired 4 5 0 f 1 [] - - in a day",
        "2 expired 4 5 0 t 1 [] - - in a day",
        "3 open 3 0 10 f 1 [] - head later",
        "4 expired 4 8 0 t 1 [] - - in a day",
        "5 expired 4 3 0 f 1 [] - - in a day",
        "6 expired 4 0 0 f 1 [] - - in a day",
        "7 expired 4 6 0 f 1 [] - - in a day",
        "8 open 3 0 10 f 1 [] multipart-8 head later",
        "9 complete 3 5 0 f 1 [] - head later",
        "10 expired 3 0 0 f 1 [] - head later",
    ];

    /// The first of them.
    pub(crate) const FIRST_BLOBS: [&str; 3] = ["101 doomed now", "102 doomed now", "103 announced"];

    /// Key, and whether there is a file.
    pub(crate) const KEYS: [&str; 3] = ["key-3 f", "key-8 f", "key-9 t"];

    /// What each user has reserved.
    pub(crate) const RESERVED: [&str; 2] = ["960", "0"];

    /// Upload, number, size, tag.
    pub(crate) const PARTS: [&str; 2] = ["8 1 4 tag", "8 2 4 tag"];
}
