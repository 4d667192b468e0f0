#![expect(clippy::unwrap_used, reason = "a test may")]

use super::*;

/// The faults of a crate whose root is `src/lib.rs`.
fn found(files: &[(&str, &str)], known: &str) -> Vec<Fault> {
    let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    faults(&["src/lib.rs".to_owned()], &files, known).unwrap()
}

const ROOT: (&str, &str) = ("src/lib.rs", "mod a;\nmod b;\n");

#[test]
fn imports_in_one_direction_pass() {
    let files = [
        ROOT,
        ("src/a/mod.rs", "use crate::b::Thing;\npub struct User(Thing);\n"),
        ("src/b/mod.rs", "pub struct Thing(u8);\n"),
    ];
    assert_eq!(found(&files, ""), Vec::<Fault>::new());
}

#[test]
fn a_cycle_of_two_folders_is_a_fault_that_names_its_lines() {
    let files = [
        ROOT,
        ("src/a/mod.rs", "use crate::b::Thing;\npub struct User(Thing);\n"),
        ("src/b/mod.rs", "\npub struct Thing(super::a::User);\n"),
    ];
    assert_eq!(
        found(&files, ""),
        ["a cycle of 2 files spans folders; its shortest way around:\n    \
          src/a/mod.rs:1 imports crate::b::Thing from src/b/mod.rs\n    \
          src/b/mod.rs:2 imports super::a::User from src/a/mod.rs"]
    );
}

#[test]
fn a_cycle_inside_a_folder_passes() {
    let files = [
        ("src/lib.rs", "mod a;\n"),
        ("src/a/mod.rs", "mod one;\nmod two;\npub struct Shared(one::One);\n"),
        ("src/a/one.rs", "use super::two::Two;\npub struct One(Two, super::Shared);\n"),
        ("src/a/two.rs", "pub struct Two(super::one::One);\n"),
    ];
    assert_eq!(found(&files, ""), Vec::<Fault>::new());
}

#[test]
fn a_file_is_of_the_folder_beside_it_and_of_its_own() {
    let below = [
        ("src/lib.rs", "mod a;\nmod c;\n"),
        ("src/a.rs", "mod b;\npub struct Shared(b::Thing);\n"),
        ("src/a/b.rs", "pub struct Thing(super::Shared);\n"),
        ("src/c.rs", ""),
    ];
    assert_eq!(found(&below, ""), Vec::<Fault>::new());
    let beside = [
        below[0],
        ("src/a.rs", "mod b;\npub struct Shared(crate::c::Other);\n"),
        ("src/a/b.rs", "pub struct Thing;\n"),
        ("src/c.rs", "pub struct Other(crate::a::Shared);\n"),
    ];
    assert_eq!(found(&beside, ""), Vec::<Fault>::new());
    let across = [
        below[0],
        below[1],
        ("src/a/b.rs", "pub struct Thing(super::Shared, crate::c::Other);\n"),
        ("src/c.rs", "pub struct Other(crate::a::Shared);\n"),
    ];
    assert_eq!(found(&across, "").len(), 1);
}

#[test]
fn the_way_through_a_facade_leads_to_the_file_that_defines_the_name() {
    // `a/two.rs` needs `b`, `b` needs `a/one.rs` alone: no cycle, though all goes through `a/mod.rs`.
    let files = [
        ROOT,
        ("src/a/mod.rs", "mod one;\nmod two;\npub use one::One;\npub use two::Two as Second;\n"),
        ("src/a/one.rs", "pub struct One;\n"),
        ("src/a/two.rs", "use crate::b::Thing;\npub struct Two(Thing);\n"),
        ("src/b/mod.rs", "use crate::a::One;\npub struct Thing(One);\n"),
    ];
    assert_eq!(found(&files, ""), Vec::<Fault>::new());
    let mut renamed = files;
    renamed[4].1 = "use crate::a::Second;\npub struct Thing(Second);\n";
    let faults = found(&renamed, "");
    assert!(faults[0].contains("src/b/mod.rs:1 imports crate::a::Second from src/a/two.rs"), "{faults:?}");
}

#[test]
fn a_re_export_alone_is_no_import() {
    // `b` needs what `a/mod.rs` defines, `a/two.rs` needs `b`, and `a/mod.rs` does no more than pass `Two` on.
    let mut files = [
        ROOT,
        ("src/a/mod.rs", "mod two;\npub use two::Two;\npub struct Shared;\n"),
        ("src/a/two.rs", "use crate::b::Thing;\npub struct Two(Thing);\n"),
        ("src/b/mod.rs", "use crate::a::Shared;\npub struct Thing(Shared);\n"),
    ];
    assert_eq!(found(&files, ""), Vec::<Fault>::new());
    files[1].1 = "mod two;\npub use two::Two;\npub struct Shared(Two);\n";
    assert!(found(&files, "")[0].contains("src/a/mod.rs:3 imports Two from src/a/two.rs"));
}

#[test]
fn a_module_that_is_imported_counts_by_what_is_taken_out_of_it() {
    let files = [
        ROOT,
        ("src/a/mod.rs", "use crate::b;\npub fn one() { b::two() }\n"),
        ("src/b/mod.rs", "use crate::a;\npub fn two() {}\npub fn three() { a::one() }\n"),
    ];
    assert!(found(&files, "")[0].contains("src/a/mod.rs:2 imports b::two from src/b/mod.rs"));
    let mut one_way = files;
    one_way[1].1 = "use crate::b;\npub fn one() {}\n";
    assert_eq!(found(&one_way, ""), Vec::<Fault>::new());
}

