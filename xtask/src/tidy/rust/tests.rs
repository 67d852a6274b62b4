//! What counts as code, as a string, as a path.

use super::*;

fn texts(source: &str) -> Vec<(String, usize)> {
    let text = |(token, line)| match token {
        Token::Text(text) => Some((text, line)),
        Token::Word(_) | Token::PathSeparator | Token::Sign(_) => None,
    };
    tokens(source).into_iter().filter_map(text).collect()
}

fn words(source: &str) -> Vec<String> {
    let word = |(token, _)| match token {
        Token::Word(word) => Some(word),
        Token::Text(_) | Token::PathSeparator | Token::Sign(_) => None,
    };
    tokens(source).into_iter().filter_map(word).collect()
}

fn spread(source: &str) -> Vec<String> {
    paths(&tokens(source)).into_iter().map(|(path, _)| path.join(" ")).collect()
}

#[test]
fn strings_of_every_kind_are_found_with_their_lines() {
    let source = "let a = \"one \\\" more\";\nlet b = r#\"two \" more\"#;\nf(b\"three\", c\"four\", br\"five\");";
    let expected =
        [("one \\\" more", 1), ("two \" more", 2), ("three", 3), ("four", 3), ("five", 3)];
    assert_eq!(texts(source), expected.map(|(text, line)| (text.to_owned(), line)));
}

#[test]
fn a_string_of_many_lines_counts_from_its_first() {
    assert_eq!(
        texts("\n\"one\ntwo\"\n\"three\""),
        [("one\ntwo".to_owned(), 2), ("three".to_owned(), 4)]
    );
}

#[test]
fn comments_are_no_code_and_no_strings() {
    assert_eq!(words("a // b \"c\n/* d /* e */ f */ g /// h\n i"), ["a", "g", "i"]);
    assert_eq!(texts("// it's \"quoted\"\n/* \"too\" */"), []);
}

#[test]
fn characters_and_lifetimes_do_not_open_strings() {
    assert_eq!(
        words("fn f<'a>(x: &'a str) { ['\"', '\\'', '\\u{1F600}', 'b'] } z"),
        ["fn", "f", "x", "str", "z"]
    );
    assert_eq!(texts("let quote = '\"'; let text = \"t\";"), [("t".to_owned(), 1)]);
}

#[test]
fn numbers_are_no_words_and_raw_words_are() {
    assert_eq!(words("0x1F + 10_000u64 + r#type + r"), ["type", "r"]);
}

#[test]
fn use_trees_are_spread() {
    assert_eq!(
        spread("use crate::dialect::{q, a::{self, wire as w}, other::*};"),
        [
            "use",
            "crate dialect q",
            "crate dialect a self",
            "crate dialect a wire",
            "crate dialect other",
        ]
    );
}

#[test]
fn paths_in_code_are_whole() {
    assert_eq!(
        spread("let x = axum::Router::<S>::new(y.z);"),
        ["let", "x", "axum Router", "S", "new", "y", "z"]
    );
    assert_eq!(spread("match a::B { c::D => e }"), ["match", "a B", "c D", "e"]);
}
