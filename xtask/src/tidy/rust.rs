//! Just enough of Rust's lexical grammar to tell code, strings and comments apart.
//!
//! The rules ask what a file names and what its strings say; neither needs a parser, but both need
//! to know that a word in a comment is not code.

use std::iter::Peekable;
use std::str::Chars;

/// A piece of a source file that a rule may look at. Comments, numbers, characters and lifetimes
/// are dropped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// An identifier or a keyword; `r#type` is `type`.
    Word(String),
    /// The content of a string literal of any kind, escapes as written.
    Text(String),
    /// `::`
    PathSeparator,
    /// Any other character that is not white space.
    Sign(char),
}

/// A token and the line that it starts in, counted from one.
pub(crate) type Located = (Token, usize);

/// Splits a source file into tokens.
pub(crate) fn tokens(source: &str) -> Vec<Located> {
    let mut lexer = Lexer { rest: source.chars().peekable(), line: 1, found: Vec::new() };
    while lexer.step() {}
    lexer.found
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
    found: Vec<Located>,
}

impl Lexer<'_> {
    /// Takes one character, counting lines.
    fn take(&mut self) -> Option<char> {
        let taken = self.rest.next();
        if taken == Some('\n') {
            self.line += 1;
        }
        taken
    }

    /// Takes the next character if it is `wanted`.
    fn take_if(&mut self, wanted: char) -> bool {
        self.rest.peek() == Some(&wanted) && self.take().is_some()
    }

    /// Takes one token, comment or blank; false at the end.
    fn step(&mut self) -> bool {
        let line = self.line;
        let Some(first) = self.take() else { return false };
        let token = match first {
            '/' if self.take_if('/') => {
                while self.rest.peek().is_some_and(|&next| next != '\n') {
                    self.take();
                }
                None
            }
            '/' if self.take_if('*') => {
                self.block_comment();
                None
            }
            '"' => Some(Token::Text(self.string())),
            '\'' => {
                self.character_or_lifetime();
                None
            }
            ':' if self.take_if(':') => Some(Token::PathSeparator),
            _ if first.is_ascii_digit() => {
                self.word(first);
                None
            }
            _ if is_word(first) => Some(self.word_or_prefixed_string(first)),
            _ if first.is_whitespace() => None,
            _ => Some(Token::Sign(first)),
        };
        self.found.extend(token.map(|token| (token, line)));
        true
    }

    /// The rest of a block comment, nested ones included.
    fn block_comment(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match self.take() {
                Some('*') if self.take_if('/') => depth -= 1,
                Some('/') if self.take_if('*') => depth += 1,
                Some(_) => {}
                None => return,
            }
        }
    }

    /// The rest of a string literal with escapes, after its opening quote.
    fn string(&mut self) -> String {
        let mut text = String::new();
        while let Some(next) = self.take() {
            match next {
                '"' => break,
                '\\' => {
                    text.push(next);
                    text.extend(self.take());
                }
                _ => text.push(next),
            }
        }
        text
    }

    /// The rest of a raw string, after its opening quote, up to a quote and `hashes` signs.
    fn raw_string(&mut self, hashes: usize) -> String {
        let end = format!("\"{}", "#".repeat(hashes));
        let mut text = String::new();
        while let Some(next) = self.take() {
            text.push(next);
            if let Some(content) = text.strip_suffix(&end) {
                return content.to_owned();
            }
        }
        text
    }

    /// `'x'`, `'\n'` or `'lifetime`, after the quote.
    fn character_or_lifetime(&mut self) {
        match self.take() {
            Some('\\') => {
                self.take();
                while self.take().is_some_and(|next| next != '\'') {}
            }
            Some(_) if self.take_if('\'') => {}
            Some(first) if is_word(first) => {
                self.word(first);
            }
            Some(_) | None => {}
        }
    }

    /// The rest of a word.
    fn word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(&next) = self.rest.peek() {
            if !is_word(next) {
                break;
            }
            word.push(next);
            self.take();
        }
        word
    }

    /// A word, or a string whose prefix looked like one: `r"…"`, `b"…"`, `cr##"…"##`, `r#name`.
    fn word_or_prefixed_string(&mut self, first: char) -> Token {
        let word = self.word(first);
        match word.as_str() {
            "b" | "c" if self.take_if('"') => Token::Text(self.string()),
            "r" | "br" | "cr" => {
                let mut hashes = 0;
                while self.take_if('#') {
                    hashes += 1;
                }
                if self.take_if('"') {
                    return Token::Text(self.raw_string(hashes));
                }
                match self.rest.peek() {
                    Some(&next) if hashes == 1 && is_word(next) => {
                        self.take();
                        Token::Word(self.word(next))
                    }
                    _ => Token::Word(word),
                }
            }
            _ => Token::Word(word),
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// A path that a file names, and its line: `crate::dialect::{q, a::wire}` gives `crate dialect q`
/// and `crate dialect a wire`. A single word is a path too.
pub(crate) type Path = (Vec<String>, usize);

/// All paths in the code, `use` trees spread out.
pub(crate) fn paths(tokens: &[Located]) -> Vec<Path> {
    let mut found = Vec::new();
    let mut rest = tokens.iter().peekable();
    while let Some((token, line)) = rest.next() {
        if let Token::Word(word) = token {
            follow(&mut rest, vec![word.clone()], *line, &mut found);
        }
    }
    found
}

type Rest<'a> = Peekable<std::slice::Iter<'a, Located>>;

/// Follows a path from its first word on.
fn follow(rest: &mut Rest<'_>, mut path: Vec<String>, line: usize, found: &mut Vec<Path>) {
    while rest.next_if(|(token, _)| *token == Token::PathSeparator).is_some() {
        match rest.peek() {
            Some((Token::Word(word), _)) => {
                path.push(word.clone());
                rest.next();
            }
            Some((Token::Sign('{'), _)) => {
                rest.next();
                return group(rest, &path, found);
            }
            _ => break,
        }
    }
    found.push((path, line));
}

/// Follows the branches of a `use` tree, after its opening brace.
fn group(rest: &mut Rest<'_>, stem: &[String], found: &mut Vec<Path>) {
    while let Some((token, line)) = rest.next() {
        match token {
            Token::Sign('}') => return,
            // The name that follows is one that this file gives.
            Token::Word(word) if word == "as" => {
                rest.next();
            }
            Token::Word(word) => {
                let path = stem.iter().chain(std::iter::once(word)).cloned().collect();
                follow(rest, path, *line, found);
            }
            Token::Text(_) | Token::PathSeparator | Token::Sign(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
