//! Pictures as a browser shows them: what Chromium draws is what the thumbnail has to look like, also where a file is
//! broken or breaks the rules of its format. One that Chromium refuses may have a thumbnail or none.

mod bmp;
mod gif;
mod jpeg;
mod png;
mod webp;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fm_e2e::{Api, Lane, Page, User, pictures};
use futures_util::{StreamExt as _, stream};
use image::{Rgb, RgbImage, RgbaImage};
use serde::Deserialize;

/// Cells in each direction of which the mean colours are compared.
const CELLS: u32 = 8;

/// How far the mean of a cell may be off: the edges of cells don't lie on those of pixels, and filters differ.
const TOLERANCE: u32 = 16;

/// Pictures that the browser looks at in one call.
const BATCH: usize = 25;

/// Uploads at one time.
const AT_ONCE: usize = 8;

/// A picture with a name that says what is special about it.
struct Case {
    name: String,
    content_type: &'static str,
    file: Vec<u8>,
    likeness: Likeness,
}

/// How alike the thumbnail and what Chromium draws have to be.
#[derive(Clone, Copy)]
enum Likeness {
    /// In every cell.
    Same,
    /// In the cells that Chromium draws wholly; of the others at least as much is to be seen.
    AsFarAsDrawn { tolerance: u32 },
}

impl Likeness {
    /// How far a cell is off, beyond what it may be.
    fn excess(self, wanted: [u32; 4], seen: [u32; 4]) -> u32 {
        let difference = wanted.iter().zip(seen).map(|(wanted, seen)| wanted.abs_diff(seen)).max().unwrap();
        match self {
            Self::AsFarAsDrawn { .. } if wanted[3] < 255 => wanted[3].saturating_sub(seen[3] + TOLERANCE),
            Self::AsFarAsDrawn { tolerance } => difference.saturating_sub(tolerance),
            Self::Same => difference.saturating_sub(TOLERANCE),
        }
    }
}

/// What a browser draws of a picture.
#[derive(Debug, Deserialize)]
struct Drawn {
    width: u32,
    height: u32,
    /// Means of red, green, blue (multiplied by alpha) and alpha, cell by cell.
    cells: Vec<[u32; 4]>,
}

/// Draws pictures and reads them back; `null` for one that can't be drawn.
const DRAW: &str = "async (urls, side) => Promise.all(urls.map(async url => {
    const picture = new Image();
    const loaded = new Promise((done, failed) => { picture.onload = done; picture.onerror = failed; });
    picture.src = url;
    try { await loaded; } catch { return null; }
    const [width, height] = [picture.naturalWidth, picture.naturalHeight];
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    const {data} = context.getImageData(0, 0, width, height);
    // Cells end where the pixels of the thumbnail do.
    const wide = Math.min(64, width);
    const high = Math.max(1, Math.round(height * wide / width));
    const cellOf = (at, size, pixels) => Math.floor(Math.floor(at * pixels / size) * side / pixels);
    const cells = Array.from({length: side * side}, () => [0, 0, 0, 0, 0]);
    for (let at = 0, y = 0; y < height; y++) {
        for (let x = 0; x < width; x++, at += 4) {
            const cell = cells[cellOf(y, height, high) * side + cellOf(x, width, wide)];
            const alpha = data[at + 3];
            for (let part = 0; part < 3; part++) cell[part] += data[at + part] * alpha / 255;
            cell[3] += alpha;
            cell[4] += 1;
        }
    }
    return {width, height, cells: cells.map(cell => cell.slice(0, 4).map(sum => Math.round(sum / Math.max(cell[4], 1))))};
}))";

/// What is on most pictures: something else in every cell, slopes, and enough noise that files have a length.
fn drawing(width: u32, height: u32) -> RgbImage {
    let mut state = 0x2545_f491_u32;
    RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let (column, row) = (x * CELLS / width, y * CELLS / height);
        let sample = |value: u32| u8::try_from((value % 200) + 20 + state % 24).unwrap();
        Rgb([
            sample(column * 23 + row * 60),
            sample(column * 71 + y * 100 / height),
            sample(row * 37 + x * 90 / width),
        ])
    })
}

