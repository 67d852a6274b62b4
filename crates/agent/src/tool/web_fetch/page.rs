//! The text of a page: what a reader would see, roughly, without layout.
//!
//! Not a parser of HTML but a reader of it: nothing is refused, nothing is run, and what is not
//! understood is dropped. Links keep their address, since a model may want to go on.

/// What a page is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is its own text.
    Plain,
    /// Its text has to be taken out of it.
    Html,
}

/// Elements whose content nobody reads.
const HIDDEN: [&str; 6] = ["script", "style", "noscript", "template", "svg", "head"];
/// Elements that begin a new line.
const BLOCKS: [&str; 26] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "p",
    "section",
    "td",
    "tr",
];

impl Kind {
    /// What a content type stands for, or the type if it is no text.
    pub(super) fn of(content_type: &str) -> Result<Self, String> {
        let essence = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        match essence.as_str() {
            "text/html" | "application/xhtml+xml" => Ok(Self::Html),
            "application/json" | "application/xml" | "application/javascript" => Ok(Self::Plain),
            other if other.starts_with("text/") => Ok(Self::Plain),
            other if other.ends_with("+json") || other.ends_with("+xml") => Ok(Self::Plain),
            _ => Err(essence),
        }
    }

    /// The text of a page.
    pub(super) fn text(self, page: &str) -> String {
        match self {
            Self::Plain => page.to_owned(),
            Self::Html => Reader::default().read(page),
        }
    }
}

#[derive(Default)]
struct Reader {
    text: String,
    /// Where the link leads that is being read.
    link: Option<String>,
    preformatted: bool,
}

impl Reader {
    fn read(mut self, page: &str) -> String {
        let mut rest = page;
        while let Some((words, markup)) = rest.split_once('<') {
            self.words(words);
            rest = self.markup(markup);
        }
        self.words(rest);
        let lines = self.text.lines().map(str::trim_end);
        let mut text = String::new();
        let mut blank = true;
        for line in lines {
            // One empty line is as good as many.
            if !(line.is_empty() && blank) {
                text.push_str(line);
                text.push('\n');
            }
            blank = line.is_empty();
        }
        text.trim_end().to_owned()
    }

    /// Reads what follows a `<`, and gives what follows that.
    fn markup<'a>(&mut self, markup: &'a str) -> &'a str {
        if let Some(comment) = markup.strip_prefix("!--") {
            return comment.split_once("-->").map_or("", |(_, rest)| rest);
        }
        let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
        if !markup.starts_with(begins) {
            self.words("<");
            return markup;
        }
        let (tag, rest) = split_tag(markup);
        let (closing, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        if !closing && HIDDEN.contains(&name.as_str()) && !tag.ends_with('/') {
            return after(&name, rest);
        }
        if BLOCKS.contains(&name.as_str()) {
            self.line();
        }
        match (name.as_str(), closing) {
            ("pre", _) => {
                self.line();
                self.preformatted = !closing;
            }
            ("li", false) => self.text.push_str("- "),
            ("a", false) => self.link = attribute(tag, "href"),
            ("a", true) => {
                let link = self.link.take().filter(|link| link.starts_with("http"));
                if let Some(link) = link {
                    self.text.push_str(&format!(" ({link})"));
                }
            }
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", false) => {
                self.text.push('\n');
                self.text.push_str("# ");
            }
            _ => {}
        }
        rest
    }

    fn line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn words(&mut self, words: &str) {
        let words = decoded(words);
        if self.preformatted {
            self.text.push_str(&words);
            return;
        }
        for c in words.chars() {
            if !c.is_whitespace() {
                self.text.push(c);
            } else if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
                self.text.push(' ');
            }
        }
    }
}

/// A tag and what follows it; a `>` in quotes does not end a tag.
fn split_tag(markup: &str) -> (&str, &str) {
    let mut quote = None;
    for (place, c) in markup.char_indices() {
        match (quote, c) {
            (None, '>') => {
                let (tag, rest) = markup.split_at(place);
                return (tag, rest.strip_prefix('>').unwrap_or(rest));
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    (markup, "")
}

/// What follows the end of an element.
fn after<'a>(name: &str, content: &'a str) -> &'a str {
    let mut rest = content;
    while let Some((_, end)) = rest.split_once("</") {
        let found = end.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name));
        if found {
            return end.split_once('>').map_or("", |(_, rest)| rest);
        }
        rest = end;
    }
    ""
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, value) = tag.split_once(&format!("{name}="))?;
    let value = match value.strip_prefix(['"', '\'']) {
        Some(quoted) => quoted.split(['"', '\'']).next(),
        None => value.split(|c: char| c.is_whitespace()).next(),
    };
    value.map(decoded)
}

/// Undoes the references that texts have most; others stay as they are.
fn decoded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        plain.push_str(before);
        let end = reference.find(';').filter(|end| *end <= 8);
        let known = end.and_then(|end| {
            let (name, after) = reference.split_at(end);
            Some((referred(name)?, after.strip_prefix(';').unwrap_or(after)))
        });
        match known {
            Some((c, after)) => {
                plain.push(c);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = reference;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn referred(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32);
    }
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "ndash" => Some('–'),
        "mdash" => Some('—'),
        "hellip" => Some('…'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_a_person_would() {
        let page = r#"<!doctype html><html><head><title>x</title></head><body>
            <style>p { color: red }</style><script>if (a < b) { alert("</p>") }</script>
            <h1>The &amp; title</h1><!-- <p>not this</p> -->
            <p class="a > b">One
               line with <b>bold</b> &#x1F980; and <a href='https://a.test/?x=1&amp;y=2'>a link</a>.</p>
            <ul><li>first</li><li>second</li></ul>
            <pre>kept
  as is</pre>
            5 < 6 &unknown; done</body>"#;
        assert_eq!(
            Kind::Html.text(page),
            "# The & title\n\
             One line with bold 🦀 and a link (https://a.test/?x=1&y=2).\n\
             - first\n\
             - second\n\
             kept\n  as is\n\
             5 < 6 &unknown; done"
        );
    }

    #[test]
    fn nothing_that_is_broken_breaks_the_reader() {
        for (page, text) in [
            ("", ""),
            ("<", "<"),
            ("<p", ""),
            ("a<script>b", "a"),
            ("a<!-- b", "a"),
            ("<a href=>b</a>", "b"),
            ("&#xD800; &#99999999; &", "&#xD800; &#99999999; &"),
            ("<sCrIpT>x</ScRiPt>y", "y"),
            ("</", ""),
        ] {
            assert_eq!(Kind::Html.text(page), text, "{page:?}");
        }
    }

    #[test]
    fn only_text_is_text() {
        for (kind, expected) in [
            ("text/html; charset=utf-8", Ok(Kind::Html)),
            ("Text/Markdown", Ok(Kind::Plain)),
            ("application/ld+json", Ok(Kind::Plain)),
            ("application/pdf", Err("application/pdf".to_owned())),
            ("image/svg+xml", Ok(Kind::Plain)),
            ("image/png", Err("image/png".to_owned())),
        ] {
            assert_eq!(Kind::of(kind), expected, "{kind}");
        }
    }
}
