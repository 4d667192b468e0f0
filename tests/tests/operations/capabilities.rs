//! `GET /v1/capabilities`

use fm_e2e::{Api, Lane, on_every_lane};

async fn the_deployment_tells_its_limits(lane: Lane) {
    let offered = Api::on(lane).capabilities().await;
    for transport in ["form", "raw", "tus", "direct"] {
        assert!(offered.transports.iter().any(|known| known == transport), "{transport} in {offered:#?}");
    }
    let limits = &offered.limits;
    assert_eq!((limits.upload_bytes, limits.json_bytes, limits.name_characters), (52_428_800, 65_536, 255));
    for format in ["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"] {
        assert!(offered.thumbnail_formats.iter().any(|known| known == format), "{format} in {offered:#?}");
    }
}

async fn the_limits_are_those_of_the_configuration(lane: Lane) {
    let offered = Api::with(lane, &[("MAX_UPLOAD_BYTES", "123457")]).capabilities().await;
    assert_eq!(offered.limits.upload_bytes, 123_457);
    assert!(!format!("{offered:?}").contains("52428800"), "{offered:#?}");
}

on_every_lane![the_deployment_tells_its_limits, the_limits_are_those_of_the_configuration];