#[tokio::test]
async fn thumbnails_look_as_chromium_draws_the_pictures() {
    let cases: Vec<Case> = [png::cases(), gif::cases(), webp::cases(), bmp::cases(), jpeg::cases()]
        .into_iter()
        .flatten()
        .collect();
    let api = Api::with(Lane::Ephemeral, &[]);
    let user = api.user().await;
    let (drawn, made) = tokio::join!(draw(&cases), render(&user, &cases));
    let mut faults = Vec::new();
    for ((case, drawn), made) in cases.iter().zip(&drawn).zip(&made) {
        match (drawn, made) {
            // A picture of which nothing is seen is as good as refused.
            (Some(drawn), _) if drawn.cells.iter().all(|cell| cell[3] == 0) => {}
            (Some(drawn), Some(made)) => faults.extend(compare(case, drawn, made)),
            (Some(_), None) => faults.push(format!("{}: Chromium draws it, it has no thumbnail", case.name)),
            (None, _) => {}
        }
    }
    let shown = drawn.iter().flatten().count();
    assert!(shown > 200 && shown < cases.len(), "Chromium draws {shown} of {} pictures", cases.len());
    assert!(faults.is_empty(), "{} of {shown} pictures: {faults:#?}", faults.len());
}

/// What Chromium draws.
async fn draw(cases: &[Case]) -> Vec<Option<Drawn>> {
    let page = Page::open("about:blank").await;
    let mut drawn = Vec::new();
    for batch in cases.chunks(BATCH) {
        let urls: Vec<String> = batch
            .iter()
            .map(|case| format!("data:{};base64,{}", case.content_type, STANDARD.encode(&case.file)))
            .collect();
        let answer = page.evaluate(&format!("({DRAW})({}, {CELLS})", serde_json::json!(urls))).await;
        let answer: Vec<Option<Drawn>> = serde_json::from_value(answer).unwrap();
        drawn.extend(answer);
    }
    drawn
}

/// The thumbnails, where there are some.
async fn render(user: &User, cases: &[Case]) -> Vec<Option<RgbaImage>> {
    let thumbnails = stream::iter(cases).map(async |case| {
        let file = user.file_of(case.content_type, "picture", case.file.clone()).await;
        let file = user.with_thumbnail(&file).await;
        let url = file.thumbnail.url.as_ref()?;
        Some(pictures::decode(&user.get(url.expose()).send().await.expect(200).body))
    });
    thumbnails.buffered(AT_ONCE).collect().await
}

/// What is different.
fn compare(case: &Case, drawn: &Drawn, made: &RgbaImage) -> Option<String> {
    let name = &case.name;
    let width = drawn.width.min(64);
    let height = (drawn.height * width * 2 + drawn.width) / (drawn.width * 2);
    if made.dimensions() != (width, height.max(1)) {
        let (width, height) = made.dimensions();
        return Some(format!("{name}: {width} × {height} pixels of {} × {}", drawn.width, drawn.height));
    }
    let mut worst = (0, String::new());
    for (at, (wanted, seen)) in drawn.cells.iter().zip(cells(made)).enumerate() {
        let excess = case.likeness.excess(*wanted, seen);
        if excess > worst.0 {
            let (x, y) = (at % CELLS as usize, at / CELLS as usize);
            worst = (excess, format!("{name}: {seen:?} instead of {wanted:?} in cell {x}, {y}"));
        }
    }
    (worst.0 > 0).then_some(worst.1)
}

/// The means of a thumbnail, as [`Drawn`] has them.
fn cells(made: &RgbaImage) -> Vec<[u32; 4]> {
    let (width, height) = made.dimensions();
    let mut sums = vec![([0_u32; 4], 0_u32); (CELLS * CELLS) as usize];
    for (x, y, pixel) in made.enumerate_pixels() {
        let [colours @ .., alpha] = pixel.0.map(u32::from);
        let (sum, count) = &mut sums[(y * CELLS / height * CELLS + x * CELLS / width) as usize];
        for (sum, colour) in sum.iter_mut().zip(colours) {
            *sum += colour * alpha / 255;
        }
        sum[3] += alpha;
        *count += 1;
    }
    sums.into_iter().map(|(sum, count)| sum.map(|sum| sum / count.max(1))).collect()
}
