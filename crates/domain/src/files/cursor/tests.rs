#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use uuid::Uuid;

use super::{InvalidCursor, decode_cursor, encode_cursor};
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::files::{FileFilter, FileSort, PageKey, Sha256, SortOrder, TypeFilter};
use crate::ids::{FileId, NodeId, UserId};
use crate::testing::{CountingIds, PlainMacs, a_user};

const MACS: PlainMacs = PlainMacs;

fn any_key() -> impl Strategy<Value = PageKey> {
    let id = any::<u128>().prop_map(|id| FileId::new(Uuid::from_u128(id)));
    (any::<i64>(), any::<String>(), any::<u64>(), id, 0..3).prop_map(
        |(at, name, size, id, kind)| match kind {
            0 => PageKey::CreatedAt(Timestamp::from_unix_micros(at), id),
            1 => PageKey::Name(name, id),
            _ => PageKey::Size(ByteSize::new(size), id),
        },
    )
}

fn filters() -> Vec<FileFilter> {
    let png = "image/png".parse().unwrap();
    let all = FileFilter::default();
    vec![
        FileFilter { name_contains: Some("a".to_owned()), ..all.clone() },
        FileFilter { name_contains: Some("ab".to_owned()), ..all.clone() },
        FileFilter { name_contains: Some(String::new()), ..all.clone() },
        FileFilter { sha256: Some(Sha256::new([1; 32])), ..all.clone() },
        FileFilter { sha256: Some(Sha256::new([2; 32])), ..all.clone() },
        FileFilter { content_type: Some(TypeFilter::Exactly(png)), ..all.clone() },
        FileFilter { content_type: Some(TypeFilter::Family("image".to_owned())), ..all.clone() },
        FileFilter { content_type: Some(TypeFilter::Family("image/png".to_owned())), ..all.clone() },
        FileFilter { parent: Some(NodeId::new(CountingIds::nth(1))), ..all.clone() },
        FileFilter { parent: Some(NodeId::new(CountingIds::nth(2))), ..all.clone() },
        FileFilter { modified_after: Some(Timestamp::from_unix_micros(1)), ..all.clone() },
        FileFilter { modified_before: Some(Timestamp::from_unix_micros(1)), ..all.clone() },
        all,
    ]
}

#[test]
fn a_cursor_is_bound_to_its_owner_filter_sort_and_order() {
    let key = PageKey::Size(ByteSize::new(5), FileId::new(CountingIds::nth(1)));
    let owner = a_user().id;
    let (up, down) = (SortOrder::Ascending, SortOrder::Descending);
    for made_for in filters() {
        let text = encode_cursor(&key, owner, &made_for, up, &MACS).unwrap();
        let decode =
            |owner, filter: &FileFilter, sort, order| decode_cursor(&text, owner, filter, sort, order, &MACS);
        for filter in filters() {
            let expected = if filter == made_for { Ok(key.clone()) } else { Err(InvalidCursor) };
            assert_eq!(decode(owner, &filter, FileSort::Size, up), expected, "{made_for:?} {filter:?}");
        }
        assert_eq!(
            decode(UserId::new(CountingIds::nth(2)), &made_for, FileSort::Size, up),
            Err(InvalidCursor)
        );
        assert_eq!(decode(owner, &made_for, FileSort::Size, down), Err(InvalidCursor));
        assert_eq!(decode(owner, &made_for, FileSort::Name, up), Err(InvalidCursor));
        assert_eq!(decode(owner, &made_for, FileSort::CreatedAt, up), Err(InvalidCursor));
    }
}

