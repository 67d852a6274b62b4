//! What is done to the stores: by places in lists, which are the same in all of them.

use leasehold_model::Work;
use leasehold_model::work::Caller;
use leasehold_model::work::stop::Stop;

use crate::lab::{named, token};

#[derive(Clone, Debug)]
pub(super) enum Command {
    Account,
    Environment { of: usize, cloud: bool },
    Rename { environment: usize, name: u8 },
    Limit { environment: usize, most: Option<u32> },
    ArchiveEnvironment(usize),
    DeleteEnvironment(usize),
    Agent { of: usize },
    Redefine { agent: usize, name: u8, stale: bool },
    ArchiveAgent(usize),
    DeleteAgent(usize),
    Session { environment: usize, agent: usize, copy: bool, own: bool, key: Option<u8> },
    Retool { session: usize, tools: bool },
    Title { session: usize, title: u8 },
    ArchiveSession(usize),
    DeleteSession(usize),
    Token { of: usize, hash: u64 },
    Key { environment: usize, hash: u64 },
    RevokeToken(usize),
    RevokeKey(usize),
    Use(usize),
    Poll { environment: usize, window: u64, worker: u8 },
    Ack { work: usize, who: Who },
    Beat { work: usize, who: Who, echo: u8, ttl: u64, claims: bool },
    Stop { work: usize, who: Who, how: Stop },
    Patch { work: usize, value: u8 },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Who {
    Nobody,
    /// The claim so many before the newest.
    Token(u32),
    Named(u8),
}

impl Who {
    pub(super) fn caller(self, work: &Work) -> Caller {
        match self {
            Self::Nobody => Caller::default(),
            Self::Token(back) => token(work.deliveries.saturating_sub(back)),
            Self::Named(worker) => named(&format!("w{worker}")),
        }
    }
}

impl Command {
    /// The odds are such that items live long enough to have a story.
    pub(super) fn any(chance: &mut fastrand::Rng) -> Self {
        let at = chance.usize(..);
        let who = match chance.u8(..8) {
            0..4 => Who::Nobody,
            4..7 => Who::Token(u32::from(chance.u8(..8) == 0)),
            _ => Who::Named(chance.u8(1..3)),
        };
        match chance.u8(..100) {
            0 => Self::Account,
            1..4 => Self::Environment { of: at, cloud: chance.u8(..5) == 0 },
            4 => Self::Rename { environment: at, name: chance.u8(..3) },
            5..7 => {
                let most = chance.bool().then(|| chance.u32(1..4));
                Self::Limit { environment: at, most }
            }
            7 if chance.u8(..4) == 0 => Self::ArchiveEnvironment(at),
            8 => Self::DeleteEnvironment(at),
            9..11 => Self::Agent { of: at },
            11 => Self::Redefine { agent: at, name: chance.u8(..3), stale: chance.u8(..4) == 0 },
            12 if chance.u8(..4) == 0 => Self::ArchiveAgent(at),
            13 if chance.u8(..4) == 0 => Self::DeleteAgent(at),
            14 => Self::Retool { session: at, tools: chance.bool() },
            7 | 12..24 => Self::Session {
                environment: at,
                agent: chance.usize(..),
                own: chance.u8(..4) == 0,
                copy: chance.bool(),
                key: (chance.u8(..3) == 0).then(|| chance.u8(..6)),
            },
            24 => Self::Title { session: at, title: chance.u8(..3) },
            25 => Self::ArchiveSession(at),
            26 => Self::DeleteSession(at),
            27 => Self::Token { of: at, hash: chance.u64(..) },
            28 => Self::Key { environment: at, hash: chance.u64(..) },
            29 => Self::RevokeToken(at),
            30 => Self::RevokeKey(at),
            31 => Self::Use(at),
            32..52 => Self::Poll {
                environment: at,
                window: [0, 1_000, 5_000, 5_000, 5_000, 60_000][chance.usize(..6)],
                worker: chance.u8(..3),
            },
            52..66 => Self::Ack { work: at, who },
            66..92 => Self::Beat {
                work: at,
                who,
                echo: chance.u8(..6),
                ttl: chance.u64(5..40),
                claims: chance.bool(),
            },
            92..96 => Self::Patch { work: at, value: chance.u8(..4) },
            _ => {
                let how = if chance.bool() { Stop::Graceful } else { Stop::Force };
                Self::Stop { work: at, who, how }
            }
        }
    }
}
