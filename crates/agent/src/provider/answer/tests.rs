//! What of an answer is handed on when, and how much it may take.

use super::*;
use crate::chat::Stop;

/// Takes each event for a piece of text, or for a call if it is named by the id.
#[derive(Default)]
struct Echo;

impl Reader for Echo {
    fn event(&mut self, event: &Frame, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        chunks.push_back(match (event.event.as_deref(), event.data.as_str()) {
            (None, "bad") => return Err(malformed("bad")),
            (None, text) => Chunk::TextDelta { index: 0, text: text.to_owned() },
            (Some(name), input) => Chunk::ToolUse {
                id: name.trim_start_matches('#').to_owned(),
                name: "bash".to_owned(),
                input: serde_json::from_str(input).unwrap(),
            },
        });
        Ok(())
    }

    fn end(&mut self, chunks: &mut VecDeque<Chunk>) {
        chunks.push_back(Chunk::Done(Stop::EndTurn));
    }
}

/// What is handed on until more is needed or something is wrong.
fn read(answer: &mut Answer<Echo>) -> (Vec<String>, Option<String>) {
    let mut texts = Vec::new();
    loop {
        match answer.next() {
            Ok(Some(chunk)) => texts.push(format!("{chunk:?}")),
            Ok(None) => return (texts, None),
            Err(error) => return (texts, Some(error.message)),
        }
    }
}

#[test]
fn what_came_before_an_error_is_handed_on() {
    let mut answer = Answer::new();
    answer.feed("data: a\n\ndata: b\n\ndata: bad\n\ndata: c\n\n".into()).unwrap();
    let (texts, error) = read(&mut answer);
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert_eq!(error.unwrap(), "The model's answer cannot be read: bad");
}

#[test]
fn what_came_before_an_event_that_is_too_long_is_handed_on() {
    let mut answer = Answer::new();
    let long = format!("data: a\n\ndata: {}", "x".repeat(MAX_EVENT_BYTES));
    answer.feed(long.into()).unwrap();
    let (texts, error) = read(&mut answer);
    assert_eq!(texts.len(), 1);
    let words = "The model's answer cannot be read: a frame is longer than 4194304 bytes";
    assert_eq!(error.unwrap(), words);
}

#[test]
fn an_event_may_be_as_long_as_its_limit() {
    let mut answer = Answer::new();
    let half = format!("data:{}\n", "x".repeat(MAX_EVENT_BYTES / 2 - "data:\n".len()));
    for part in [&half, &half, "\n", &half, &half, "\n"] {
        answer.feed(part.to_owned().into()).unwrap();
        assert_eq!(read(&mut answer).1, None);
    }
}

#[test]
fn an_answer_that_goes_on_for_ever_is_cut_off() {
    let mut answer: Answer<Echo> = Answer::new();
    let piece = Bytes::from(vec![b'\n'; 1 << 20]);
    for _ in 0..MAX_ANSWER_BYTES >> 20 {
        answer.feed(piece.clone()).unwrap();
    }
    let error = answer.feed(piece).unwrap_err();
    assert_eq!(
        error.message,
        "The model's answer cannot be read: it is longer than 67108864 bytes"
    );
}

/// The calls of an answer, each as its id and the length of its input.
fn calls(stream: String) -> (Vec<(String, usize)>, Option<String>) {
    let mut answer: Answer<Echo> = Answer::new();
    answer.feed(stream.into()).unwrap();
    let mut calls = Vec::new();
    loop {
        match answer.next() {
            Ok(Some(Chunk::ToolUse { id, name: _, input })) => {
                calls.push((id, input.to_string().len()));
            }
            Ok(Some(chunk)) => panic!("{chunk:?}"),
            Ok(None) => return (calls, None),
            Err(error) => return (calls, Some(error.message)),
        }
    }
}

#[test]
fn calls_without_an_id_or_with_one_that_was_there_get_their_own() {
    let ids = ["#", "a", "a", "call_3", "#", "a"];
    let stream = ids.map(|id| format!("event: {id}\ndata: {{}}\n\n")).concat();
    let (calls, error) = calls(stream);
    let ids: Vec<_> = calls.into_iter().map(|(id, _)| id).collect();
    assert_eq!((ids.join(" "), error), ("call_0 a call_2 call_3 call_4 call_5".to_owned(), None));
}

#[test]
fn input_that_is_too_deep_to_be_shown_does_not_arrive() {
    let nested = |depth: usize| {
        format!("event: #\ndata: {}1{}\n\n", "{\"a\":".repeat(depth), "}".repeat(depth))
    };
    let (calls, error) = calls(nested(MAX_DEPTH - 1) + &nested(MAX_DEPTH));
    let lengths: Vec<_> = calls.into_iter().map(|(_, length)| length).collect();
    assert_eq!((lengths, error), (vec![99 * 6 + 1, 2], None));
}

#[test]
fn no_answer_has_more_calls_than_any_model_makes() {
    let (calls, error) = calls("event: #\ndata: {}\n\n".repeat(MAX_CALLS + 1));
    assert_eq!(calls.len(), MAX_CALLS);
    let words = "The model's answer cannot be read: it has more than 256 tool calls";
    assert_eq!(error.unwrap(), words);
}
