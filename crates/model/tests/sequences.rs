//! Long random sequences of commands on one item, checked after every step against what has
//! happened to it so far.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use leasehold_model::id::{Id, Mint};
use leasehold_model::work::attempt::{Attempt, Outcome};
use leasehold_model::work::heartbeat::{Beat, BeatRecord, Expected, Heartbeat, Unheld};
use leasehold_model::work::stop::Stop;
use leasehold_model::work::{Caller, State, StateName, Transition, Ttl, Work, WorkerId};
use leasehold_model::{Refusal, Timestamp};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Command {
    /// The clock moves by so many microseconds.
    Wait(u64),
    /// The clock moves to so many microseconds before or after the next change.
    WaitForChange(i64),
    Deliver {
        window: u64,
        worker: u8,
    },
    Ack {
        caller: Who,
        limit: Option<u32>,
    },
    Beat {
        caller: Who,
        expected: Echo,
        ttl: u64,
        claims: bool,
    },
    Stop {
        caller: Who,
        how: Stop,
    },
}

#[derive(Clone, Debug)]
enum Who {
    Nobody,
    /// The claim so many before the newest.
    Token(u32),
    Named(u8),
}

#[derive(Clone, Debug)]
enum Echo {
    Any,
    NoHeartbeat,
    /// The beat so many before the newest that was ever answered.
    Answered(usize),
    Off(i64),
    Never,
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![Just(Who::Nobody), (0_u32..3).prop_map(Who::Token), (0_u8..3).prop_map(Who::Named)]
}

