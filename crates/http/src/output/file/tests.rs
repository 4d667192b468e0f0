#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_api_types::{Download, FileKind, PreviewLink, Previews, Secret, Thumbnail};
use fm_application::files::{FileList, FileView};
use fm_domain::blobs::SignedUrl;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::{File, FileName, Placeholder, Sha256, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, NodeId};
use fm_domain::testing::{CountingIds, a_file};
use fm_domain::tree::Ancestor;
use proptest::prelude::*;

use super::{file, file_list};
use crate::output::about::About;

/// The path of the public URL.
pub(in crate::output) const BASE_PATH: &str = "/base";

/// What clients are promised.
pub(in crate::output) fn body(view: &FileView, about: &About) -> fm_api_types::File {
    let file = &view.file;
    let size = match file.thumbnail {
        ThumbnailState::Ready { width, height, .. } => Some((width, height)),
        _ => None,
    };
    fm_api_types::File {
        id: file.id.uuid(),
        kind: FileKind::File,
        drive_id: file.owner.uuid(),
        parent_id: file.parent.uuid(),
        name: file.name.as_str().to_owned(),
        content_type: file.content_type.as_str().to_owned(),
        size: file.size.bytes(),
        sha256: file.sha256.map(|hash| hash.to_string()),
        version: file.version.number(),
        created_at: file.created_at.into(),
        updated_at: file.updated_at.into(),
        modified_at: file.modified_at.into(),
        role: "owner".to_owned(),
        shared: false,
        favorite: false,
        trashed_at: None,
        thumbnail: Thumbnail {
            status: file.thumbnail.as_str().to_owned(),
            url: view.thumbnail.as_ref().map(|url| Secret::new(url.expose())),
            width: size.map(|(width, _)| width),
            height: size.map(|(_, height)| height),
        },
        previews: file
            .thumbnail
            .allows_previews()
            .then(|| Previews { small: preview(file, "small"), medium: preview(file, "medium") }),
        placeholder: file.thumbnail.placeholder().map(|placeholder| placeholder.to_string()),
        download: Download { url: Secret::new(view.download.expose()), expires_at: view.expires_at.into() },
        path: about.path.clone(),
        ancestors: about.ancestors.as_ref().map(|all| all.iter().map(ancestor).collect()),
        requested_name: about.requested_name.as_ref().map(|name| name.as_str().to_owned()),
        moved_from_parent_id: about.moved_from.map(NodeId::uuid),
    }
}

fn preview(file: &File, size: &str) -> PreviewLink {
    let (id, version) = (file.id, file.version.number());
    PreviewLink { url: format!("{BASE_PATH}/v1/files/{id}/previews/{size}?v={version}") }
}

pub(in crate::output) fn ancestor(ancestor: &Ancestor) -> fm_api_types::Ancestor {
    let name = ancestor.name.as_ref().map(|name| name.as_str().to_owned());
    fm_api_types::Ancestor { id: ancestor.id.uuid(), name: name.unwrap_or_default() }
}

/// What may be told of an item.
pub(in crate::output) fn any_about() -> impl Strategy<Value = About> {
    let name = || proptest::option::of(any_name());
    let above = proptest::collection::vec((any::<u64>(), name()), 0..3);
    (proptest::option::of("\\PC{0,20}"), proptest::option::of(above), name(), any::<Option<u64>>()).prop_map(
        |(path, above, requested_name, moved_from)| About {
            path,
            ancestors: above.map(|above| {
                let id = |n| NodeId::new(CountingIds::nth(n));
                above.into_iter().map(|(n, name)| Ancestor { id: id(n), name }).collect()
            }),
            requested_name,
            moved_from: moved_from.map(|n| NodeId::new(CountingIds::nth(n))),
        },
    )
}

pub(in crate::output) fn any_name() -> impl Strategy<Value = FileName> {
    "[^/\\\\]{1,40}".prop_filter_map("a name", |text| FileName::from_stored(&text).ok())
}

