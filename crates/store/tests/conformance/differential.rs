//! Random operations by seed on all backends: equal answers, equal rows, ids apart.
//!
//! An id is made of chance, and a store that is opened again draws other ones, so ids are compared
//! by the order in which they first appear.

mod command;
mod run;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use leasehold_store::{Clock, Store, memory, sqlite};

use crate::dump::{assert_same, dump};
use crate::lab::*;
use command::Command;
use run::Known;

const SEEDS: u64 = 32;
const STEPS: usize = 160;

/// Ids as the numbers in which they first appeared in this store.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    fn plain(&mut self, text: &str) -> String {
        let mut plain = String::with_capacity(text.len());
        let mut parts = text.split('_');
        plain.push_str(parts.next().unwrap_or_default());
        for part in parts {
            plain.push('_');
            let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
            let Some((id, rest)) = part.split_at_checked(32).filter(|_| digits == 32) else {
                plain.push_str(part);
                continue;
            };
            let next = self.0.len();
            let number = *self.0.entry(id.to_owned()).or_insert(next);
            plain.push_str(&format!("#{number}{rest}"));
        }
        plain
    }

    fn plain_lines(&mut self, lines: &[String]) -> Vec<String> {
        lines.iter().map(|line| self.plain(line)).collect()
    }
}

/// Carries out commands that wait for the writer together, in order, and hears their answers.
async fn obey(store: &Store, commands: &[Command]) -> Vec<String> {
    let known = Known::of(store).await;
    let mut waiting = Vec::new();
    for command in commands {
        let Some(mut said) = command.run(store, &known) else { continue };
        let early = nudge(said.as_mut()).await;
        waiting.push((said, early));
    }
    let mut answers = Vec::new();
    for (said, early) in waiting {
        answers.push(match early {
            Some(answer) => answer,
            None => said.await,
        });
    }
    answers
}

/// Runs a seed and says how many operations were not refused.
async fn compare(seed: u64, path: &Path) -> usize {
    let clock = Clock::manual(START);
    let reference = memory::open(settings(&clock, seed)).unwrap();
    let mut subject = sqlite::open(path, settings(&clock, seed)).unwrap();
    let (mut left, mut right) = (Names::default(), Names::default());
    let mut chance = fastrand::Rng::with_seed(seed);
    for command in
        [Command::Account, Command::Environment { of: 0, cloud: false }, Command::Agent { of: 0 }]
    {
        obey(&reference, std::slice::from_ref(&command)).await;
        obey(&subject, std::slice::from_ref(&command)).await;
    }
    let mut answered = 0;
    for step in 0..STEPS {
        let at_once = if chance.u8(..4) == 0 { chance.usize(2..9) } else { 1 };
        let commands: Vec<Command> = (0..at_once).map(|_| Command::any(&mut chance)).collect();
        let story = format!("seed {seed}, step {step}: {commands:?}");
        let expected = left.plain_lines(&obey(&reference, &commands).await);
        let found = right.plain_lines(&obey(&subject, &commands).await);
        assert_same(&found, &expected, &story);
        answered += found.iter().filter(|said| !said.starts_with("refused")).count();
        if chance.u8(..3) == 0 {
            let micros = [1, 999_999, 1_000_000, 5_000_000, 10_000_000, 60_000_000];
            clock.advance(Duration::from_micros(micros[chance.usize(..6)])).unwrap();
        }
        if chance.u8(..40) == 0 {
            subject.close().await;
            subject = sqlite::open(path, settings(&clock, seed + 1_000)).unwrap();
        }
        if step % 8 == 0 || step + 1 == STEPS {
            let expected = left.plain_lines(&dump(&reference).await);
            let found = right.plain_lines(&dump(&subject).await);
            assert_same(&found, &expected, &story);
        }
    }
    subject.close().await;
    sqlite::check(path).unwrap();
    answered
}

#[tokio::test]
async fn all_backends_answer_alike_and_keep_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let mut answered = 0;
    for seed in 0..SEEDS {
        answered += compare(seed, &dir.path().join(seed.to_string())).await;
    }
    let operations = STEPS * usize::try_from(SEEDS).unwrap();
    assert!(answered > operations / 2, "only {answered} of {operations} were not refused");
}
