//! Whether the browser of these tests would notice.

use std::time::Duration;

use fm_e2e::Page;

#[tokio::test]
async fn a_request_to_another_host_is_noticed() {
    let page = Page::open("data:text/html,<img src='http://other.example/logo.svg'>").await;
    page.rests().await;
    assert!(page.requests().contains(&"http://other.example/logo.svg".to_owned()), "{:?}", page.requests());
    assert_eq!(page.errors().len(), 1, "{:#?}", page.errors());
}

#[tokio::test]
async fn a_request_of_a_worker_is_noticed() {
    let page = Page::open("data:text/html,<p>").await;
    let worker = "new Worker(URL.createObjectURL(new Blob(['fetch(\"http://other.example/index\")']))), 0";
    page.evaluate(worker).await;
    page.rests().await;
    assert!(page.requests().contains(&"http://other.example/index".to_owned()), "{:?}", page.requests());
}

#[tokio::test]
async fn a_violated_policy_is_an_error() {
    let policy = "<meta http-equiv='Content-Security-Policy' content=\"img-src 'none'\">";
    let page = Page::open(&format!("data:text/html,{policy}<img src='http://other.example/logo.svg'>")).await;
    page.rests().await;
    let errors = page.errors();
    assert!(errors.iter().any(|error| error.contains("Content Security Policy")), "{errors:#?}");
}

#[tokio::test]
async fn exceptions_and_messages_are_errors() {
    let page =
        Page::open("data:text/html,<script>console.error('said'); throw new Error('thrown')</script>").await;
    page.rests().await;
    let errors = page.errors();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(errors[0].contains("said") && errors[1].contains("thrown"), "{errors:#?}");
}

#[tokio::test]
async fn only_what_a_person_could_click_on_is_clicked_on() {
    let page = Page::open(
        "data:text/html,<button onclick='this.innerText=event.isTrusted' id=a>-</button><input id=b>\
         <div id=c style='position:fixed;inset:50% 0 0 0'></div><p id=d style='position:fixed;top:90%;z-index:-1'>d",
    )
    .await;
    page.click("#a").await;
    page.shows("#a", "true").await;
    page.enter("#b", "Grüße").await;
    let covered = tokio::time::timeout(Duration::from_secs(2), page.click("#d")).await;
    assert!(covered.is_err(), "another element lies over it");
}

#[tokio::test]
async fn elements_are_known_by_their_role_and_their_name() {
    let page = Page::open(
        "data:text/html,<button hidden>Save</button><div role=button aria-label=Save tabindex=0 \
         onclick='this.remove()'>S</div><button>Save all</button>",
    )
    .await;
    page.named("button", "Save all").appears().await;
    page.named("button", "Save").click().await;
    page.named("button", "Save").disappears().await;
    let hidden = tokio::time::timeout(Duration::from_secs(1), page.named("button", "Save").appears()).await;
    assert!(hidden.is_err(), "a hidden element is none");
}

#[tokio::test]
async fn keys_do_what_they_do_for_a_person() {
    let page = Page::open(
        "data:text/html,<input aria-label=a><input aria-label=b><p id=p>-</p>\
         <script>onkeydown = event => { p.innerText += event.key + event.isTrusted + ',' }</script>",
    )
    .await;
    page.named("textbox", "b").reach_by_tab().await;
    page.named("textbox", "b").has_focus().await;
    for key in ["x", "ArrowLeft", "y"] {
        page.press(key).await;
    }
    assert_eq!(page.evaluate("document.activeElement.value").await, "yx");
    page.shows("#p", "Tabtrue,xtrue,ArrowLefttrue,ytrue").await;
    page.press_with_control("q").await;
    page.shows("#p", "qtrue").await;
    assert_eq!(page.evaluate("document.activeElement.value").await, "yx", "with Ctrl nothing is typed");
}

#[tokio::test]
async fn a_window_has_the_size_and_the_theme_that_it_is_given() {
    let page = Page::open("data:text/html,<p>").await;
    page.resize(320, 480).await;
    for scheme in ["dark", "light"] {
        page.prefer(scheme).await;
        let seen = format!(
            "[innerWidth, innerHeight, matchMedia('(prefers-color-scheme: {scheme})').matches].join()"
        );
        assert_eq!(page.evaluate(&seen).await, "320,480,true");
    }
    let picture = image::load_from_memory(&page.picture().await).unwrap();
    assert_eq!((picture.width(), picture.height()), (320, 480));
}

#[tokio::test]
async fn nothing_is_left_of_it() {
    let page = Page::open("data:text/html,<p>").await;
    let folder = page.folder().to_owned();
    assert!(folder.is_dir());
    drop(page);
    assert!(!folder.exists());
}
