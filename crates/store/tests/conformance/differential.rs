//! Random histories on all backends: equal answers, equal rows, ids apart.
//!
//! An id is made of chance, and a store that is opened again draws other ones, so ids are compared
//! by the order in which they first appear. A history that tells two backends apart is shortened
//! before it is shown.

mod deed;
mod known;
mod reader;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use leasehold_model::work::ops::Tidy;
use leasehold_store::{Clock, Store, memory, sqlite};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::dump::dump;
use crate::lab::*;
use deed::{FURNITURE, Heard, Scene, Subject};
use known::Known;
use reader::{Reader, survey};

/// The most steps of one.
const STEPS: usize = 320;
/// How long to look for a shorter history that fails as well, in milliseconds.
const PATIENCE: u32 = 60_000;

/// What happens between two looks at the stores.
#[derive(Clone, Debug)]
struct Step {
    /// Deeds that wait for the writer together; each follows from its number.
    deeds: Vec<u64>,
    /// How far the clock moves then.
    wait: Duration,
    /// Whether the file is closed and opened again.
    reopens: bool,
}

/// A history gets shorter in every way in which it can: fewer steps, fewer deeds at once, no waiting.
fn any_step() -> impl Strategy<Value = Step> {
    let deeds = |most| prop::collection::vec(any::<u64>().no_shrink(), 1..=most);
    let deeds = prop_oneof![3 => deeds(1), 1 => deeds(8)];
    let moments = vec![1, 999_999, 1_000_000, 5_000_000, 10_000_000, 60_000_000];
    let wait = prop_oneof![2 => Just(0), 1 => prop::sample::select(moments)];
    let wait = wait.prop_map(Duration::from_micros);
    let reopens = prop::bool::weighted(0.025);
    (deeds, wait, reopens).prop_map(|(deeds, wait, reopens)| Step { deeds, wait, reopens })
}

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

/// A store, what there is in it, who reads it, and how its ids are called.
struct Side {
    store: Store,
    known: Known,
    reader: Reader,
    names: Names,
}

impl Side {
    async fn furnished(store: Store) -> Self {
        let (known, reader, names) = (Known::default(), Reader::default(), Names::default());
        let mut side = Self { store, known, reader, names };
        for furnish in FURNITURE {
            let chance = fastrand::Rng::with_seed(0);
            furnish(&mut Scene { store: &side.store, known: &side.known, chance }).unwrap().await;
            side.look().await;
        }
        side
    }

    async fn look(&mut self) {
        let past = std::mem::take(&mut self.known.past);
        self.known = Known::of(&self.store, past).await;
    }

    /// Does deeds that wait for the writer together, in order, and hears the answers.
    async fn act(&mut self, subject: Subject, deeds: &[u64]) -> Vec<Heard> {
        let mut waiting = Vec::new();
        for seed in deeds {
            let said = deed::any(subject, *seed, &self.store, &self.known);
            let Some(mut said) = said else { continue };
            let early = nudge(said.as_mut()).await;
            waiting.push((said, early));
        }
        let mut all = Vec::new();
        for (said, early) in waiting {
            let Heard { asked, answer } = match early {
                Some(heard) => heard,
                None => said.await,
            };
            let (asked, answer) = (self.names.plain(&asked), self.names.plain(&answer));
            all.push(Heard { asked, answer });
        }
        all
    }

    /// Writes down what time has ended, as the timekeeper does, but no later than now: an item that
    /// leaves calls behind is followed by another one only then.
    async fn tidy(&mut self) {
        self.look().await;
        let work = self.known.work.iter().map(|work| work.id).collect();
        self.store.submit(Tidy { work }).await.unwrap();
    }

    /// What a reader finds that follows everything.
    async fn read_on(&mut self) -> Result<Vec<String>, TestCaseError> {
        self.look().await;
        let lines = self.reader.read_on(&self.store, &self.known).await?;
        Ok(self.names.plain_lines(&lines))
    }

    /// What all views show of everything but logs.
    async fn dump(&mut self) -> Vec<String> {
        self.names.plain_lines(&dump(&self.store).await)
    }

    /// What all views show of logs.
    async fn survey(&mut self) -> Result<Vec<String>, TestCaseError> {
        let lines = survey(&self.store, &self.known).await?;
        Ok(self.names.plain_lines(&lines))
    }
}

