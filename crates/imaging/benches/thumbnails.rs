//! How long thumbnails take: `cargo bench -p fm-imaging --bench thumbnails -- FOLDER`.
//!
//! Makes the same pictures on every machine, writes them into the folder (so that another thumbnailer can be timed on
//! them, in turns with this one), and prints one line of JSON a picture and repetition:
//!
//! ```text
//! {"picture": "12-megapixel.jpg", "repetition": 1, "bytes": 4831838, "wall_ms": 38.21}
//! ```
//!
//! `FOLDER --only NAME` times one picture that is in the folder already, once.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use bytes::Bytes;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, Thumbnailer as _};
use fm_imaging::ImageThumbnailer;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What each is rendered in.
const WIDTH: u32 = 64;

/// How often each picture is rendered, in turns with the others.
const REPETITIONS: u32 = 5;

/// The pictures: name, width, height.
const PICTURES: [(&str, u32, u32); 6] = [
    ("12-megapixel.jpg", 4000, 3000),
    ("4k.png", 3840, 2160),
    ("photograph.gif", 1920, 1080),
    ("photograph.webp", 1920, 1080),
    ("photograph.bmp", 1920, 1080),
    ("photograph.tiff", 1920, 1080),
];

fn main() -> Outcome<()> {
    // `cargo bench` adds an argument of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [folder] => {
            let folder = PathBuf::from(folder);
            fs::create_dir_all(&folder)?;
            for (name, width, height) in PICTURES {
                if !folder.join(name).exists() {
                    paint(&folder.join(name), width, height)?;
                }
            }
            for repetition in 1..=REPETITIONS {
                for (name, ..) in PICTURES {
                    runtime.block_on(time(&folder, name, repetition))?;
                }
            }
            Ok(())
        }
        [folder, "--only", name] => runtime.block_on(time(Path::new(folder), name, 1)),
        _ => Err("say which folder the pictures are to be in: FOLDER [--only NAME]".into()),
    }
}

/// Renders one picture, and prints how long it took.
async fn time(folder: &Path, name: &str, repetition: u32) -> Outcome<()> {
    let source = Bytes::from(fs::read(folder.join(name))?);
    let bytes = source.len();
    let thumbnailer = ImageThumbnailer::default();
    let started = Instant::now();
    let thumbnail = thumbnailer.render(source, RenderSpec::THUMBNAIL, RenderBudget::STANDARD).await?;
    let wall = started.elapsed().as_secs_f64() * 1000.0;
    if thumbnail.width != WIDTH {
        return Err(format!("{name}: the thumbnail is {} pixels wide", thumbnail.width).into());
    }
    println!(
        r#"{{"picture": "{name}", "repetition": {repetition}, "bytes": {bytes}, "wall_ms": {wall:.2}}}"#
    );
    Ok(())
}

/// Something like a photograph: slow changes of colour, edges, and the noise of a sensor.
fn paint(path: &Path, width: u32, height: u32) -> Outcome<()> {
    let mut state = 0x2545_f491_u32;
    let image = RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let noise = state % 9;
        let edge = if (x / 97 + y / 61) % 5 == 0 { 40 } else { 0 };
        let slope = |position: u32, length: u32| position * 200 / length;
        let sample = |value: u32| u8::try_from((value + noise + edge).min(255)).unwrap_or(u8::MAX);
        Rgb([sample(slope(x, width)), sample(slope(y, height)), sample(200 - slope(x + y, width + height))])
    });
    let image = DynamicImage::from(image);
    match ImageFormat::from_path(path)? {
        ImageFormat::Jpeg => {
            let file = fs::File::create(path)?;
            image.write_with_encoder(JpegEncoder::new_with_quality(std::io::BufWriter::new(file), 90))?;
        }
        _ => image.save(path)?,
    }
    Ok(())
}
