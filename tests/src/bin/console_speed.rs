//! `scripts/console-speed`: opens the console of the release in Chromium, and measures how long it takes until it is seen, how
//! smoothly a folder of 10,000 entries scrolls, and what its files weigh.

#![expect(clippy::unwrap_used, reason = "without a page there is nothing to measure")]

use std::path::Path;
use std::process::ExitCode;

use fm_e2e::{Api, Lane, Page, User, eventually};
use serde_json::json;

/// How often the first view is measured, each way.
const VIEWS: usize = 9;

/// Entries of the root folder, of two kinds.
const FOLDERS: usize = 9_000;
const FILES: usize = 1_000;

/// How fast is scrolled, in CSS pixels a second: by the wheel, and by the bar from one end to the other.
const SPEEDS: [(&str, u32); 2] = [("by the wheel", 6_000), ("by the bar", 80_000)];

/// Milliseconds of two frames at 60 a second, almost: what takes longer was to be seen in between.
const LATE: f64 = 30.0;

/// Notes when the first entry of a list is drawn.
const NOTE_LIST: &str = "new MutationObserver((_, observer) => {
        if (document.querySelector('[role=row][data-id]') === null) return;
        observer.disconnect();
        requestAnimationFrame(() => { window.listShown = performance.now(); });
    }).observe(document, {childList: true, subtree: true})";

/// When something was seen first, and when the list was there: in milliseconds since the page was asked for.
const VIEW: &str = "[performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null, window.listShown ?? null]";

/// The names of the files that the page has loaded of those that are built.
const LOADED: &str = "performance.getEntriesByType('resource').map(({name}) => new URL(name).pathname)
    .filter(path => path.startsWith('/assets/')).map(path => path.slice('/assets/'.length))";

/// Scrolls for five seconds, and tells the milliseconds of each frame, the most rows that there were, and the longest task.
const SCROLL: &str = "async (speed) => {
    const list = document.querySelector('.items');
    const frame = () => new Promise(requestAnimationFrame);
    const tasks = [0];
    const observer = new PerformanceObserver(found => tasks.push(...found.getEntries().map(task => task.duration)));
    observer.observe({type: 'longtask'});
    list.scrollTop = 0;
    await frame();
    await frame();
    const began = await frame();
    const frames = [];
    let rows = 0;
    for (let before = began, now = began; now - began < 5000; before = now) {
        list.scrollTop = (now - began) / 1000 * speed;
        rows = Math.max(rows, document.querySelectorAll('[role=row]').length);
        now = await frame();
        frames.push(now - before);
    }
    observer.disconnect();
    return [frames, rows, Math.max(...tasks)];
}";

/// What a figure is held to.
enum Bound {
    AtMost(f64),
    AtLeast(f64),
    Reported,
}

/// Prints figures, and knows whether each was within its bound.
struct Report {
    is_kept: bool,
}