#[test]
fn names_through_a_glob_count() {
    let files = [
        ROOT,
        ("src/a/mod.rs", "use crate::b::*;\npub struct User(Thing);\n"),
        ("src/b/mod.rs", "pub struct Thing(crate::a::User);\n"),
    ];
    assert!(found(&files, "")[0].contains("src/a/mod.rs:2 imports Thing from src/b/mod.rs"));
}

#[test]
fn paths_in_macros_attributes_and_inline_modules_count() {
    for text in [
        "pub fn one() { println!(\"{}\", crate::b::two()) }\n",
        "#[derive(Debug)]\n#[api(body = crate::b::Thing)]\npub fn one() {}\n",
        "mod inside { pub fn x() { super::super::b::two() } }\npub fn one() {}\n",
        "macro_rules! call { () => { $crate::b::two() } }\npub fn one() {}\n",
    ] {
        let files = [
            ROOT,
            ("src/a/mod.rs", text),
            ("src/b/mod.rs", "pub struct Thing;\npub fn two() {}\npub fn three() { crate::a::one() }\n"),
        ];
        assert_eq!(found(&files, "").len(), 1, "{text}");
    }
}

#[test]
fn what_is_compiled_for_tests_alone_does_not_count() {
    for text in [
        "#[cfg(test)]\nmod tests { use crate::b::Thing; }\npub struct User;\n",
        "#[cfg(test)]\nmod tests;\npub struct User;\n",
        "#[cfg(test)]\nuse crate::b::Thing;\npub struct User;\n",
        "pub struct User;\nimpl User { #[cfg(test)] fn new() { crate::b::Thing; } }\n",
    ] {
        let files = [
            ROOT,
            ("src/a/mod.rs", text),
            ("src/a/tests.rs", "use crate::b::Thing;\nuse super::User;\n"),
            ("src/b/mod.rs", "pub struct Thing(crate::a::User);\n"),
        ];
        assert_eq!(found(&files, ""), Vec::<Fault>::new(), "{text}");
    }
}

#[test]
fn a_module_and_a_function_may_share_a_name() {
    let files = [
        ROOT,
        ("src/a/mod.rs", "mod retry;\npub use retry::retry;\n"),
        ("src/a/retry.rs", "pub fn retry() { crate::b::two() }\n"),
        ("src/b/mod.rs", "use crate::a::retry;\npub fn two() { retry() }\n"),
    ];
    assert!(found(&files, "")[0].contains("src/b/mod.rs:1 imports crate::a::retry from src/a/retry.rs"));
}

#[test]
fn re_exports_that_lead_nowhere_or_in_circles_end() {
    let files = [
        ROOT,
        ("src/a/mod.rs", "pub use crate::b::Thing;\npub use bytes::Bytes;\npub use super::b::*;\n"),
        ("src/b/mod.rs", "pub use crate::a::Thing;\npub use super::a::*;\npub fn x(y: Bytes, z: Thing) {}\n"),
    ];
    assert_eq!(found(&files, ""), Vec::<Fault>::new());
}

#[test]
fn the_shortest_cycle_that_leaves_a_folder_is_shown() {
    let files = [
        ROOT,
        ("src/a/mod.rs", "mod one;\npub struct A(one::One);\n"),
        ("src/a/one.rs", "pub struct One(super::A, crate::b::two::Two);\n"),
        ("src/b/mod.rs", "pub mod two;\npub struct B(crate::a::A);\n"),
        ("src/b/two.rs", "pub struct Two(super::B);\n"),
    ];
    let faults = found(&files, "");
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].lines().count(), 5, "{faults:?}");
}

#[test]
fn a_known_import_passes_until_it_closes_no_cycle() {
    let mut files = [
        ROOT,
        ("src/a/mod.rs", "pub struct User(crate::b::Thing);\n"),
        ("src/b/mod.rs", "pub struct Thing(crate::a::User);\n"),
    ];
    let known = "# why\nsrc/a/mod.rs -> src/b/mod.rs\n";
    assert_eq!(found(&files, known), Vec::<Fault>::new());
    let gone = ["xtask/known-cycles.txt: `src/a/mod.rs -> src/b/mod.rs` closes no cycle any more: remove it"];
    files[2].1 = "pub struct Thing;\n";
    assert_eq!(found(&files, known), gone);
    files[1].1 = "pub struct User;\n";
    assert_eq!(found(&files, known), gone);
    assert_eq!(found(&files, "src/a\n"), ["xtask/known-cycles.txt: not `from -> to`: src/a"]);
}

#[test]
fn a_known_import_does_not_excuse_another_cycle_of_the_same_files() {
    let files = [
        ("src/lib.rs", "mod a;\nmod b;\nmod c;\n"),
        ("src/a/mod.rs", "pub struct User(crate::b::Thing);\n"),
        ("src/b/mod.rs", "pub struct Thing(crate::a::User, crate::c::Other);\n"),
        ("src/c/mod.rs", "pub struct Other(crate::b::Thing);\n"),
    ];
    assert_eq!(found(&files, "src/a/mod.rs -> src/b/mod.rs\n").len(), 1);
}

#[test]
fn a_file_that_is_not_rust_is_an_error_that_names_it() {
    let files = [("src/lib.rs".to_owned(), "\nfn (".to_owned())];
    let error = faults(&["src/lib.rs".to_owned()], &files, "").unwrap_err();
    assert!(error.to_string().starts_with("src/lib.rs:2: "), "{error}");
}
