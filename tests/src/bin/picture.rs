//! `scripts/picture`: shows the console of a running program with folders, pictures and documents, and writes what a person
//! sees, in both themes, to `docs`.

#![expect(clippy::unwrap_used, reason = "without its pictures there is nothing to do")]

use std::io::Cursor;
use std::path::Path;

use fm_e2e::{Api, Lane, Page, User};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;

const FOLDERS: [&str; 4] = ["Contracts", "Holiday in Norway", "Music", "Receipts 2026"];

/// Name, and the colours of the sky from above to the horizon, of the sun, and of the ridges from far to near.
const LANDSCAPES: [(&str, [[u8; 3]; 6]); 6] = [
    (
        "Dunes.jpg",
        [[92, 142, 190], [250, 222, 180], [255, 248, 226], [222, 170, 112], [196, 136, 82], [150, 94, 58]],
    ),
    (
        "Forest.jpg",
        [[150, 190, 204], [226, 236, 222], [250, 252, 240], [128, 160, 140], [70, 112, 88], [30, 64, 50]],
    ),
    (
        "Heather.jpg",
        [[120, 130, 190], [240, 206, 220], [255, 236, 224], [168, 130, 170], [126, 86, 138], [78, 50, 94]],
    ),
    (
        "Lake.jpg",
        [[70, 130, 186], [206, 230, 240], [255, 255, 246], [110, 150, 176], [62, 104, 132], [28, 62, 86]],
    ),
    (
        "Snow.jpg",
        [[96, 140, 196], [224, 234, 246], [255, 250, 236], [214, 224, 238], [178, 194, 216], [120, 140, 172]],
    ),
    (
        "Sunset.jpg",
        [[62, 44, 98], [250, 150, 96], [255, 226, 150], [150, 70, 98], [96, 44, 82], [46, 24, 56]],
    ),
];

/// Type, name, beginning, and how many bytes.
const DOCUMENTS: [(&str, &str, &str, usize); 4] = [
    ("application/pdf", "Annual report.pdf", "%PDF-1.7\n", 284_300),
    ("text/csv", "Budget.csv", "month,amount\nJanuary,1200\nFebruary,980\n", 12_400),
    ("text/plain", "Minutes of the meeting.txt", "Present: Ada, Charles, Mary.\n", 5_600),
    ("application/zip", "Website.zip", "PK\u{3}\u{4}", 3_420_000),
];

#[tokio::main]
async fn main() {
    let api = Api::with(Lane::Embedded, &[]);
    let user = api.user().await;
    fill(&user).await;
    let page = Page::open(&format!("{}/login", api.server.base())).await;
    page.resize(1280, 800).await;
    page.named("textbox", "Email address").has_focus().await;
    page.write(&user.email).await;
    page.press("Tab").await;
    page.write(&user.password).await;
    page.press("Enter").await;
    page.named("row", "Contracts, folder").appears().await;
    page.named("button", "Grid").click().await;
    for scheme in ["light", "dark"] {
        page.prefer(scheme).await;
        page.rests().await;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/console-{scheme}.png"));
        std::fs::write(&path, page.picture().await).unwrap();
        println!("{}", path.display());
    }
}

/// Gives the user a name, folders and files, and waits for the thumbnails.
async fn fill(user: &User) {
    user.patch("/v1/auth/me").json(&json!({"name": "Ada Lovelace"})).send().await.expect(200);
    for name in FOLDERS {
        user.post("/v1/folders").json(&json!({"name": name})).send().await.expect(201);
    }
    for (content_type, name, beginning, size) in DOCUMENTS {
        let mut content = beginning.as_bytes().to_vec();
        content.resize(size, b' ');
        user.file_of(content_type, name, content).await;
    }
    for (place, (name, colours)) in (0..).zip(LANDSCAPES) {
        let file = user.file_of("image/jpeg", name, landscape(colours, place)).await;
        user.with_thumbnail(&file).await;
    }
}

/// Three ridges below a sky with a sun, as JPEG; each place has other ones.
fn landscape([above, horizon, sun, ridges @ ..]: [[u8; 3]; 6], place: u32) -> Vec<u8> {
    const WIDTH: u32 = 1200;
    const HEIGHT: u32 = 900;
    let picture = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let near = (0..).zip(ridges).filter(|(depth, _)| y > top(*depth, x + 531 * place)).last();
        let (across, down) = (x.abs_diff(WIDTH * (2 + place % 3) / 5), y.abs_diff(HEIGHT * 3 / 10));
        Rgb(match near {
            Some((_, colour)) => mix(colour, horizon, HEIGHT - y, HEIGHT * 2),
            None if across.pow(2) + down.pow(2) < 70_u32.pow(2) => sun,
            None => mix(above, horizon, y, HEIGHT * 7 / 10),
        })
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// Where a ridge begins, from above: two rows of peaks on each other.
fn top(depth: u32, x: u32) -> u32 {
    let peaks = |period: u32, height: u32| height * (x % period).abs_diff(period / 2) / (period / 2);
    380 + 130 * depth + peaks(520 - 90 * depth, 120) + peaks(170 + 30 * depth, 40)
}

/// A colour on the way from one to another.
fn mix(from: [u8; 3], to: [u8; 3], part: u32, whole: u32) -> [u8; 3] {
    let part = part.min(whole);
    std::array::from_fn(|channel| {
        let sum = u32::from(from[channel]) * (whole - part) + u32::from(to[channel]) * part;
        u8::try_from(sum / whole).unwrap_or(u8::MAX)
    })
}
