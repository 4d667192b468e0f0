#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use unicode_normalization::is_nfc;

use super::{FileName, Numbering};

fn numbered(name: &str, number: u64, numbering: Numbering) -> String {
    name.parse::<FileName>().unwrap().numbered(number, numbering).as_str().to_owned()
}

#[test]
fn the_number_of_a_file_stands_before_its_extension() {
    for (name, expected) in [
        ("report.pdf", "report (2).pdf"),
        ("report", "report (2)"),
        ("a.b.c", "a.b (2).c"),
        ("backup.tar.gz", "backup (2).tar.gz"),
        ("Backup.TAR.zst", "Backup (2).TAR.zst"),
        (".bashrc", ".bashrc (2)"),
        (".config.json", ".config (2).json"),
        (".tar.gz", ".tar (2).gz"),
        ("x.tar", "x (2).tar"),
        ("ends with a dot.", "ends with a dot. (2)"),
        ("report (2).pdf", "report (2) (2).pdf"),
        ("ä.tär.gz", "ä.tär (2).gz"),
        ("日本.txt", "日本 (2).txt"),
    ] {
        assert_eq!(numbered(name, 2, Numbering::BeforeExtension), expected, "{name}");
    }
}

#[test]
fn the_number_of_a_folder_stands_at_its_end() {
    for (name, expected) in
        [("v1.2", "v1.2 (3)"), ("backup.tar.gz", "backup.tar.gz (3)"), ("Invoices", "Invoices (3)")]
    {
        assert_eq!(numbered(name, 3, Numbering::AtEnd), expected, "{name}");
    }
}

#[test]
fn a_stem_is_cut_to_make_room() {
    let long = format!("{}.txt", "é".repeat(251));
    let name = numbered(&long, 10, Numbering::BeforeExtension);
    assert_eq!(name, format!("{} (10).txt", "é".repeat(246)));
    assert_eq!(name.chars().count(), FileName::MAX_CHARS);
    let folder = numbered(&"f".repeat(255), 2, Numbering::AtEnd);
    assert_eq!(folder, format!("{} (2)", "f".repeat(251)));
}

#[test]
fn an_extension_that_leaves_no_room_is_cut_as_well() {
    let long = format!("a.{}", "x".repeat(253));
    let name = numbered(&long, 2, Numbering::BeforeExtension);
    assert_eq!(name, format!("a (2).{}", "x".repeat(249)));
    assert_eq!(name.chars().count(), FileName::MAX_CHARS);
}

#[test]
fn a_cut_extension_does_not_end_with_what_some_systems_refuse() {
    let long: FileName = format!("a.{}  {}", "x".repeat(247), "y".repeat(4)).parse().unwrap();
    assert!(long.check_portable().is_ok());
    let name = long.numbered(2, Numbering::BeforeExtension);
    assert_eq!(name.as_str(), format!("a (2).{}", "x".repeat(247)));
    assert!(name.check_portable().is_ok());
    let whole = numbered("a.b ", 2, Numbering::BeforeExtension);
    assert_eq!(whole, "a (2).b ", "what is not cut stays");
}

#[test]
fn a_number_is_found_in_a_name_of_any_case_and_in_no_other_name() {
    let name: FileName = "Straße (1) (7).TXT".parse().unwrap();
    let number_of = |numbered: &str| name.number_of(&numbered.parse().unwrap(), Numbering::BeforeExtension);
    assert_eq!(number_of("STRASSE (1) (7) (12).txt"), Some(12));
    for other in [
        "strasse (1) (7).txt",
        "strasse (1) (12).txt",
        "strasse (1) (7) (1).txt",
        "strasse (1) (7) (012).txt",
        "strasse (1) (7) (+12).txt",
        "strasse (1) (7) (1a).txt",
        "strasse (1) (7) ().txt",
        "strasse (1) (7) (12).pdf",
        "strasse (1) (7) (12)",
        "strasse (1) (7).txt (12)",
        "strasse (1) (7) (99999999999999999999).txt",
        "gasse (1) (7) (12).txt",
    ] {
        assert_eq!(number_of(other), None, "{other}");
    }
    let folder: FileName = "v1.2".parse().unwrap();
    assert_eq!(folder.number_of(&"V1.2 (3)".parse().unwrap(), Numbering::AtEnd), Some(3));
}

proptest! {
    #[test]
    fn a_numbered_name_is_a_name_and_differs_by_its_number(name in "\\PC{1,255}", number in 2_u64.., end in any::<bool>()) {
        let Ok(name) = FileName::from_stored(&name) else { return Ok(()) };
        let numbering = if end { Numbering::AtEnd } else { Numbering::BeforeExtension };
        let numbered = name.numbered(number, numbering);
        prop_assert!(is_nfc(numbered.as_str()));
        prop_assert_eq!(FileName::from_stored(numbered.as_str()), Ok(numbered.clone()));
        let next = name.numbered(number.wrapping_add(1), numbering);
        prop_assert_ne!(numbered.search_key(), next.search_key());
    }

    #[test]
    fn the_number_of_a_numbered_name_is_found_again(name in "\\PC{1,255}", number in 2_u64..1_000_000, end in any::<bool>()) {
        let Ok(name) = FileName::from_stored(&name) else { return Ok(()) };
        let numbering = if end { Numbering::AtEnd } else { Numbering::BeforeExtension };
        prop_assert_eq!(name.number_of(&name.numbered(number, numbering), numbering), Some(number));
    }
}
