//! Delivery: how long after an event is sent the readers of its session have it.
//!
//! One event at a time, no other load. The clock starts just before the request that appends the
//! event is sent and stops, for each reader, when that has the whole frame; the next event is sent
//! when all have the last. All readers share the generator's one thread, so what it takes to read a
//! thousand frames is part of what the last of them waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::fleet::{self, SharedRecorder};
use super::http::Connection;
use super::measure::{Latency, Window};
use super::reader::Reader;
use super::report::Outcome;
use super::server::UnderTest;
use super::talk::{INTERRUPT, Talk, Tools, send};

/// Longer than any run: every round counts.
const ALWAYS: Duration = Duration::from_secs(24 * 60 * 60);
/// Rounds before those that count.
const WARM_UP: u64 = 20;
/// How long all readers may take to have an event.
const PATIENCE: Duration = Duration::from_secs(30);

/// Options of `bench delivery`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DeliveryArgs {
    /// Readers of one session, measured one number after the other
    #[arg(long, value_delimiter = ',', default_values_t = [1, 100, 1000])]
    pub(crate) readers: Vec<usize>,

    /// How many events are delivered to each number of readers
    #[arg(long, default_value_t = 1000)]
    pub(crate) rounds: u64,
}

/// Latencies of delivery.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Delivery {
    scenario: &'static str,
    rounds: u64,
    /// By the number of readers, in the order that was asked for.
    pub(crate) crowds: Vec<Crowd>,
}

/// What one number of readers saw.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Crowd {
    /// How many they are.
    pub(crate) readers: usize,
    /// From before the request until a reader has the frame, over all readers and events.
    pub(crate) latency: Latency,
    /// From before the request until its answer is read, for comparison.
    answer: Latency,
}

/// Measures delivery.
pub(crate) async fn run(args: &DeliveryArgs, under_test: &UnderTest) -> Result<Delivery> {
    let server = under_test.server().await?;
    let talk = Talk::prepare(server.target(), "delivery", Tools::None).await?;
    let mut crowds = Vec::with_capacity(args.readers.len());
    for readers in &args.readers {
        let stage = Stage::set_up(&talk, *readers).await?;
        crowds.push(stage.play(*readers, args.rounds).await?);
    }
    Ok(Delivery { scenario: "delivery", rounds: args.rounds, crowds })
}

/// What the readers of one session share.
struct Round {
    sent: Mutex<Instant>,
    missing: AtomicUsize,
    all: Notify,
    recorder: SharedRecorder,
}

/// A session with its readers and somebody who writes to it.
struct Stage {
    writer: Connection,
    request: Vec<u8>,
    round: Arc<Round>,
    readers: JoinSet<Result<()>>,
}

impl Stage {
    async fn set_up(talk: &Talk, readers: usize) -> Result<Self> {
        let target = talk.target();
        let mut writer = target.connect().await?;
        let session = talk.session(&mut writer).await?;
        let opening = (0..readers).map(|_| {
            let (target, session) = (target.clone(), session.clone());
            async move { Reader::open(&target, &session).await }
        });
        let opened = fleet::run(opening).await?;
        let round = Arc::new(Round {
            sent: Mutex::new(Instant::now()),
            missing: AtomicUsize::new(0),
            all: Notify::new(),
            recorder: SharedRecorder::new(Window::after(Duration::ZERO, ALWAYS))?,
        });
        let readers = opened.into_iter().map(|reader| follow(reader, Arc::clone(&round))).collect();
        Ok(Self { writer, request: send(target, &session, INTERRUPT), round, readers })
    }

    async fn play(mut self, readers: usize, rounds: u64) -> Result<Crowd> {
        let window = Window::after(Duration::ZERO, ALWAYS);
        let mut answer = SharedRecorder::new(window)?;
        for number in 0..WARM_UP + rounds {
            if number == WARM_UP {
                self.round.recorder.clear();
                answer = SharedRecorder::new(window)?;
            }
            let sent = self.round.begin(readers);
            self.writer.exchange(&self.request).await?.success("sending an event")?;
            answer.record(sent, Instant::now());
            tokio::select! {
                () = self.round.all.notified() => {}
                Some(ended) = self.readers.join_next() => ended??,
                () = tokio::time::sleep(PATIENCE) => bail!("a reader did not see an event"),
            }
        }
        Ok(Crowd { readers, latency: self.round.recorder.latency(), answer: answer.latency() })
    }
}

impl Round {
    /// Starts the clock.
    fn begin(&self, readers: usize) -> Instant {
        self.missing.store(readers, Ordering::Relaxed);
        let now = Instant::now();
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = now;
        now
    }

    /// A reader has the event.
    fn seen(&self) {
        let sent = *self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        self.recorder.record(sent, Instant::now());
        if self.missing.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.all.notify_one();
        }
    }
}

/// Reads a stream, in which nothing but interrupts comes, for as long as somebody wants to know.
async fn follow(mut reader: Reader, round: Arc<Round>) -> Result<()> {
    loop {
        let frame = reader.next().await?;
        if frame.kind() != b"user.interrupt" {
            bail!("a reader saw something else: {}", frame.text());
        }
        round.seen();
    }
}

impl Outcome for Delivery {
    fn text(&self) -> String {
        let mut lines = vec![format!("delivery: {} events, one at a time", self.rounds)];
        for crowd in &self.crowds {
            lines.push(format!(
                "  {} reader(s)\n    sent to delivered  {}\n    sent to answered   {}",
                crowd.readers,
                crowd.latency.text(),
                crowd.answer.text()
            ));
        }
        lines.join("\n")
    }
}
