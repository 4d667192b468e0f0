#![expect(clippy::unwrap_used, reason = "a test may")]

use std::io::Read as _;

use flate2::read::GzDecoder;

use super::{Coding, Console, ContentSources, files};

const STORE: &str = "https://store.example";

fn of_store() -> ContentSources {
    ContentSources { is_program: false, origins: vec![STORE.to_owned()] }
}

fn text(console: &Console) -> String {
    String::from_utf8(console.page().encoded(Coding::Identity).bytes.to_vec()).unwrap()
}

/// The paths that attributes of the page begin with a slash for.
fn links(page: &str) -> Vec<&str> {
    page.split("=\"/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn the_page_links_to_files_that_are_there() {
    let console = Console::new("", &of_store());
    let page = text(&console);
    let links = links(&page);
    assert!(links.len() >= 3, "{links:?}");
    for link in links {
        assert!(console.file(link).is_some(), "{link}");
    }
    assert!(console.file("index.html").is_none() && console.file("assets/other.js").is_none());
}

#[test]
fn behind_a_path_every_link_of_the_page_begins_with_it() {
    let (plain, below) = (Console::new("", &of_store()), Console::new("/drive/a", &of_store()));
    let (page, plain_page) = (text(&below), text(&plain));
    let expected: Vec<String> = links(&plain_page).iter().map(|link| format!("drive/a/{link}")).collect();
    assert_eq!(links(&page), expected);
    assert_ne!(below.page().tag(), plain.page().tag());
    // It was compressed without the path.
    let encoded = below.page().encoded(Coding::Brotli);
    assert_eq!((encoded.coding, encoded.tag.as_str()), (Coding::Identity, below.page().tag()));
}

#[test]
fn nothing_of_the_page_is_inline() {
    let page = text(&Console::new("", &of_store()));
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" on"), "{page}");
    assert!(page.split("<script").skip(1).all(|rest| rest.contains("></script>")), "{page}");
}

#[test]
fn compressed_files_hold_the_file() {
    for file in files::FILES.iter().chain([&files::PAGE]) {
        let mut plain = Vec::new();
        GzDecoder::new(file.gzip).read_to_end(&mut plain).unwrap();
        assert!(plain == file.plain, "{}", file.path);
        assert!(!file.brotli.is_empty() && file.brotli.len() < file.plain.len(), "{}", file.path);
    }
}

#[test]
fn each_coding_has_a_tag_of_its_own_that_begins_with_that_of_the_file() {
    let console = Console::new("", &of_store());
    let file = console.file("favicon.svg").unwrap();
    assert_eq!((file.content_type(), file.is_immutable()), ("image/svg+xml", false));
    assert_eq!(file.tag().len(), 32);
    for (coding, end) in [(Coding::Identity, ""), (Coding::Gzip, "-gzip"), (Coding::Brotli, "-br")] {
        let encoded = file.encoded(coding);
        assert_eq!((encoded.coding, encoded.tag), (coding, format!("{}{end}", file.tag())));
    }
}

#[test]
fn what_has_a_hash_in_its_name_never_changes() {
    let console = Console::new("", &of_store());
    for file in files::FILES {
        let asset = console.file(file.path).unwrap();
        assert_eq!(asset.is_immutable(), file.path.starts_with("assets/"), "{}", file.path);
    }
    assert!(!console.page().is_immutable());
}

#[test]
fn the_page_changes_with_its_policy_and_its_files_do_not() {
    let (one, other) = (Console::new("", &of_store()), Console::new("", &ContentSources::default()));
    assert_ne!(one.page().tag(), other.page().tag());
    let tag = |console: &Console| console.file("favicon.svg").unwrap().tag().to_owned();
    assert_eq!(tag(&one), tag(&other));
}

#[test]
fn files_come_from_the_store_alone_or_from_the_program() {
    let fixed =
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";
    let scripts = "default-src 'none'; script-src 'self'; style-src 'self'";
    let policy = |is_program: bool, origins: &[&str]| {
        let origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        Console::new("", &ContentSources { is_program, origins }).policy().to_owned()
    };
    assert_eq!(
        policy(false, &[STORE, "https://a.example", STORE]),
        format!(
            "{scripts}; img-src 'self' blob: https://a.example {STORE}; media-src https://a.example {STORE}; \
             connect-src 'self' https://a.example {STORE}; frame-src https://a.example {STORE}; {fixed}"
        )
    );
    assert_eq!(
        policy(true, &[]),
        format!(
            "{scripts}; img-src 'self' blob:; media-src 'self'; connect-src 'self'; frame-src 'self'; {fixed}"
        )
    );
    assert!(policy(false, &[]).contains("media-src 'none'; connect-src 'self'; frame-src 'none'"));
}
