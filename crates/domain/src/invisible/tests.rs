use super::{find, is_invisible};

#[test]
fn what_shows_nothing_is_found_wherever_it_stands() {
    for invisible in [
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{17b4}',
        '\u{180e}',
        '\u{200b}',
        '\u{200e}',
        '\u{200f}',
        '\u{202a}',
        '\u{202b}',
        '\u{202c}',
        '\u{202d}',
        '\u{202e}',
        '\u{2060}',
        '\u{2061}',
        '\u{2064}',
        '\u{2066}',
        '\u{2069}',
        '\u{206a}',
        '\u{3164}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff9}',
        '\u{fffa}',
        '\u{fffb}',
        '\u{1bca0}',
        '\u{1d173}',
        '\u{e0001}',
        '\u{e0020}',
        '\u{e0041}',
        '\u{e007f}',
        '\u{e0fff}',
    ] {
        for name in [
            format!("{invisible}a"),
            format!("a{invisible}"),
            format!("a{invisible}b"),
            invisible.to_string(),
        ] {
            assert_eq!(find(&name), Some(invisible), "{}", name.escape_unicode());
        }
    }
}

#[test]
fn visible_format_characters_are_none_of_them() {
    for visible in ('\u{600}'..='\u{605}')
        .chain("\u{6dd}\u{70f}\u{890}\u{891}\u{8e2}\u{110bd}\u{110cd}\u{13430}".chars())
    {
        assert_eq!(find(&format!("{visible}12.txt")), None, "{}", visible.escape_unicode());
    }
    for text in ["a.txt", "名前.txt", "cafe\u{301}", " ", "\u{3000}a", "שלום.pdf", "👩🏽", "🇩🇪"]
    {
        assert_eq!(find(text), None, "{text}");
    }
}

#[test]
fn joiners_stand_between_two_characters() {
    for name in [
        "می\u{200c}خواهم.txt",
        "क्\u{200d}ष.txt",
        "क्\u{200c}ष",
        "👨\u{200d}👩\u{200d}👧.png",
        "❤\u{fe0f}\u{200d}🔥",
        "🏳\u{fe0f}\u{200d}🌈",
        "👩🏽\u{200d}🚀",
    ] {
        assert_eq!(find(name), None, "{}", name.escape_unicode());
    }
    for joiner in ['\u{200c}', '\u{200d}'] {
        for name in [
            joiner.to_string(),
            format!("{joiner}a"),
            format!("a{joiner}"),
            format!("a{joiner}{joiner}b"),
            format!("a{joiner}\u{fe0f}b"),
        ] {
            assert_eq!(find(&name), Some(joiner), "{}", name.escape_unicode());
        }
        assert!(find(&format!("a\u{200b}{joiner}b")).is_some());
        assert!(find(&format!("a{joiner}\u{202e}b")).is_some());
    }
}

#[test]
fn variation_selectors_stand_behind_a_visible_character() {
    for name in ["❤\u{fe0f}.png", "1\u{fe0f}\u{20e3}", "葛\u{e0100}城.txt", "ᠠ\u{180b}", "\u{2764}\u{fe0e}"]
    {
        assert_eq!(find(name), None, "{}", name.escape_unicode());
    }
    for name in ["\u{fe0f}a", "a\u{fe0f}\u{fe0f}", "\u{e0100}", "a\u{200b}\u{fe0f}"] {
        assert!(find(name).is_some(), "{}", name.escape_unicode());
    }
}

#[test]
fn tags_make_the_flag_of_a_subdivision() {
    let tags = |text: &str| -> String {
        text.chars().filter_map(|character| char::from_u32(u32::from(character) + 0xe_0000)).collect()
    };
    for code in ["gbsct", "gbeng", "gbwls", "usca", "usx", "de01xy"] {
        let name = format!("🏴{}\u{e007f}.png", tags(code));
        assert_eq!(find(&name), None, "{code}");
        assert_eq!(find(&format!("{name}{name}")), None, "{code}");
    }
    for (base, code, end) in [
        ("🏴", "gbsct", ""),
        ("🏴", "gb", "\u{e007f}"),
        ("🏴", "", "\u{e007f}"),
        ("🏴", "gbscots", "\u{e007f}"),
        ("🏴", "GBSCT", "\u{e007f}"),
        ("🏴", "gb sct", "\u{e007f}"),
        ("🏴", "gbsct", "\u{e007f}\u{e007f}"),
        ("a", "gbsct", "\u{e007f}"),
        ("😀", "gbsct", "\u{e007f}"),
        ("", "gbsct", "\u{e007f}"),
    ] {
        assert!(find(&format!("{base}{}{end}.png", tags(code))).is_some(), "{base} {code} {end:?}");
    }
    assert_eq!(find("🏴.png"), None);
    assert_eq!(find("🏴\u{200d}☠\u{fe0f}.png"), None);
}

#[test]
fn no_ascii_character_is_one_of_them() {
    assert!(('\0'..='\u{7f}').all(|character| !is_invisible(character)));
}
