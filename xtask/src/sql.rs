//! SQL, as far as the checks of migrations have to understand it.

/// A statement: its words and signs in upper case, without texts in quotes, and the comments before and in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) words: Vec<String>,
    pub(crate) comments: Vec<String>,
}

/// The statements of a script; the last one, behind the last semicolon, may have no words.
pub(crate) fn statements(sql: &str) -> Vec<Statement> {
    let mut all = vec![Statement::default()];
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let statement = all.len() - 1;
        let taken = if rest.starts_with("--") {
            let length = rest.find('\n').unwrap_or(rest.len());
            all[statement].comments.push(rest[..length].trim_end().to_owned());
            length
        } else if let Some(body) = rest.strip_prefix("$$") {
            body.find("$$").map_or(rest.len(), |end| end + 4)
        } else if first == '\'' {
            rest[1..].find('\'').map_or(rest.len(), |end| end + 2)
        } else if first.is_alphanumeric() || first == '_' || first == '"' {
            let length =
                rest.find(|c: char| !(c.is_alphanumeric() || "_\".".contains(c))).unwrap_or(rest.len());
            all[statement].words.push(rest[..length].to_uppercase());
            length
        } else {
            match first {
                ';' => all.push(Statement::default()),
                ',' | '(' | ')' => all[statement].words.push(first.to_string()),
                _ => {}
            }
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_texts_and_comments() {
        let sql = "-- First; of two.\nSELECT 'a;b' FROM c; CREATE FUNCTION f() AS $$ BEGIN x; END $$";
        let found = statements(sql);
        let words: Vec<String> = found.iter().map(|statement| statement.words.join(" ")).collect();
        assert_eq!(words, ["SELECT FROM C", "CREATE FUNCTION F ( ) AS"]);
        assert_eq!(found[0].comments, ["-- First; of two."]);
    }
}
