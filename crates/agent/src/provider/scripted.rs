//! A model that plays lines from a file, for a first try without a key, for the demo and for tests.
//!
//! It never pretends: the script that comes with the program says in each conversation that it is
//! one, and so does the model's name. [`script`] is the file, [`scene`] what it looks at. A failure
//! in the script is handed on at once, so that the caller's way of repeating is put to the test.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::stream;
use serde_json::{Value, json};

use super::{ChunkStream, Provider, ProviderError};
use crate::chat::{Chunk, Request, Stop, Usage};

mod scene;
mod script;
#[cfg(test)]
mod tests;

use scene::Scene;
pub(crate) use script::{Form, Script};
use script::{Place, Reply, StopWord};

/// What is said where the script has nothing.
const NO_REPLY: &str = "I am a scripted model, and my script has no reply that fits here.";

/// A model that plays a script.
pub(crate) struct Scripted {
    script: Script,
    /// For each reply, how often its failure was played.
    failures: Arc<[AtomicU32]>,
}

impl Scripted {
    pub(crate) fn new(script: Script) -> Self {
        let failures = script.replies.iter().map(|_| AtomicU32::new(0)).collect();
        Self { script, failures }
    }

    /// The pieces of the answer, which end with a failure or with [`Chunk::Done`].
    fn play(&self, request: &Request) -> VecDeque<Result<Chunk, ProviderError>> {
        let scene = Scene::of(request);
        let mut pieces = VecDeque::new();
        let Some((number, reply)) = self.script.reply(&scene) else {
            say(NO_REPLY, &mut pieces);
            finish(&scene, NO_REPLY, Stop::EndTurn, &mut pieces);
            return pieces;
        };
        let failure = reply.error.as_ref().filter(|failure| {
            let past =
                self.failures.get(number).map_or(0, |count| count.fetch_add(1, Ordering::Relaxed));
            failure.times.is_none_or(|times| past < times)
        });
        if let Some(failure) = failure.filter(|failure| failure.at == Place::Start) {
            pieces.push_back(Err(failure.error()));
            return pieces;
        }
        let text = scene.fill(&reply.text);
        if let Some(thinking) = &reply.thinking {
            let block = json!({"type": "scripted", "text": scene.fill(thinking)});
            pieces.push_back(Ok(Chunk::ThinkingStarted));
            pieces.push_back(Ok(Chunk::ThinkingFinished { block }));
        }
        say(&text, &mut pieces);
        if let Some(failure) = failure {
            pieces.push_back(Err(failure.error()));
            return pieces;
        }
        for (index, call) in reply.tools.iter().enumerate() {
            let id = format!("scripted_{}_{}", scene.answers() + 1, index + 1);
            let input = Value::Object(scene.fill_members(&call.input));
            pieces.push_back(Ok(Chunk::ToolUse { id, name: call.name.clone(), input }));
        }
        finish(&scene, &text, stop(reply), &mut pieces);
        pieces
    }
}

impl Provider for Scripted {
    fn stream(&self, request: Request) -> ChunkStream {
        let (pieces, delay) = (self.play(&request), self.script.delay());
        Box::pin(stream::unfold(pieces, move |mut pieces| async move {
            let piece = pieces.pop_front()?;
            if delay > Duration::ZERO && matches!(piece, Ok(Chunk::TextDelta { .. })) {
                tokio::time::sleep(delay).await;
            }
            Some((piece, pieces))
        }))
    }
}

/// A text, word by word.
fn say(text: &str, pieces: &mut VecDeque<Result<Chunk, ProviderError>>) {
    if text.is_empty() {
        return;
    }
    pieces.push_back(Ok(Chunk::TextStarted { index: 0 }));
    let words = text.split_inclusive(char::is_whitespace);
    pieces.extend(words.map(|word| Ok(Chunk::TextDelta { index: 0, text: word.to_owned() })));
}

/// The end of an answer. Four characters count as a token.
fn finish(
    scene: &Scene<'_>,
    text: &str,
    stop: Stop,
    pieces: &mut VecDeque<Result<Chunk, ProviderError>>,
) {
    let tokens = |characters: usize| u64::try_from(characters.div_ceil(4)).unwrap_or(u64::MAX);
    let usage = Usage {
        input_tokens: tokens(scene.characters()),
        output_tokens: tokens(text.chars().count()),
        ..Usage::default()
    };
    pieces.push_back(Ok(Chunk::Usage(usage)));
    pieces.push_back(Ok(Chunk::Done(stop)));
}

fn stop(reply: &Reply) -> Stop {
    match reply.stop {
        None if reply.tools.is_empty() => Stop::EndTurn,
        None => Stop::ToolUse,
        Some(StopWord::EndTurn) => Stop::EndTurn,
        Some(StopWord::ToolUse) => Stop::ToolUse,
        Some(StopWord::MaxTokens) => Stop::MaxTokens,
        Some(StopWord::Refusal) => Stop::Refusal {
            category: reply.category.clone(),
            explanation: reply.explanation.clone(),
        },
    }
}
