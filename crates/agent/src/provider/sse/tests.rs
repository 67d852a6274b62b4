//! The grammar, its bounds, and that it does not matter how the bytes are cut.

use proptest::prelude::*;

use super::*;

fn decode<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<(String, String)>, Overlong> {
    let (mut decoder, mut events) = (Decoder::default(), VecDeque::new());
    for piece in pieces {
        decoder.feed(piece, &mut events)?;
    }
    Ok(events.into_iter().map(|event| (event.name, event.data)).collect())
}

fn check(stream: &str, expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(name, data)| ((*name).to_owned(), (*data).to_owned())).collect();
    assert_eq!(decode([stream.as_bytes()]), Ok(expected), "{stream:?}");
}

#[test]
fn an_event_has_a_name_and_lines_of_data() {
    check("event: ping\ndata: {}\n\n", &[("ping", "{}")]);
    check("data:a\ndata: b\ndata:  c\n\n", &[("", "a\nb\n c")]);
    check("data\n\n", &[("", "")]);
    check("data: one\n\ndata: two\n\n", &[("", "one"), ("", "two")]);
    check("\u{feff}data: marked\n\n", &[("", "marked")]);
}

#[test]
fn any_line_ending_will_do() {
    check("event: a\r\ndata: 1\r\n\r\n", &[("a", "1")]);
    check("event: a\rdata: 1\r\rdata: 2\n\r\n", &[("a", "1"), ("", "2")]);
}

#[test]
fn comments_other_fields_and_what_is_not_complete_are_no_events() {
    check(": keep-alive\n\nid: 7\nretry: 10\n\n", &[]);
    check("event: named only\n\ndata: x\n\n", &[("", "x")]);
    check("data: cut off", &[]);
    check("data: cut off\n", &[]);
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let events = decode([b"data: \xff\n\n".as_slice()]).unwrap();
    assert_eq!(events, [(String::new(), "\u{fffd}".to_owned())]);
}

#[test]
fn lines_and_events_are_bounded() {
    let long = vec![b'x'; MAX_BYTES];
    assert_eq!(decode([b"data: ".as_slice(), &long]), Err(Overlong));
    let half = [b"data:".as_slice(), &vec![b'x'; MAX_BYTES / 2], b"\n"].concat();
    assert_eq!(decode([half.as_slice(), &half]), Err(Overlong));
    assert!(decode([half.as_slice(), b"\n", &half, b"\n"]).is_ok());
}

proptest! {
    #[test]
    fn how_the_bytes_are_cut_does_not_matter(
        lines in proptest::collection::vec("(data|event|id|)(: ?)?[a-zé\u{1F980}:]{0,6}", 0..12),
        endings in proptest::collection::vec(prop_oneof![Just("\n"), Just("\r\n"), Just("\r")], 24),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut stream = String::new();
        for (index, line) in lines.iter().enumerate() {
            stream.push_str(line);
            stream.push_str(endings[index]);
            if index % 3 == 2 {
                stream.push_str(endings[23 - index]);
            }
        }
        let bytes = stream.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
        prop_assert_eq!(decode(pieces), decode([bytes]));
    }
}