impl Report {
    fn line(&mut self, what: &str, value: f64, unit: &str, bound: &Bound) {
        let (text, is_kept) = match bound {
            Bound::AtMost(most) => (format!("at most {most}"), value <= *most),
            Bound::AtLeast(least) => (format!("at least {least}"), value >= *least),
            Bound::Reported => ("reported".to_owned(), true),
        };
        self.is_kept &= is_kept;
        println!("{what}: {value:.1} {unit} ({text}{})", if is_kept { "" } else { ": missed" });
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let api = Api::with(Lane::Embedded, &[]);
    let user = api.user().await;
    let mut report = Report { is_kept: true };
    fill(&user, 10, 10).await;
    let page = signed_in(&user).await;
    page.named("row", "Folder 0000, folder").appears().await;
    first_view(&page, &user, &mut report).await;
    weigh(&page, &mut report).await;

    fill(&user, FOLDERS, FILES).await;
    page.visit(&files_of(&user)).await;
    scroll(&page, &mut report).await;
    if report.is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn files_of(user: &User) -> String {
    format!("{}/files", user.server.base())
}

/// Has so many folders and files in the root folder, those included that are there.
async fn fill(user: &User, folders: usize, files: usize) {
    let paths: Vec<String> = (0..folders).map(|number| format!("Folder {number:04}")).collect();
    for paths in paths.chunks(1000) {
        user.post("/v1/folders").json(&json!({"paths": paths})).send().await.expect(200);
    }
    for number in 0..files {
        let name = format!("Scan {number:04}.txt");
        let upload = user.upload(&name, "A few words.").query(&[("on_conflict", "replace")]);
        assert!(upload.send().await.status < 300, "{name} is taken");
    }
}

async fn signed_in(user: &User) -> Page {
    let page = Page::open(&format!("{}/login", user.server.base())).await;
    page.named("textbox", "Email address").has_focus().await;
    page.write(&user.email).await;
    page.press("Tab").await;
    page.write(&user.password).await;
    page.press("Enter").await;
    page
}

/// How long the page takes until it is seen: with nothing of it in the browser, and with its files there.
async fn first_view(page: &Page, user: &User, report: &mut Report) {
    page.run_first(NOTE_LIST).await;
    for (way, is_cold) in [("cold", true), ("warm", false)] {
        let (mut paints, mut lists) = (Vec::new(), Vec::new());
        for _ in 0..VIEWS {
            if is_cold {
                page.clear_cache().await;
            }
            page.visit(&files_of(user)).await;
            let (seen, shown): (f64, f64) = eventually("the list is shown", async || {
                serde_json::from_value(page.evaluate(VIEW).await).ok()
            })
            .await;
            paints.push(seen);
            lists.push(shown);
        }
        for (what, times) in [("first contentful paint", paints), ("list shown", lists)] {
            let times = sorted(times);
            let bound = Bound::AtMost(200.0);
            report.line(&format!("{what}, {way}, median of {VIEWS}"), at(&times, 50), "ms", &bound);
            report.line(&format!("{what}, {way}, longest"), at(&times, 100), "ms", &Bound::Reported);
        }
    }
}

/// What the files weigh after gzip: all of them, and those that the page has loaded.
async fn weigh(page: &Page, report: &mut Report) {
    let loaded: Vec<String> = serde_json::from_value(page.evaluate(LOADED).await).unwrap();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/console/dist/assets");
    let (mut all, mut first, mut styles) = (0, 0, 0);
    for entry in std::fs::read_dir(assets).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".gz") else { continue };
        let bytes = u32::try_from(entry.metadata().unwrap().len()).unwrap();
        let is_script = Path::new(name).extension().is_some_and(|extension| extension == "js");
        let is_loaded = loaded.iter().any(|path| path == name);
        all += if is_script { bytes } else { 0 };
        first += if is_script && is_loaded { bytes } else { 0 };
        styles += if is_script { 0 } else { bytes };
    }
    for (what, bytes, most) in
        [("scripts in all", all, 90.0), ("scripts of the first page", first, 45.0), ("styles", styles, 15.0)]
    {
        report.line(&format!("{what}, gzip"), f64::from(bytes) / 1024.0, "KiB", &Bound::AtMost(most));
    }
}

/// How smoothly the whole list scrolls, once all its entries are there.
async fn scroll(page: &Page, report: &mut Report) {
    let first = page.named("row", "Folder 0000, folder");
    first.appears().await;
    first.reach_by_tab().await;
    page.press("End").await;
    page.named("row", &format!("Scan {:04}.txt", FILES - 1)).has_focus().await;
    page.press("Home").await;
    first.has_focus().await;
    page.rests().await;
    for (how, speed) in SPEEDS {
        let told = page.evaluate(&format!("({SCROLL})({speed})")).await;
        let (frames, rows, longest): (Vec<f64>, u32, f64) = serde_json::from_value(told).unwrap();
        let frames = sorted(frames);
        let line = |what: &str| format!("{} entries scrolled {how}, {what}", FOLDERS + FILES);
        let a_second = 1000.0 / at(&frames, 50);
        report.line(&line("frames at the median"), a_second, "a second", &Bound::AtLeast(59.0));
        report.line(&line("95th percentile of a frame"), at(&frames, 95), "ms", &Bound::Reported);
        let late = u32::try_from(frames.iter().filter(|frame| **frame > LATE).count()).unwrap();
        let part = 100.0 * f64::from(late) / f64::from(u32::try_from(frames.len()).unwrap());
        report.line(&line("late frames"), part, "%", &Bound::Reported);
        report.line(&line("longest task of 50 ms or more"), longest, "ms", &Bound::Reported);
        report.line(&line("the most in the page"), f64::from(rows), "rows", &Bound::AtMost(199.0));
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// The value that so many percent of the sorted ones do not exceed.
fn at(values: &[f64], percent: usize) -> f64 {
    values[(values.len() - 1) * percent / 100]
}
