//! A worker process, as the play sees it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedSender;

use super::message::{Message, Order};

/// Which of the two workers of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// The one that is killed.
    A,
    /// The one that takes over.
    B,
}

impl Who {
    /// What it calls itself.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::A => "worker-a",
            Self::B => "worker-b",
        }
    }
}

/// What all worker processes are told.
pub(super) struct Employer {
    /// Address of the server.
    pub(super) url: String,
    /// The environment to work for.
    pub(super) environment: String,
    /// Its key.
    pub(super) key: SecretString,
    /// Where the commands of sessions run.
    pub(super) folder: TempDir,
    /// Where their messages go.
    pub(super) messages: UnboundedSender<(Who, Message)>,
}

/// What a worker knew when it died.
pub(super) struct Memory {
    /// The item that it held.
    pub(super) work: String,
    /// Its claim token.
    pub(super) claim: SecretString,
    /// The last heartbeat that it knew of.
    pub(super) last_heartbeat: String,
}

/// A running worker. Dropping it kills it.
pub(super) struct Process {
    child: Child,
    orders: Option<ChildStdin>,
}

impl Employer {
    /// Starts a worker; with a memory it only tries to go on where it was.
    pub(super) fn start(&self, who: Who, memory: Option<&Memory>) -> anyhow::Result<Process> {
        let program = std::env::current_exe().context("this program's own file is not known")?;
        let mut command = Command::new(program);
        command.arg("demo-worker");
        command.args(["--url", &self.url, "--environment", &self.environment]);
        command.args(["--name", who.name(), "--folder"]).arg(self.folder.path());
        // Secrets go by the environment: other users can see a program's arguments.
        command.env("LEASEHOLD_DEMO_KEY", self.key.expose_secret());
        if let Some(Memory { work, claim, last_heartbeat }) = memory {
            command.args(["--resume", work, "--last-heartbeat", last_heartbeat]);
            command.env("LEASEHOLD_DEMO_CLAIM", claim.expose_secret());
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("a worker process cannot be started")?;
        let (orders, output) = (child.stdin.take(), child.stdout.take());
        // From here on the child is killed should anything fail.
        let process = Process { child, orders };
        self.listen(who, output.context("a worker has no output")?);
        Ok(process)
    }

    /// Hands a worker's lines on, on a thread of its own that ends with them.
    fn listen(&self, who: Who, output: ChildStdout) {
        let messages = self.messages.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let message = serde_json::from_str(&line)
                    .unwrap_or_else(|_| Message::Failed { message: format!("it said {line:?}") });
                if messages.send((who, message)).is_err() {
                    return;
                }
            }
            // Nobody listens any more once the play is over.
            drop(messages.send((who, Message::Ended)));
        });
    }
}

impl Process {
    /// The process's number.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Gives an order.
    pub(super) fn order(&mut self, order: Order) -> anyhow::Result<()> {
        let orders = self.orders.as_mut().context("the worker takes no orders any more")?;
        writeln!(orders, "{}", order.word()).context("the worker does not listen any more")
    }

    /// Kills it without warning and waits for its end; gives the number of the signal that ended
    /// it, if one did.
    pub(super) fn kill(&mut self) -> anyhow::Result<Option<i32>> {
        self.child.kill().context("the worker cannot be killed")?;
        Ok(self.child.wait()?.signal())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if the process has ended already.
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}
