use super::*;

const ROW: &str = "| 1.2.3 | 1 | calm | met: [`it_is_calm`](../crates/a/tests/a.rs) |\n";

#[test]
fn tests_that_are_named_are_found_with_their_line_and_file() {
    let page =
        format!("# A page\n\n{ROW}See [ADR 1](adr/0001.md), [`code`](../README.md) and `it_is_calm`.\n");
    assert_eq!(cited(&page), [Cited { line: 3, name: "it_is_calm", path: "crates/a/tests/a.rs" }]);
}

#[test]
fn a_test_is_known_by_its_attribute_or_by_the_list_of_lanes() {
    let text = "
#[test]
fn plain() {}
#[tokio::test(flavor = \"current_thread\")]
#[expect(clippy::panic, reason = \"a test may\")]
// Why.
async fn waiting<T>() {}
fn helper() {}
#[derive(Debug)]
struct NoTest;
fn after() {}
    #[test]
    fn inside(at in 0..3) {}
async fn on_lanes(lane: Lane) {}
on_every_lane![on_lanes, other,
    last,
];
fn behind() {}
";
    let names: Vec<String> = tests_in(text).into_iter().collect();
    assert_eq!(names, ["inside", "last", "on_lanes", "other", "plain", "waiting"]);
}

#[test]
fn every_state_that_there_is_passes() {
    let page = format!(
        "| number | L | asks for | state |\n| --- | --- | --- | --- |\n{ROW}\
         | 1.2.4 | 1 | a | met, without a test: written down |\n| 1.2.5 | 2 | a | not applicable: none |\n\
         | 1.2.6 | 2 | a | open: all of it |\n"
    );
    assert_eq!(states(&page), Vec::<Fault>::new());
}

#[test]
fn a_requirement_without_a_state_or_without_its_test_is_a_fault() {
    let faults = |row: &str| states(&format!("{ROW}{row}\n"));
    assert_eq!(faults("| 1.2.3 | 1 | a | open: b |"), ["docs/SECURITY.md:2: 1.2.3 is there twice"]);
    assert_eq!(
        faults("| 1.2.4 | 1 | a | fine |"),
        ["docs/SECURITY.md:2: 1.2.4 is neither met, not applicable nor open: fine"]
    );
    assert_eq!(
        faults("| 1.2.4 | 1 | a | met: by care |"),
        ["docs/SECURITY.md:2: 1.2.4 is met, and names no test"]
    );
    assert_eq!(states("# Nothing\n"), ["docs/SECURITY.md: no requirement is listed"]);
}
