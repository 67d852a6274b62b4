//! What breaks between here and a model, and what is made of it.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use leasehold_agent::{Fault, ProviderError};

use crate::stub::{Answer, Stub};
use crate::talk::{answer, ask, catalogue, hello};

const TEXT: &str = include_str!("streams/anthropic_text.sse");
const OVERLOADED: &str = include_str!("streams/anthropic_overloaded.sse");
const OPENAI: &str = include_str!("streams/openai_text.sse");
const BUSY: &str = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;

/// What a model gives whose server plays `answers`, and how often it was asked.
async fn outcome(
    provider: &str,
    keys: &str,
    answers: impl IntoIterator<Item = Answer>,
) -> (Vec<String>, Option<ProviderError>, usize) {
    let stub = Stub::playing(answers).await;
    let keys = format!("provider = '{provider}'\nbase_url = '{}'\n{keys}", stub.url);
    let (lines, error) = answer(&catalogue(&keys), hello()).await;
    (lines, error, stub.heard().len())
}

#[tokio::test]
async fn who_limits_the_rate_is_asked_again_when_he_says() {
    let limited = Answer::refusal("429 Too Many Requests", "{}").header("retry-after-ms: 80\r\n");
    let begin = Instant::now();
    let (lines, error, asked) = outcome("anthropic", "", [limited, Answer::stream(TEXT)]).await;
    assert!(begin.elapsed() >= Duration::from_millis(80));
    assert_eq!((lines.last().unwrap().as_str(), error, asked), ("done EndTurn", None, 2));
}

#[tokio::test]
async fn who_wants_to_be_left_alone_for_long_is_left_to_the_caller() {
    let limited = Answer::refusal("429 Too Many Requests", "{}").header("retry-after: 3600\r\n");
    let (_, error, asked) = outcome("openai", "", [limited]).await;
    let error = error.unwrap();
    assert_eq!((error.fault, asked), (Fault::RateLimited, 1));
    assert_eq!(error.retry_after, Some(Duration::from_secs(3_600)));
    assert!(error.is_retryable());
}

#[tokio::test]
async fn who_stays_overloaded_is_given_up() {
    let busy = || Answer::refusal("529 Overloaded", BUSY).header("retry-after-ms: 1\r\n");
    let (lines, error, asked) =
        outcome("anthropic", "retries = 2\n", [busy(), busy(), busy(), busy()]).await;
    let error = error.unwrap();
    assert_eq!((error.fault, asked, lines.len()), (Fault::Overloaded, 3, 0));
    assert_eq!(error.message, "The model's provider is overloaded (HTTP 529): Overloaded");
}

#[tokio::test]
async fn an_overload_on_an_open_stream_is_repeated_before_the_first_words_alone() {
    let (lines, error, asked) =
        outcome("anthropic", "", [Answer::stream(OVERLOADED), Answer::stream(TEXT)]).await;
    assert_eq!((lines.last().unwrap().as_str(), error, asked), ("done EndTurn", None, 2));

    let later = TEXT.replace(
        "event: content_block_stop",
        "event: error\ndata: \
        {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n\
        event: content_block_stop",
    );
    let (lines, error, asked) =
        outcome("anthropic", "", [Answer::stream(&later), Answer::stream(TEXT)]).await;
    assert_eq!(lines.last().unwrap(), "text 0 \" there.\"");
    assert_eq!((error.unwrap().fault, asked), (Fault::Overloaded, 1));
}

