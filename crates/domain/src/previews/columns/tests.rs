use super::{PreviewColumns, UnreadablePreview};
use crate::ids::BlobId;
use crate::previews::{PictureFormat, PreviewPicture, PreviewState, UnknownName};
use crate::testing::CountingIds;

fn ready(format: PictureFormat) -> PreviewState {
    let blob = BlobId::new(CountingIds::nth(7));
    PreviewState::Ready(PreviewPicture { blob, format, width: 256, height: 171 })
}

#[test]
fn what_is_written_is_read_again() {
    for state in [ready(PictureFormat::Jpeg), ready(PictureFormat::Png), PreviewState::Failed] {
        assert_eq!(state.columns().read(), Ok(state));
    }
}

#[test]
fn a_preview_that_is_ready_has_all_columns_and_a_known_format() {
    let whole = ready(PictureFormat::Jpeg).columns();
    for columns in [
        PreviewColumns { format: None, ..whole },
        PreviewColumns { width: None, ..whole },
        PreviewColumns { height: None, ..whole },
    ] {
        assert_eq!(columns.read(), Err(UnreadablePreview::Incomplete), "{columns:?}");
    }
    let unknown = PreviewColumns { format: Some("webp"), ..whole };
    assert_eq!(unknown.read(), Err(UnreadablePreview::Format(UnknownName)));
}
