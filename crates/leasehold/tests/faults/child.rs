//! A server in a process of its own, on a port of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use leasehold_client::Client;
use secrecy::SecretString;

/// The administrator's token of every server of these tests.
const TOKEN: &str = "pt-faults-0123456789abcdefghijklmnopqrstuv";

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts a server on a data folder and waits until it says where it listens.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_as(Command::new(env!("CARGO_BIN_EXE_leasehold")), data)
    }

    /// Starts a server by way of a command that ends in running it.
    pub(crate) fn start_as(mut command: Command, data: &Path) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("LEASEHOLD_ADMIN_TOKEN", TOKEN)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
            .expect("the server says where it listens");
        Self { child, url }
    }

    /// A client with the administrator's token. Impatient: a killed server answers nobody.
    pub(crate) fn client(&self) -> Client {
        Client::builder(&self.url, SecretString::from(TOKEN))
            .request_timeout(Duration::from_secs(20))
            .build()
            .unwrap()
    }

    /// SIGKILL, as a crash of the process is.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