fn lines(heard: &[Heard]) -> Vec<String> {
    heard.iter().flat_map(|heard| [heard.asked.clone(), heard.answer.clone()]).collect()
}

/// Says the first line in which two stores differ. No panic, since each try at a shorter history
/// would print one.
fn agree(found: &[String], expected: &[String], story: &str) -> Result<(), TestCaseError> {
    let differs = found.iter().zip(expected).find(|(found, expected)| found != expected);
    if let Some((found, expected)) = differs {
        let what = format!("{story}\nthe file:      {found}\nthe reference: {expected}");
        return Err(TestCaseError::fail(what));
    }
    match (found.len(), expected.len()) {
        (found, expected) if found == expected => Ok(()),
        lengths => Err(TestCaseError::fail(format!("{story}\nlines: {lengths:?}"))),
    }
}

/// Runs a history and says how many operations there were, and how many were not refused.
async fn compare(
    subject: Subject,
    steps: &[Step],
    path: &Path,
) -> Result<(usize, usize), TestCaseError> {
    let clock = Clock::manual(START);
    let mut reference = Side::furnished(memory::open(settings(&clock, 0)).unwrap()).await;
    let mut file = Side::furnished(sqlite::open(path, settings(&clock, 0)).unwrap()).await;
    let mut story = String::new();
    let (mut all, mut done) = (0, 0);
    for (number, step) in (1..).zip(steps) {
        let expected = reference.act(subject, &step.deeds).await;
        let found = file.act(subject, &step.deeds).await;
        for Heard { asked, answer } in &expected {
            story.push_str(&format!("{number}: {asked}\n    {answer}\n"));
        }
        agree(&lines(&found), &lines(&expected), &story)?;
        prop_assert!(!found.iter().any(Heard::failed), "{story}");
        all += found.len();
        done += found.iter().filter(|heard| !heard.refused()).count();
        if !step.wait.is_zero() {
            clock.advance(step.wait).unwrap();
            reference.tidy().await;
            file.tidy().await;
            story.push_str(&format!("{number}: {:?} later\n", step.wait));
        }
        if step.reopens {
            file.store.close().await;
            file.store = sqlite::open(path, settings(&clock, number)).unwrap();
            story.push_str(&format!("{number}: opened again\n"));
        }
        let told = |error| TestCaseError::fail(format!("{story}\n{error}"));
        let expected = reference.read_on().await.map_err(told)?;
        agree(&file.read_on().await.map_err(told)?, &expected, &story)?;
        let special = step.reopens || usize::try_from(number) == Ok(steps.len());
        if special || number % 8 == 0 {
            agree(&file.dump().await, &reference.dump().await, &story)?;
        }
        if special || number % 32 == 0 {
            let expected = reference.survey().await.map_err(told)?;
            agree(&file.survey().await.map_err(told)?, &expected, &story)?;
        }
    }
    file.store.close().await;
    sqlite::check(path).unwrap();
    Ok((all, done))
}

fn compare_histories(subject: Subject, histories: u32) {
    let history = prop::collection::vec(any_step(), 1..=STEPS);
    let config = ProptestConfig {
        cases: histories,
        failure_persistence: None,
        max_shrink_time: PATIENCE,
        // As many as there is time for; the very last number would mean a few.
        max_shrink_iters: u32::MAX - 1,
        ..ProptestConfig::default()
    };
    let chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let (all, done) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let outcome = TestRunner::new_with_rng(config, chance).run(&history, |steps| {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let counts = runtime.block_on(compare(subject, &steps, &dir.path().join("data.db")))?;
        all.set(all.get() + counts.0);
        done.set(done.get() + counts.1);
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(what, steps)) => panic!("after {} steps: {what}", steps.len()),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
    let (all, done) = (all.get(), done.get());
    assert!(done > all / 2, "only {done} of {all} were not refused");
}

#[test]
fn all_backends_answer_alike_and_keep_the_same_rows() {
    compare_histories(Subject::Work, 24);
}

#[test]
fn all_backends_answer_alike_and_keep_the_same_logs() {
    compare_histories(Subject::Logs, 16);
}
