use super::{PictureFormat, PreviewSize, UnknownName};

#[test]
fn sizes_and_formats_are_read_by_the_names_they_write() {
    for size in PreviewSize::ALL {
        assert_eq!(size.as_str().parse::<PreviewSize>(), Ok(size));
        assert_eq!(serde_json::to_string(&size).ok(), Some(format!("\"{}\"", size.as_str())));
    }
    for format in PictureFormat::ALL {
        assert_eq!(format.as_str().parse::<PictureFormat>(), Ok(format));
        assert_eq!(format.media_type().as_str(), format!("image/{}", format.as_str()));
    }
    assert_eq!("large".parse::<PreviewSize>(), Err(UnknownName));
    assert_eq!("SMALL".parse::<PreviewSize>(), Err(UnknownName));
    assert_eq!("webp".parse::<PictureFormat>(), Err(UnknownName));
}
