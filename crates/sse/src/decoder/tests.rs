//! What comes out of which bytes, however they are cut.

use proptest::prelude::*;

use super::{Decoder, Frame, TooLong};

/// The frames of a stream that comes in these pieces, up to the first error.
fn decoded(pieces: &[&[u8]], limit: usize) -> (Vec<Frame>, Option<TooLong>) {
    let mut decoder = Decoder::new(limit);
    let mut frames = Vec::new();
    for mut piece in pieces.iter().copied() {
        loop {
            match decoder.decode(&mut piece) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
        assert!(piece.is_empty(), "not everything was read");
    }
    (frames, None)
}

/// A frame as `id|event|data`.
fn shown(frame: &Frame) -> String {
    let Frame { id, event, data } = frame;
    format!("{}|{}|{data}", id.as_deref().unwrap_or("-"), event.as_deref().unwrap_or("-"))
}

fn check(stream: &str, expected: &[&str]) {
    let (frames, error) = decoded(&[stream.as_bytes()], 1000);
    assert_eq!(error, None, "{stream:?}");
    assert_eq!(frames.iter().map(shown).collect::<Vec<_>>(), expected, "{stream:?}");
}

#[test]
fn a_frame_has_an_id_a_name_and_data() {
    check(
        "id: evt_1\nevent: agent.message\ndata: {\"a\":1}\n\n",
        &["evt_1|agent.message|{\"a\":1}"],
    );
    check("data: x\n\n", &["-|-|x"]);
    check("data: x\n\nid: 2\ndata: y\n\ndata: z\n\n", &["-|-|x", "2|-|y", "-|-|z"]);
}

#[test]
fn lines_end_in_each_of_the_three_ways() {
    for end in ["\n", "\r", "\r\n"] {
        let stream = "id: 1|data: a|data: b||: hello||data: c||".replace('|', end);
        check(&stream, &["1|-|a\nb", "-|-|c"]);
    }
    check("data: a\r\ndata: b\n\rdata: c\r\r", &["-|-|a\nb", "-|-|c"]);
}

#[test]
fn one_blank_after_the_colon_belongs_to_the_format() {
    check("data:a\ndata: b\ndata:  c\n\n", &["-|-|a\nb\n c"]);
    check("data: a: b\n\n", &["-|-|a: b"]);
    check("data\n\n", &["-|-|"]);
    check("data\ndata\n\n", &["-|-|\n"]);
}

#[test]
fn what_has_no_data_is_no_frame_and_leaves_nothing_behind() {
    check("event: ping\nid: 1\n\ndata: x\n\n", &["-|-|x"]);
    check(": heartbeat\n\n\n\n: heartbeat\n\n", &[]);
    check("event:\nid:\ndata: x\n\n", &["-|-|x"]);
}

#[test]
fn what_is_not_known_is_skipped() {
    check("retry: 10\nDATA: y\n data: y\nnonsense\ndata: x\n\n", &["-|-|x"]);
    check("id: a\0b\ndata: x\n\n", &["-|-|x"]);
    check("id: 1\nid: 2\nevent: a\nevent: b\ndata: x\n\n", &["2|b|x"]);
}

#[test]
fn a_byte_order_mark_may_come_first_and_nowhere_else() {
    check("\u{feff}data: x\n\n\u{feff}data: y\n\n", &["-|-|x"]);
    check("\u{feff}\n\ndata: x\n\n", &["-|-|x"]);
}

#[test]
fn a_frame_that_was_cut_off_is_not_given() {
    check("data: x\n\ndata: y\n", &["-|-|x"]);
    check("data: x\n\ndata: y", &["-|-|x"]);
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let (frames, _) = decoded(&[b"data: a\xff\xe2\x82\n\n"], 1000);
    assert_eq!(frames.iter().map(shown).collect::<Vec<_>>(), ["-|-|a\u{fffd}\u{fffd}"]);
}

#[test]
fn a_line_and_a_frame_may_be_as_long_as_the_limit() {
    let limit = "data: x".len();
    let error = Some(TooLong { limit });
    assert_eq!(decoded(&[b"data: x\n\n"], limit).1, None);
    assert_eq!(decoded(&[b"data: xy\n\n"], limit).1, error);
    assert_eq!(decoded(&[b": a comment that does not end"], limit).1, error);
    // Each line is short, and all together are not.
    assert_eq!(decoded(&[b"data:a\ndata:b\n"], limit).1, error);
    let (frames, found) = decoded(&[b"data: x\n\ndata: y\n\ndata: too long\n\n"], limit);
    assert_eq!((frames.len(), found), (2, error));
    // A byte that is no text is three once it is replaced.
    assert_eq!(decoded(&[b"data:\xff\xff\n\n"], limit).1, None);
    assert_eq!(decoded(&[b"data:\xff\xff\xff\n\n"], 8).1, Some(TooLong { limit: 8 }));
    let text = TooLong { limit }.to_string();
    assert_eq!(text, "a frame is longer than 7 bytes");
}

/// Streams that are mostly sense: lines of the format, with an end of each kind.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => "(data|event|id|retry|)(:| |: |)[a-zä\u{feff}:]{0,6}".prop_map(String::into_bytes),
        4 => Just(Vec::new()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    let end = prop_oneof![Just("\n"), Just("\r"), Just("\r\n")];
    let lines = prop::collection::vec((line, end), 0..20);
    (any::<bool>(), lines).prop_map(|(marked, lines)| {
        let mark = if marked { super::BYTE_ORDER_MARK } else { b"" };
        let lines = lines.into_iter().flat_map(|(line, end)| [line, end.as_bytes().to_vec()]);
        mark.iter().copied().chain(lines.flatten()).collect()
    })
}

/// The stream in pieces that end at these places.
fn cut<'a>(stream: &'a [u8], places: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = places.iter().map(|place| place.index(stream.len() + 1)).collect();
    places.sort_unstable();
    let starts = std::iter::once(0).chain(places.iter().copied());
    let ends = places.iter().copied().chain([stream.len()]);
    starts.zip(ends).map(|(start, end)| &stream[start..end]).collect()
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_frames(
        stream in stream(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        limit in prop_oneof![Just(1000_usize), 0_usize..12],
    ) {
        let whole = decoded(&[&stream], limit);
        prop_assert_eq!(&decoded(&cut(&stream, &places), limit), &whole);
        let bytes: Vec<_> = stream.chunks(1).collect();
        prop_assert_eq!(&decoded(&bytes, limit), &whole);
    }

    #[test]
    fn a_frame_that_is_written_reads_the_same(
        id in "[a-z_0-9]{0,8}", event in "[a-z.]{0,8}", data in "[^\r]{0,30}",
    ) {
        let lines = data.split('\n').map(|line| format!("data: {line}\n")).collect::<String>();
        let stream = format!("id: {id}\nevent: {event}\n{lines}\n");
        let (frames, error) = decoded(&[stream.as_bytes()], 1000);
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        prop_assert_eq!(error, None);
        prop_assert_eq!(frames, [Frame { id: given(id), event: given(event), data }]);
    }
}
