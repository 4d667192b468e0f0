//! Sound and film in the viewer.

use std::time::Duration;

use base64::Engine as _;
use fm_e2e::{Api, Lane, Page, eventually, on_every_lane};

use super::{open_as, own_errors};

/// Of the sound: its length in seconds, of which each is so many bytes.
const SECONDS: u32 = 1200;
const BYTES_A_SECOND: u32 = 8000;

/// Silence as a WAV file: 8 bits, one channel.
fn silence() -> Vec<u8> {
    let length = SECONDS * BYTES_A_SECOND;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    wav.extend([1, 0, 1, 0]);
    wav.extend(BYTES_A_SECOND.to_le_bytes());
    wav.extend(BYTES_A_SECOND.to_le_bytes());
    // One byte for all channels, of 8 bits.
    wav.extend([1, 0, 8, 0]);
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    wav.resize(wav.len() + usize::try_from(length).unwrap(), 128);
    wav
}

/// Has the page film a canvas of 160 by 120 pixels for a moment: WebM, in Base64.
const FILM: &str = "(async () => {
    const canvas = Object.assign(document.createElement('canvas'), {width: 160, height: 120});
    document.body.append(canvas);
    const options = {mimeType: 'video/webm;codecs=vp8', videoBitsPerSecond: 100_000};
    const recorder = new MediaRecorder(canvas.captureStream(25), options);
    const parts = [];
    recorder.ondataavailable = ({data}) => parts.push(data);
    const stopped = new Promise(resolve => { recorder.onstop = resolve });
    recorder.start();
    const context = canvas.getContext('2d');
    for (let frame = 0; frame < 25; frame += 1) {
        context.fillStyle = `hsl(${frame * 14} 80% 50%)`;
        context.fillRect(0, 0, 160, 120);
        await new Promise(resolve => setTimeout(resolve, 40));
    }
    recorder.stop();
    await stopped;
    canvas.remove();
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
})()";

/// The statuses of the answers from where the only element of this name plays from.
async fn answers(page: &Page, element: &str) -> Vec<u64> {
    let source = page.evaluate(&format!("document.querySelector('main {element}').src")).await;
    page.statuses(source.as_str().unwrap())
}

async fn a_sound_is_fetched_from_where_it_is_heard(lane: Lane) {
    let user = Api::on(lane).user().await;
    let sound = user.file("Silence.wav", silence()).await;
    let page = open_as(&user, &format!("/files/{}/view", sound.id)).await;
    let length = "Math.round(document.querySelector('main audio')?.duration)";
    eventually("its length is known", async || (page.evaluate(length).await == SECONDS).then_some(())).await;
    let seek = "new Promise((resolve, reject) => {
        const audio = document.querySelector('main audio');
        audio.onerror = () => reject(audio.error);
        audio.onseeked = () => resolve(Math.round(audio.currentTime));
        audio.currentTime = 1100;
    })";
    assert_eq!(page.evaluate(seek).await, 1100);
    // The beginning, and what is far behind it; what is between is not fetched for that.
    let answers = answers(&page, "audio").await;
    assert!(answers.len() > 1 && answers.iter().all(|status| *status == 206), "{answers:?}");
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

on_every_lane![a_sound_is_fetched_from_where_it_is_heard];

/// Has the page find that an hour has passed, and that its sound can't be fetched any more.
const EXPIRE: &str = "const now = Date.now;
    Date.now = () => now() + 3_600_000;
    document.querySelector('main audio').dispatchEvent(new Event('error'))";

#[tokio::test]
async fn a_sound_goes_on_where_it_was_once_its_url_has_expired() {
    let user = Api::on(Lane::Embedded).user().await;
    let sound = user.file("Silence.wav", silence()).await;
    let page = open_as(&user, &format!("/files/{}/view", sound.id)).await;
    let of_audio = async |what: &str| {
        page.evaluate(&format!("Math.round(document.querySelector('main audio')?.{what})")).await
    };
    eventually("its length is known", async || (of_audio("duration").await == SECONDS).then_some(())).await;
    page.evaluate("document.querySelector('main audio').currentTime = 600").await;
    let source = "document.querySelector('main audio')?.src";
    let first = page.evaluate(source).await;
    // Until another URL expires at another second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    page.evaluate(EXPIRE).await;
    eventually("another URL goes on where it was", async || {
        let is_another = page.evaluate(source).await != first;
        (is_another && of_audio("currentTime").await == 600).then_some(())
    })
    .await;
    assert_eq!(own_errors(&page), Vec::<String>::new());
}

#[tokio::test]
async fn a_film_is_shown() {
    let user = Api::on(Lane::Embedded).user().await;
    let page = open_as(&user, "/files").await;
    page.named("button", "Upload").appears().await;
    let film = page.evaluate(FILM).await;
    let film = base64::engine::general_purpose::STANDARD.decode(film.as_str().unwrap()).unwrap();
    let film = user.file("Film.webm", film).await;
    assert_eq!(film.content_type, "video/webm");
    page.named("link", "Film.webm").click().await;
    page.named("group", "Film.webm").has_focus().await;
    eventually("its first picture is there", async || {
        let shown =
            "(film => film?.readyState >= 2 && film.videoWidth)(document.querySelector('main video'))";
        (page.evaluate(shown).await == 160).then_some(())
    })
    .await;
    let answers = answers(&page, "video").await;
    assert!(!answers.is_empty() && answers.iter().all(|status| *status == 206), "{answers:?}");
    assert_eq!(own_errors(&page), Vec::<String>::new());
}