fn echo() -> impl Strategy<Value = Echo> {
    prop_oneof![
        2 => Just(Echo::Any),
        2 => Just(Echo::NoHeartbeat),
        5 => (0_usize..3).prop_map(Echo::Answered),
        1 => (-2_i64..3).prop_map(Echo::Off),
        1 => Just(Echo::Never),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let limit = prop_oneof![4 => Just(None), 1 => (1_u32..6).prop_map(Some)];
    prop_oneof![
        2 => (0_u64..20_000_000).prop_map(Command::Wait),
        2 => (-1_i64..2).prop_map(Command::WaitForChange),
        4 => (prop_oneof![Just(0), Just(5_000), 0_u64..10_000], 0_u8..3)
            .prop_map(|(window, worker)| Command::Deliver { window, worker }),
        4 => (who(), limit).prop_map(|(caller, limit)| Command::Ack { caller, limit }),
        8 => (who(), echo(), 1_u64..700, any::<bool>()).prop_map(
            |(caller, expected, ttl, claims)| Command::Beat { caller, expected, ttl, claims }),
        1 => (who(), prop_oneof![Just(Stop::Graceful), Just(Stop::Force)])
            .prop_map(|(caller, how)| Command::Stop { caller, how }),
    ]
}

fn name(worker: u8) -> Option<WorkerId> {
    WorkerId::new(&format!("w{worker}")).filter(|_| worker > 0)
}

/// An item, and everything that was ever answered about it.
struct Life {
    work: Work,
    now: Timestamp,
    answered: Vec<Timestamp>,
    history: Vec<Attempt>,
    /// The head before the heartbeats that came since it was last written otherwise, and these.
    row: Work,
    journal: Vec<BeatRecord>,
}

impl Life {
    fn begin() -> Self {
        let now = Timestamp::from_micros(1_000_000_000_000);
        let work = Work::queued(Mint::new(0).next(now), Id::MIN, Id::MIN, now);
        let row = work.clone();
        Self { work, now, answered: vec![], history: vec![], row, journal: vec![] }
    }

    fn caller(&self, who: &Who) -> Caller {
        match who {
            Who::Nobody => Caller::default(),
            Who::Token(back) => {
                Caller { claim: Some(self.work.deliveries.saturating_sub(*back)), worker: None }
            }
            Who::Named(worker) => Caller { claim: None, worker: name(*worker) },
        }
    }

    fn expected(&self, echo: &Echo) -> Expected {
        match echo {
            Echo::Any => Expected::Any,
            Echo::NoHeartbeat => Expected::NoHeartbeat,
            Echo::Answered(back) => match self.answered.iter().rev().nth(*back) {
                Some(beat) => Expected::Beat(*beat),
                None => Expected::NoHeartbeat,
            },
            Echo::Off(by) => Expected::Beat(Timestamp::from_micros(self.work.floor.micros() + by)),
            Echo::Never => Expected::Never,
        }
    }

    fn obey(&mut self, command: &Command) {
        match command {
            Command::Wait(micros) => self.now = self.now.plus(Duration::from_micros(*micros)),
            Command::WaitForChange(off) => {
                if let Some(at) = self.work.next_change() {
                    let at = Timestamp::from_micros(at.micros() + off);
                    self.now = self.now.max(at);
                }
            }
            Command::Deliver { window, worker } => {
                let window = Duration::from_millis(*window);
                let delivered = self.work.deliver(self.now, window, name(*worker));
                assert_eq!(delivered.is_some(), self.work.available(self.now, window));
                if let Some(transition) = delivered {
                    self.write(Ok(transition));
                }
            }
            Command::Ack { caller, limit } => {
                let outcome = self.work.ack(self.now, &self.caller(caller), *limit);
                self.write(outcome);
            }
            Command::Beat { caller, expected, ttl, claims } => {
                let heartbeat = Heartbeat {
                    expected: self.expected(expected),
                    ttl: Ttl::clamped(*ttl),
                    caller: self.caller(caller),
                    unheld: match claims {
                        true => Unheld::Claim { limit: None },
                        false => Unheld::Refuse,
                    },
                };
                let outcome = self.work.heartbeat(self.now, &heartbeat);
                if let Some(reply) = self.write(outcome) {
                    self.hear(&heartbeat, &reply);
                }
            }
            Command::Stop { caller, how } => {
                let outcome = self.work.stop(self.now, *how, &self.caller(caller));
                self.write(outcome);
            }
        }
    }

    /// Takes in the answer to a heartbeat: an extension is new, or the newest once more.
    fn hear(&mut self, heartbeat: &Heartbeat, reply: &Beat) {
        assert_eq!(reply.state, self.work.state_name());
        assert_eq!(reply.beat, self.work.beat());
        if !reply.extended {
            assert_eq!(reply.state, StateName::Stopping);
            return;
        }
        assert_ne!(heartbeat.expected, Expected::Never, "no echo is finer than a microsecond");
        let beat = reply.beat.unwrap();
        match self.answered.last() {
            Some(newest) if beat == *newest => {}
            newest => {
                assert!(newest.is_none_or(|newest| beat > *newest), "{beat:?} after {newest:?}");
                self.answered.push(beat);
            }
        }
    }

    fn write<R>(&mut self, outcome: Result<Transition<R>, Refusal>) -> Option<R> {
        let Ok(Transition { next, reply, ended }) = outcome else { return None };
        let settled = self.work.settled(self.now).work;
        if settled.state_name() == StateName::Stopped {
            assert_eq!(next, settled, "nothing leaves stopped");
        }
        self.history.extend(ended);
        match next.beat_since(&self.work) {
            Some(record) => self.journal.push(record),
            None if next == self.work => {}
            None => {
                self.row = next.clone();
                self.journal.clear();
            }
        }
        self.work = next;
        Some(reply)
    }

    fn check(&self) {
        let work = &self.work;
        assert_eq!(work.check(), Ok(()), "{work:#?}");
        let settled = work.settled(self.now);
        assert_eq!(settled.work.check(), Ok(()), "{:#?}", settled.work);
        assert_eq!(settled.work.settled(self.now).work, settled.work, "settling is done once");
        assert!(!settled.work.lapsed(self.now));
        self.check_stamps(&settled.work);
        self.check_history();

        let replayed = self.journal.iter().fold(self.row.clone(), |row, beat| row.replayed(*beat));
        assert_eq!(replayed, *work, "the journal tells another story");
        let overlapping = self.journal.iter().fold(work.clone(), |row, beat| row.replayed(*beat));
        assert_eq!(overlapping, *work, "replaying what was taken in changes something");
    }

    /// What each state has and has not (work §15).
    fn check_stamps(&self, work: &Work) {
        let (acked, started, beat) = (work.acknowledged_at(), work.started_at(), work.beat());
        match &work.state {
            State::Queued(_) => {
                assert_eq!((acked, started, beat, work.lease_end()), (None, None, None, None));
            }
            State::Starting(_) => assert!(acked.is_some() && started.is_none() && beat.is_none()),
            State::Active(..) => assert!(acked.is_some() && started.is_some() && beat.is_some()),
            State::Stopping(..) => assert!(acked.is_some() && work.stop_requested_at().is_some()),
            State::Stopped(_) => assert_eq!(work.lease_end(), None),
        }
        assert_eq!(work.stopped_at().is_some(), work.state_name() == StateName::Stopped);
        assert!(work.lease_end().is_none_or(|end| end > self.now));
        assert!(work.stopped_at().is_none_or(|at| at <= self.now));
    }

    /// Attempts are numbered without a gap, each ended once, only the last may be open.
    fn check_history(&self) {
        let newest = self.work.newest_attempt(self.now);
        let told: Vec<&Attempt> = self.history.iter().chain(&newest).collect();
        let numbers: Vec<u32> = told.iter().map(|attempt| attempt.number).collect();
        let expected: Vec<u32> = (1..=self.work.deliveries).collect();
        assert_eq!(numbers, expected, "{told:#?}");
        let acked = told.iter().filter(|attempt| attempt.acknowledged_at.is_some()).count();
        assert_eq!(acked, usize::try_from(self.work.accepted).unwrap());
        for attempt in &self.history {
            let (_, outcome) = attempt.end.unwrap();
            match outcome {
                Outcome::Lapsed => assert!(attempt.acknowledged_at.is_some()),
                Outcome::Superseded => assert!(attempt.acknowledged_at.is_none()),
                Outcome::Stopped => panic!("an item goes on after it stopped: {attempt:#?}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_item_keeps_its_promises_whatever_is_asked_of_it(
        commands in prop::collection::vec(command(), 1..120)
    ) {
        let mut life = Life::begin();
        for command in &commands {
            life.obey(command);
            life.check();
        }
    }
}