fn any_thumbnail() -> impl Strategy<Value = ThumbnailState> {
    let blob = BlobId::new(CountingIds::nth(7));
    prop_oneof![
        Just(ThumbnailState::None),
        Just(ThumbnailState::Pending),
        any::<u32>().prop_map(|times| ThumbnailState::Failed { times }),
        (any::<(u32, u32)>(), proptest::collection::vec(any::<u8>(), 0..=Placeholder::MAX_BYTES)).prop_map(
            move |((width, height), hash)| {
                let placeholder = Placeholder::new(&hash);
                ThumbnailState::Ready { blob, width, height, placeholder }
            }
        ),
    ]
}

/// Of the years 0 to 9999, and of all that there are.
pub(in crate::output) fn any_time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![-62_167_219_200_000_000_i64..253_402_300_800_000_000, any::<i64>()]
        .prop_map(Timestamp::from_unix_micros)
}

pub(in crate::output) fn any_view() -> impl Strategy<Value = FileView> {
    let name = any_name();
    let content_type = prop_oneof![Just("text/plain"), Just("image/png"), Just("a!#$/b'*+^`|~")];
    let urls = ("\\PC{0,80}", proptest::option::of("\\PC{0,80}"));
    let times = (any_time(), any_time(), any_time());
    let bytes = (any::<u64>(), any::<Option<[u8; 32]>>(), any::<u32>());
    (name, content_type, bytes, times, any_thumbnail(), urls).prop_map(
        |(name, content_type, (size, sha256, version), times, thumbnail, (download, thumbnail_url))| {
            FileView {
                file: File {
                    name,
                    // Of characters that a type may have.
                    content_type: content_type.replace('*', ".").parse().unwrap(),
                    size: ByteSize::new(size),
                    sha256: sha256.map(Sha256::new),
                    version: VersionNumber::new(version),
                    created_at: times.0,
                    updated_at: times.1,
                    modified_at: times.2,
                    thumbnail,
                    ..a_file()
                },
                valid_from: Timestamp::from_unix_seconds(0),
                download: SignedUrl::new(&format!("https://files.test/?token={download}")),
                expires_at: times.2,
                thumbnail: thumbnail_url.map(|url| SignedUrl::new(&url)),
            }
        },
    )
}

#[test]
fn an_empty_page_is_written_as_promised() {
    let list = FileList { items: Vec::new(), next_cursor: None };
    assert_eq!(file_list(&list, &[], BASE_PATH).unwrap(), br#"{"items":[],"next_cursor":null}"#);
}

#[test]
fn times_at_the_ends_of_years_are_written_as_promised() {
    // The first and the last microsecond of the years 0 and 9999, and those around them; a leap day.
    for micros in [
        -62_167_219_200_000_001,
        -62_167_219_200_000_000,
        -1,
        0,
        1_709_164_799_999_999,
        1_709_251_199_000_001,
        253_402_300_799_999_999,
        253_402_300_800_000_000,
        i64::MIN,
        i64::MAX,
    ] {
        let at = Timestamp::from_unix_micros(micros);
        let view = FileView {
            file: File { created_at: at, ..a_file() },
            valid_from: Timestamp::from_unix_seconds(0),
            download: SignedUrl::new("https://files.test/"),
            expires_at: at,
            thumbnail: None,
        };
        let promised = serde_json::to_string(&body(&view, &About::NOTHING)).unwrap();
        let written = file(&view, &About::NOTHING, BASE_PATH).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), promised, "{micros}");
    }
}

proptest! {
    #[test]
    fn a_file_is_written_as_its_body_promises(view in any_view(), about in any_about()) {
        let promised = serde_json::to_string(&body(&view, &about)).unwrap();
        prop_assert_eq!(String::from_utf8(file(&view, &about, BASE_PATH).unwrap()).unwrap(), promised);
    }

    #[test]
    fn a_page_is_written_as_its_body_promises(
        entries in proptest::collection::vec((any_view(), any_about()), 0..4),
        next_cursor in proptest::option::of("\\PC{0,20}"),
    ) {
        let (items, about): (Vec<FileView>, Vec<About>) = entries.into_iter().unzip();
        let promised = fm_api_types::FileList {
            items: items.iter().zip(&about).map(|(view, about)| body(view, about)).collect(),
            next_cursor: next_cursor.clone(),
        };
        let written = file_list(&FileList { items, next_cursor }, &about, BASE_PATH).unwrap();
        prop_assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&promised).unwrap());
    }
}
