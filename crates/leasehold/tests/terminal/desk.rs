//! Two terminals: `leasehold dev --worker` runs in one, commands are typed in the other.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A running server of its own, with everything that it printed; ended when dropped.
pub(crate) struct Desk {
    server: Child,
    printed: HashMap<String, String>,
    url: String,
    _data: TempDir,
}

fn leasehold() -> Command {
    Command::new(env!("CARGO_BIN_EXE_leasehold"))
}

impl Desk {
    /// Starts the server and waits until it has said everything that a person needs.
    pub(crate) fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut server = leasehold()
            .args(["dev", "--worker", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut printed = HashMap::new();
        let mut url = String::new();
        // A line is `name  value`; names may have a single blank in them.
        for line in BufReader::new(server.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(address) = line.strip_prefix("listening on ") {
                address.clone_into(&mut url);
            } else if let Some((name, value)) = line.split_once("  ") {
                printed.insert(name.to_owned(), value.trim().to_owned());
            }
            if line.starts_with("leasehold session create ") {
                break;
            }
        }
        Self { server, printed, url, _data: data }
    }

    /// The environment's id.
    pub(crate) fn environment(&self) -> &str {
        &self.printed["environment"]
    }

    /// Which agent is talked to, and where it runs, as options.
    pub(crate) fn place(&self) -> [&str; 4] {
        ["--agent", &self.printed["agent"], "--environment", self.environment()]
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = leasehold();
        command.args(words).env("LEASEHOLD_URL", &self.url).stdin(Stdio::null());
        command.env("LEASEHOLD_TOKEN", &self.printed["token"]);
        command
    }

    /// What a command prints that succeeds.
    pub(crate) fn ran(&self, words: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(words).output().unwrap();
        let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert!(status.success(), "{words:?}: {status}\n{out}\n{err}");
        out
    }

    /// The exit code of a command that fails, and what it says about it.
    pub(crate) fn failed(&self, words: &[&str]) -> (i32, String) {
        let Output { status, stdout, stderr } = self.command(words).output().unwrap();
        assert!(stdout.is_empty(), "{words:?} printed something");
        (status.code().unwrap(), String::from_utf8(stderr).unwrap())
    }

    /// The first event that a watching command prints and that is wanted. The command is ended then.
    pub(crate) fn hears(&self, words: &[&str], wanted: impl Fn(&Value) -> bool) -> Value {
        let mut watch = self.command(words).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(watch.stdout.take().unwrap()).lines();
        let mut events = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        let event = events.find(|event| wanted(event)).expect("it ended before");
        watch.kill().unwrap();
        watch.wait().unwrap();
        event
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // In good order, so that its worker's folder goes with it.
        if let Some(server) = Pid::from_raw(self.server.id().try_into().unwrap()) {
            drop(kill_process(server, Signal::TERM).and(Ok(self.server.wait())));
        }
    }
}
