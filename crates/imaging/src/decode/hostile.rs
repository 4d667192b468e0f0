//! Pictures of the corpus, changed: whatever they are, they are answered within their memory and their time.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't be set up fails")]

#[path = "../../tests/it/embed.rs"]
mod embed;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use fm_domain::previews::PreviewSize;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered};
use fm_fuzzing::changed;
use moxcms::ColorProfile;
use proptest::prelude::*;

use self::embed::{in_jpeg, in_png, in_webp};
use crate::decode::decode;
use crate::finish::finish;
use crate::format::Format;
use crate::request::Request;
use crate::source::{Deadline, Source};

/// What a decoder may take of a file that is a few hundred bytes long and may say that it is a million pixels large.
const BUDGET: RenderBudget =
    RenderBudget { max_pixels: 1_000_000, max_alloc: 8 * 1024 * 1024, time: Duration::from_secs(2) };

/// What may come on top of the memory: tables of decoders, what is rendered.
const OVERHEAD: u64 = 8 * 1024 * 1024;

/// A thumbnail, and a preview of which as many pixels can be checked soon enough.
const SPECS: [RenderSpec; 2] = [RenderSpec::THUMBNAIL, RenderSpec::preview(PreviewSize::Small)];

/// How much later than its time a decoder may end: one step between two looks at the clock, on a machine that does other work.
const LATE: Duration = Duration::from_secs(2);

/// What `cargo run -p fm-imaging --example corpus` drew.
static CORPUS: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
});

fn pictures() -> Vec<Vec<u8>> {
    CORPUS.iter().map(|(_, file)| file.clone()).collect()
}

/// Profiles for colours and for grey.
fn profiles() -> Vec<Vec<u8>> {
    let profiles = [ColorProfile::new_display_p3(), ColorProfile::new_gray_with_gamma(1.8)];
    profiles.iter().map(|profile| profile.encode().unwrap()).collect()
}

/// Pictures of the corpus with a profile.
fn profiled(profile: &[u8]) -> [Vec<u8>; 4] {
    let file = |wanted: &str| &CORPUS.iter().find(|(name, _)| name == wanted).unwrap().1;
    [
        in_jpeg(file("plain.jpg"), profile, 60_000),
        in_jpeg(file("grey.jpg"), profile, 60_000),
        in_png(file("veiled.png"), profile),
        in_webp(file("lossy.webp"), (19, 13), profile),
    ]
}

/// Renders the file, and fails where that panics, takes more memory or time than it may, or makes a picture of another size
/// than was asked for.
fn check(format: Format, file: &[u8], spec: RenderSpec) -> Result<Rendered, RenderThumbnail> {
    let source = Source::new(file.to_vec().into(), Deadline::after(BUDGET.time));
    let started = Instant::now();
    let mut answer = Err(RenderThumbnail::TimedOut);
    let allocated = allocation_counter::measure(|| {
        let mut request = Request::new(spec, BUDGET);
        answer = decode(format, &source, &mut request).and_then(|picture| finish(picture, spec, file.len()));
    });
    assert!(started.elapsed() < BUDGET.time + LATE, "{format:?} took {:?}", started.elapsed());
    assert!(
        allocated.bytes_max <= BUDGET.max_alloc + OVERHEAD,
        "{format:?} took {} bytes",
        allocated.bytes_max
    );
    match &answer {
        Ok(rendered) => {
            let (width, height) = match spec {
                RenderSpec::Thumbnail { width, max_height } => (width, max_height),
                RenderSpec::Preview { longer_side } => (longer_side, longer_side),
            };
            assert!((1..=width).contains(&rendered.width), "{format:?}: {}", rendered.width);
            assert!((1..=height).contains(&rendered.height), "{format:?}: {}", rendered.height);
        }
        Err(RenderThumbnail::Store(error)) => panic!("{format:?}: a defect: {error:?}"),
        Err(RenderThumbnail::Undecodable(complaint)) => assert!(complaint.chars().count() <= 200),
        Err(RenderThumbnail::TooLarge | RenderThumbnail::TimedOut) => {}
    }
    answer
}

#[test]
fn every_picture_of_the_corpus_is_decoded() {
    for format in Format::ALL {
        let pictures: Vec<_> = CORPUS.iter().filter(|(_, file)| Format::of(file) == Some(format)).collect();
        assert!(pictures.len() >= 2, "{format:?}: {} pictures", pictures.len());
        for (name, file) in pictures {
            for spec in SPECS {
                let rendered = check(format, file, spec).unwrap_or_else(|error| panic!("{name}: {error:?}"));
                assert!(rendered.width > 8, "{name} is {} pixels wide", rendered.width);
            }
            assert!(file.len() < 10_000, "{name} has {} bytes", file.len());
        }
    }
}

proptest! {
    #[test]
    fn changed_pictures_keep_to_their_memory_and_their_time(file in changed(pictures())) {
        if let Some(format) = Format::of(&file) {
            let _any_answers = SPECS.map(|spec| check(format, &file, spec));
        }
    }

    /// Neither a profile nor what it is packed in keeps a picture from being shown.
    #[test]
    fn changed_profiles_leave_the_picture(profile in changed(profiles())) {
        for file in profiled(&profile) {
            let format = Format::of(&file).unwrap();
            for spec in SPECS {
                let rendered = check(format, &file, spec);
                prop_assert!(rendered.is_ok(), "{format:?}: {rendered:?}");
            }
        }
    }

    #[test]
    fn changed_pictures_with_profiles_keep_to_them_too(
        file in changed(profiles().iter().flat_map(|profile| profiled(profile)).collect())
    ) {
        if let Some(format) = Format::of(&file) {
            let _any_answers = SPECS.map(|spec| check(format, &file, spec));
        }
    }

    /// A decoder never trusts that its caller looked at the first bytes.
    #[test]
    fn decoders_of_another_format_keep_to_them_too(file in changed(pictures()), other in 0_usize..6) {
        let _any_answers = SPECS.map(|spec| check(Format::ALL[other], &file, spec));
    }
}
