//! Runs a shell command as a process group of its own, and gives what it printed.
//!
//! A command sees nothing of this program's environment, where keys may lie. It is not locked in:
//! whoever runs a worker lets the agent do what their own account may do.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until, timeout_at};

/// How long a command may run (worker protocol §9).
const TIME: Duration = Duration::from_secs(120);
/// How much of its output is kept: the end.
const OUTPUT: usize = 100 << 10;
/// How long the output may take to close when all its writers should be gone.
const GRACE: Duration = Duration::from_secs(1);

/// Where commands run, and within which limits.
pub(crate) struct Shell {
    folder: PathBuf,
    time: Duration,
}

/// What came of a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What it printed, or why it could not be run. Never empty.
    pub(crate) text: String,
    /// Whether it failed.
    pub(crate) is_error: bool,
}

impl Outcome {
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: true }
    }
}

impl Shell {
    /// One whose commands run in this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), time: TIME }
    }

    /// Runs a command to its end. Dropping the future kills it, with everything that it started.
    pub(super) async fn run(&self, command: &str) -> Outcome {
        match self.spawn(command) {
            Ok(process) => process
                .finish(self.time)
                .await
                .unwrap_or_else(|error| Outcome::failed(format!("the command was lost: {error}"))),
            Err(error) => Outcome::failed(format!("the command cannot be started: {error}")),
        }
    }

    fn spawn(&self, command: &str) -> io::Result<Process> {
        let (reader, writer) = io::pipe()?;
        let child = Command::new("/bin/bash")
            .args(["--noprofile", "--norc", "-c", command])
            .current_dir(&self.folder)
            .env_clear()
            .env("HOME", &self.folder)
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0)
            .spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let output = Receiver::from_owned_fd(reader.into())?;
        Ok(Process { child, group: Group(group), output, tail: Tail::default() })
    }
}

struct Process {
    child: Child,
    group: Group,
    output: Receiver,
    tail: Tail,
}

/// The process and what it started. Dropping it kills them all.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It fails only if they have all ended.
            kill_process_group(group, Signal::KILL).unwrap_or_default();
        }
    }
}

/// The end of an output.
#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
    cut: usize,
}

impl Process {
    async fn finish(self, time: Duration) -> io::Result<Outcome> {
        let Self { mut child, group, mut output, mut tail } = self;
        let until = Instant::now() + time;
        let mut open = true;
        let status = loop {
            tokio::select! {
                status = child.wait() => break Some(status?),
                more = tail.read(&mut output), if open => open = more?,
                () = sleep_until(until) => break None,
            }
        };
        // What it left running in the background ends with it.
        drop(group);
        let until = Instant::now() + GRACE;
        while open {
            open = timeout_at(until, tail.read(&mut output)).await.unwrap_or(Ok(false))?;
        }
        Ok(outcome(tail, status, time))
    }
}

impl Tail {
    /// Takes in what has been printed; whether there may be more.
    async fn read(&mut self, output: &mut Receiver) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        loop {
            output.readable().await?;
            match output.try_read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(length) => {
                    self.bytes.extend(buffer.iter().take(length));
                    // The front is cut off now and then, not with every read.
                    if self.bytes.len() > 2 * OUTPUT {
                        self.cut();
                    }
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn cut(&mut self) {
        let excess = self.bytes.len().saturating_sub(OUTPUT);
        self.bytes.drain(..excess);
        self.cut += excess;
    }
}

fn outcome(mut tail: Tail, status: Option<ExitStatus>, time: Duration) -> Outcome {
    tail.cut();
    let mut lines = Vec::new();
    if tail.cut > 0 {
        lines.push("[output truncated]".to_owned());
    }
    let printed = String::from_utf8_lossy(&tail.bytes);
    let printed = printed.trim_end_matches('\n');
    if !printed.is_empty() {
        lines.push(printed.to_owned());
    }
    match status {
        None => lines.push(format!("[timed out after {} s]", time.as_secs())),
        Some(status) if !status.success() => lines.push(format!("[{status}]")),
        Some(_) if lines.is_empty() => lines.push("(no output)".to_owned()),
        Some(_) => {}
    }
    Outcome { text: lines.join("\n"), is_error: status.is_none_or(|status| !status.success()) }
}

#[cfg(test)]
mod tests;