#[tokio::test]
async fn what_will_not_mend_is_not_repeated() {
    for (provider, status, body, fault) in [
        ("anthropic", "401 Unauthorized", "{}", Fault::Authentication),
        ("openai", "403 Forbidden", "{}", Fault::Authentication),
        ("openai", "402 Payment Required", "{}", Fault::Billing),
        ("anthropic", "404 Not Found", "{}", Fault::InvalidRequest),
        (
            "anthropic",
            "400 Bad Request",
            r#"{"error":{"type":"invalid_request_error","message":"prompt is too long: 2 > 1"}}"#,
            Fault::ContextTooLong,
        ),
        (
            "openai",
            "400 Bad Request",
            r#"{"error":{"code":"context_length_exceeded","message":"too many"}}"#,
            Fault::ContextTooLong,
        ),
    ] {
        let (_, error, asked) = outcome(provider, "", [Answer::refusal(status, body)]).await;
        let error = error.unwrap();
        assert_eq!((error.fault, asked), (fault, 1), "{provider} {status}");
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_is_an_error_wherever_it_is_cut() {
    for (provider, stream) in [("anthropic", TEXT), ("openai", OPENAI)] {
        for bytes in [1, stream.len() / 3, stream.len() / 2] {
            let cut = Answer::stream(stream).cut_after(bytes);
            let (lines, error, _) = outcome(provider, "retries = 0\n", [cut]).await;
            assert!(!lines.iter().any(|line| line.starts_with("done")), "{lines:?}");
            assert_eq!(error.unwrap().fault, Fault::RequestFailed, "{provider} {bytes}");
        }
    }
}

#[tokio::test]
async fn a_body_that_ends_in_good_order_but_too_early_is_an_error() {
    for (provider, stream) in [("anthropic", TEXT), ("openai", OPENAI)] {
        let (half, _) = stream.split_once(" there.").unwrap();
        let (_, error, _) = outcome(provider, "retries = 0\n", [Answer::stream(half)]).await;
        let words = "The model's provider broke off in mid-answer";
        assert_eq!(error.unwrap().message, words, "{provider}");
    }
}

#[tokio::test]
async fn garbage_is_an_error_that_says_so() {
    for (provider, stream) in [("anthropic", TEXT), ("openai", OPENAI)] {
        for garbage in ["data: {\"type\":\n\n", "data: \u{0}\u{1}\n\n", "data: []\n\n"] {
            let stream = format!("{garbage}{stream}");
            let (_, error, asked) = outcome(
                provider,
                "retries = 1\n",
                [Answer::stream(&stream), Answer::stream(&stream)],
            )
            .await;
            let error = error.unwrap();
            assert!(error.message.starts_with("The model's answer cannot be read"), "{error}");
            assert_eq!((error.fault, asked), (Fault::RequestFailed, 2));
        }
    }
    let page = Answer::stream("<html>").header("content-type: text/html\r\n");
    let (_, error, _) = outcome("openai", "retries = 0\n", [page]).await;
    assert!(error.unwrap().message.contains("text/html"));
}

#[tokio::test]
async fn silence_is_not_waited_out() {
    let limits = "first_byte_timeout = '150ms'\nidle_timeout = '100ms'\nretries = 0\n";
    let mute = [Answer::deaf(), Answer::stream("").then_silence()];
    for silent in mute {
        let (_, error, _) = outcome("anthropic", limits, [silent]).await;
        assert_eq!(error.unwrap().message, "The model's provider sent nothing for 150ms");
    }
    let (half, _) = TEXT.split_once("event: content_block_stop").unwrap();
    let (lines, error, _) =
        outcome("anthropic", limits, [Answer::stream(half).then_silence()]).await;
    assert_eq!(lines.last().unwrap(), "text 0 \" there.\"");
    assert_eq!(error.unwrap().message, "The model's provider sent nothing for 100ms");
}

#[tokio::test]
async fn a_server_that_is_not_there_cannot_be_reached() {
    let keys = "provider = 'openai'\nbase_url = 'http://127.0.0.1:1'\nretries = 0\n";
    let (_, error) = answer(&catalogue(keys), hello()).await;
    assert_eq!(error.unwrap().message, "The model's provider cannot be reached");
}

#[tokio::test]
async fn who_drops_the_stream_hangs_up() {
    let (half, _) = TEXT.split_once("event: content_block_stop").unwrap();
    let mut stub = Stub::playing([Answer::stream(half).then_silence(), Answer::deaf()]).await;
    let models = catalogue(&format!("provider = 'anthropic'\nbase_url = '{}'\n", stub.url));

    let mut stream = ask(&models, hello());
    assert!(stream.next().await.unwrap().is_ok());
    drop(stream);
    stub.hung_up().await;

    // The same before the head of the answer.
    let mut stream = ask(&models, hello());
    let waited = tokio::time::timeout(Duration::from_millis(100), stream.next()).await;
    assert!(waited.is_err());
    drop(stream);
    stub.hung_up().await;
}

#[tokio::test]
async fn nothing_is_sent_before_the_stream_is_polled() {
    let stub = Stub::playing([Answer::stream(TEXT)]).await;
    let models = catalogue(&format!("provider = 'anthropic'\nbase_url = '{}'\n", stub.url));
    drop(ask(&models, hello()));
    tokio::task::yield_now().await;
    assert!(stub.heard().is_empty());
}

#[tokio::test]
async fn a_proxy_is_asked_in_the_servers_place() {
    let proxy = Stub::playing([Answer::stream(TEXT)]).await;
    let keys = format!(
        "provider = 'anthropic'\nbase_url = 'http://model.test'\nproxy = '{}'\n",
        proxy.url
    );
    let (lines, error) = answer(&catalogue(&keys), hello()).await;
    assert_eq!((lines.last().unwrap().as_str(), error), ("done EndTurn", None));
    let [heard] = proxy.heard().try_into().unwrap();
    assert!(heard.head.starts_with("post http://model.test/v1/messages http/1.1\r\n"));
}
