#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn names() -> BTreeSet<String> {
    ["X", "PORT", "JWT_SECRET"].map(str::to_owned).into()
}

fn parsed(text: &str) -> (HashMap<String, String>, ConfigFaults) {
    let environment = HashMap::from([("OUTSIDE".to_owned(), "from outside".to_owned())]);
    let mut faults = ConfigFaults::default();
    (parse(text, &environment, &names(), &mut faults), faults)
}

/// The value of `X`, which must be there without a fault.
fn value(text: &str) -> String {
    let (mut values, faults) = parsed(text);
    assert_eq!(faults, ConfigFaults::default(), "{text}");
    values.remove("X").unwrap()
}

#[test]
fn a_dollar_sign_is_an_ordinary_character() {
    for (line, expected) in [
        ("X=pa$word", "pa$word"),
        ("X=$argon2id$v=19$", "$argon2id$v=19$"),
        ("X=$", "$"),
        ("X=1 ", "1"),
        ("X=1\t", "1"),
        ("X=a$$b$1", "a$$b$1"),
        ("X=\"pa$word and more\"", "pa$word and more"),
        ("X='pa$word${y}'", "pa$word${y}"),
        ("X=pa\\$word", "pa$word"),
        ("X=$OUTSIDE", "$OUTSIDE"),
        ("X=a$b # a $comment's end", "a$b"),
        ("X=a#$b", "a#$b"),
    ] {
        assert_eq!(value(line), expected, "{line}");
    }
}

#[test]
fn a_reference_in_braces_is_replaced_or_refused_by_name() {
    assert_eq!(value("HOME_=/srv\nX=${HOME_}/data"), "/srv/data");
    assert_eq!(value("X=\"<${OUTSIDE}>\""), "<from outside>");
    let (values, faults) = parsed("JWT_SECRET=abc${absent}def\nPORT=1");
    assert_eq!((faults.0.len(), faults.0[0].name.as_str()), (1, "JWT_SECRET"));
    assert!(faults.to_string().contains("absent") && !faults.to_string().contains("abc"), "{faults}");
    assert_eq!(values["PORT"], "1");
    let (_, faults) = parsed("JWT_SECRET=abc${not a name}def");
    assert!(!faults.0.is_empty() && !faults.to_string().contains("not a name"), "{faults}");
    let (_, faults) = parsed("OF_ANOTHER_PROGRAM=${absent}");
    assert!(faults.0.is_empty(), "{faults}");
    let (_, faults) = parsed("JWT_SECRET=\"abc${open\"");
    assert_eq!(faults.0[0].name, "JWT_SECRET");
}

#[test]
fn lines_are_read_as_shells_and_editors_write_them() {
    assert_eq!(value("# it's a comment\nexport X=1\n"), "1");
    assert_eq!(value("X=1\r\nY=2\r\n"), "1");
    assert_eq!(value("X = 'a b' # c\n"), "a b");
    assert_eq!(value("X=1\nX=2\n"), "2", "the last one counts");
    assert_eq!(value("X=\"a\nb\"\n"), "a\nb");
}

#[test]
fn a_line_that_can_not_be_read_is_named_and_not_shown() {
    for text in ["PORT=1\nJWT_SECRET=hunter2 hunter3\n", "PORT=1\nexport JWT_SECRET=hunter2\\q\n"] {
        let (values, faults) = parsed(text);
        let told = faults.to_string();
        assert!(told.contains("number 2 (JWT_SECRET)") && !told.contains("hunter"), "{told}");
        assert!(values.is_empty());
    }
}

#[test]
fn a_mark_of_utf_8_at_the_beginning_is_no_part_of_the_first_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    let mut faults = ConfigFaults::default();
    let mut read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        super::read(&path, &HashMap::new(), &names(), &mut faults)
    };
    assert_eq!(read(b"\xef\xbb\xbfX=1")["X"], "1");
    assert!(read(b"\xff\xfeX\0=\x001\0").is_empty());
    assert_eq!(faults.0.len(), 1);
    assert_eq!(faults.0[0].problem, "must be UTF-8");
}