/// Cursors are given out for as long as clients page: these were made before the codec of claims.
#[test]
fn cursors_that_were_given_out_before_are_still_read_and_written() {
    let (owner, id) = (UserId::new(CountingIds::nth(9)), FileId::new(CountingIds::nth(5)));
    let filter = FileFilter {
        name_contains: Some("straße".to_owned()),
        sha256: Some(Sha256::new([1; 32])),
        content_type: Some(TypeFilter::Family("image".to_owned())),
        ..FileFilter::default()
    };
    let narrow = |text| (text, filter.clone(), SortOrder::Ascending);
    let all = |text| (text, FileFilter::default(), SortOrder::Descending);
    let at = PageKey::CreatedAt(Timestamp::from_unix_micros(-1_234_567), id);
    let name = PageKey::Name("a \"name\".txt".to_owned(), id);
    let size = PageKey::Size(ByteSize::new(u64::MAX), id);
    for (key, (text, filter, order)) in [
        (
            &at,
            narrow(concat!(
                "eyJjIjpbLTEyMzQ1NjcsIjAwMDAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwNSJdfQ",
                ".S5x0Ey-rcC-7qXL142oJwDHcL2YMpS0W7vePXg0OOjo"
            )),
        ),
        (
            &at,
            all(concat!(
                "eyJjIjpbLTEyMzQ1NjcsIjAwMDAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwNSJdfQ",
                ".4H7dD35c_JX2glvsJgXxYlOZ5mX3E90PrEJRGd4GKuY"
            )),
        ),
        (
            &name,
            narrow(concat!(
                "eyJuIjpbImEgXCJuYW1lXCIudHh0IiwiMDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDA1Il19",
                ".nEukXpuCprRo6Mq1EGJtJmEDROg8sU0De8IoT7kEsyg"
            )),
        ),
        (
            &name,
            all(concat!(
                "eyJuIjpbImEgXCJuYW1lXCIudHh0IiwiMDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDA1Il19",
                ".HhsIpeXV7FdGDa7D3O_8k9to3nD9LPZIxGHv-dmGm0g"
            )),
        ),
        (
            &size,
            narrow(concat!(
                "eyJzIjpbMTg0NDY3NDQwNzM3MDk1NTE2MTUsIjAwMDAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwNSJdfQ",
                ".SItXCddAVP0ZoR9EhV47Px7u4OuC5WvW_XIwj-_CZ4s"
            )),
        ),
        (
            &size,
            all(concat!(
                "eyJzIjpbMTg0NDY3NDQwNzM3MDk1NTE2MTUsIjAwMDAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwNSJdfQ",
                ".FTQZOsckIOCEh-p9yFIvTmPOq2jK9jtWIFxtdO7msqo"
            )),
        ),
    ] {
        assert_eq!(decode_cursor(text, owner, &filter, key.sort(), order, &MACS).as_ref(), Ok(key));
        assert_eq!(encode_cursor(key, owner, &filter, order, &MACS).unwrap(), text);
    }
}

proptest! {
    #[test]
    fn a_cursor_leads_back_to_its_place(key in any_key(), text in any::<Option<String>>()) {
        let filter = FileFilter { name_contains: text, ..FileFilter::default() };
        let cursor = encode_cursor(&key, a_user().id, &filter, SortOrder::Descending, &MACS).unwrap();
        prop_assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
        let read = decode_cursor(&cursor, a_user().id, &filter, key.sort(), SortOrder::Descending, &MACS);
        prop_assert_eq!(read, Ok(key));
    }

    #[test]
    fn a_cursor_with_any_changed_byte_is_refused(key in any_key(), at in any::<prop::sample::Index>(), other in 0_u8..128) {
        let filter = FileFilter::default();
        let cursor = encode_cursor(&key, a_user().id, &filter, SortOrder::Ascending, &MACS).unwrap();
        let mut bytes = cursor.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != other);
        bytes[at] = other;
        let changed = String::from_utf8(bytes).unwrap();
        let read = decode_cursor(&changed, a_user().id, &filter, key.sort(), SortOrder::Ascending, &MACS);
        prop_assert_eq!(read, Err(InvalidCursor));
    }

    #[test]
    fn no_text_at_all_is_a_cursor_by_chance(text in any::<String>()) {
        let read =
            decode_cursor(&text, a_user().id, &FileFilter::default(), FileSort::Name, SortOrder::Ascending, &MACS);
        prop_assert_eq!(read, Err(InvalidCursor));
    }
}
