//! The server under test: a child process in a folder of its own, or a running one.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;

use super::process::Meter;
use super::report;
use super::script;
use super::target::Target;
use crate::secret;

/// How long a server may take to listen, to be ready and to stop.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks at something that has no event.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Which server is measured.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct UnderTest {
    /// Drive a running server instead of starting one
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,

    /// Account token for the server behind --url
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        env = "LEASEHOLD_TOKEN",
        hide_env_values = true
    )]
    token: Option<SecretString>,

    /// Process of the server behind --url, if it runs here: gives its memory and processor time
    #[arg(long, global = true, value_name = "PID")]
    pid: Option<u32>,

    /// Folder on whose disk the started server keeps its data; what it wrote is removed at the end
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    data: PathBuf,

    /// Start this binary as the server instead of the one that measures
    #[arg(long, global = true, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// A server that can be measured.
pub(crate) struct Server {
    target: Target,
    pid: Option<u32>,
    /// `None` for a server that somebody else runs. Dropped before its folder.
    child: Option<Process>,
    launch: Option<Launch>,
}

/// A child that does not outlive its owner.
struct Process(Child);

/// What is needed to start a server again on the same data.
struct Launch {
    binary: PathBuf,
    arguments: Vec<String>,
    token: SecretString,
    folder: tempfile::TempDir,
}

/// Which model the agents of a server are run by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Models {
    BuiltIn,
    Scripted,
}

impl UnderTest {
    /// The running server, or a new one with an empty database.
    pub(crate) async fn server(&self) -> Result<Server> {
        match &self.url {
            Some(url) => {
                let token = self.token.as_ref().context("--url needs --token")?;
                let target = Target::new(url, token.expose_secret()).await?;
                Ok(Server { target, pid: self.pid, child: None, launch: None })
            }
            None => self.own_server().await,
        }
    }

    /// A new server with an empty database; refuses a running one.
    pub(crate) async fn fresh_server(&self) -> Result<Server> {
        if self.url.is_some() {
            bail!("this measurement starts a server of its own and takes no --url");
        }
        self.own_server().await
    }

    /// A new server with an empty database whose model plays this program's [`script`]; refuses a
    /// running one.
    pub(crate) async fn scripted_server(&self) -> Result<Server> {
        if self.url.is_some() {
            bail!(
                "this measurement needs a server whose model plays its script and takes no --url"
            );
        }
        self.start_server(Models::Scripted).await
    }

    /// The server that answers the same bytes without a store.
    pub(crate) async fn ceiling(&self, threads: usize) -> Result<Server> {
        let arguments = ["bench-ceiling", "--listen", "127.0.0.1:0", "--threads"];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).into();
        arguments.push(threads.to_string());
        self.launch(std::env::current_exe()?, |_| Ok(arguments)).await
    }

    /// The folder on whose disk the server keeps its data.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    async fn own_server(&self) -> Result<Server> {
        self.start_server(Models::BuiltIn).await
    }

    async fn start_server(&self, models: Models) -> Result<Server> {
        let binary = match &self.binary {
            Some(binary) => binary.clone(),
            None => std::env::current_exe()?,
        };
        let server = self
            .launch(binary, |folder| {
                let data = folder.join("data").display().to_string();
                let serve = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
                let mut arguments: Vec<String> = serve.map(str::to_owned).into();
                if models == Models::Scripted {
                    let file = script::write(folder)?;
                    arguments.extend(["--models".to_owned(), file.display().to_string()]);
                }
                Ok(arguments)
            })
            .await?;
        server.until_ready().await?;
        Ok(server)
    }

    async fn launch(
        &self,
        binary: PathBuf,
        arguments: impl FnOnce(&Path) -> Result<Vec<String>>,
    ) -> Result<Server> {
        let folder = tempfile::Builder::new()
            .prefix("leasehold-bench-")
            .tempdir_in(&self.data)
            .with_context(|| format!("could not make a folder in {}", self.data.display()))?;
        if lies_in_memory(folder.path())? {
            report::note("the data folder lies in memory: commits cost nothing there");
        }
        let arguments = arguments(folder.path())?;
        Server::start(Launch { binary, arguments, token: secret::mint_token()?, folder }).await
    }
}

impl Server {
    async fn start(launch: Launch) -> Result<Self> {
        let log = File::create(launch.log()).context("could not create the server's log")?;
        let mut child = Command::new(&launch.binary)
            .args(&launch.arguments)
            .env("LEASEHOLD_ADMIN_TOKEN", launch.token.expose_secret())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("could not start {}", launch.binary.display()))?;
        let stdout = child.stdout.take();
        let child = Process(child);
        let (sender, address) = oneshot::channel();
        if let Some(stdout) = stdout {
            std::thread::spawn(move || listen_to(stdout, sender));
        }
        let url = match tokio::time::timeout(PATIENCE, address).await {
            Ok(Ok(url)) => url,
            Ok(Err(_)) => bail!("the server ended before it listened: {}", launch.last_words()),
            Err(_) => bail!("the server did not listen within {} s", PATIENCE.as_secs()),
        };
        let target = Target::new(&url, launch.token.expose_secret()).await?;
        Ok(Self { target, pid: Some(child.0.id()), child: Some(child), launch: Some(launch) })
    }

    /// Where its requests go.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Waits until `/readyz` answers 200.
    pub(crate) async fn until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.target.ready().await {
            if Instant::now() > deadline {
                bail!("the server was not ready within {} s", PATIENCE.as_secs());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Ends it, starts it again on the same data and returns it with the time from the start of the
    /// process until it was ready.
    pub(crate) async fn restart(self, signal: Signal) -> Result<(Self, Duration)> {
        let Self { target: _, pid: _, child, launch } = self;
        let (Some(child), Some(launch)) = (child, launch) else {
            bail!("a server that somebody else runs cannot be restarted");
        };
        child.end(signal).await?;
        let began = Instant::now();
        let server = Self::start(launch).await?;
        server.until_ready().await?;
        Ok((server, began.elapsed()))
    }

    /// Reads its memory and its processor time.
    pub(crate) fn meter(&self) -> Meter {
        Meter::new(self.pid, &self.target)
    }

    /// Bytes of all files that the server has written; 0 for a server that somebody else runs.
    pub(crate) fn bytes_on_disk(&self) -> Result<u64> {
        let Some(launch) = &self.launch else { return Ok(0) };
        let mut bytes = 0;
        for entry in std::fs::read_dir(launch.folder.path().join("data"))? {
            bytes += entry?.metadata()?.len();
        }
        Ok(bytes)
    }
}

impl Launch {
    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        log.trim_end().lines().last().unwrap_or("it said nothing").to_owned()
    }
}

impl Process {
    async fn end(mut self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.context("the server has no process id")?, signal)?;
        let deadline = Instant::now() + PATIENCE;
        while self.0.try_wait()?.is_none() {
            if Instant::now() > deadline {
                bail!("the server did not stop within {} s", PATIENCE.as_secs());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A child that has already ended needs neither, and nobody is left to be told.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Reports the address that the server prints, then swallows the rest so that it never blocks.
fn listen_to(stdout: ChildStdout, sender: oneshot::Sender<String>) {
    let mut sender = Some(sender);
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let Some(url) = line.strip_prefix("listening on ") else { continue };
        if let Some(sender) = sender.take() {
            // Nobody waits any longer once the patience is over.
            drop(sender.send(url.trim().to_owned()));
        }
    }
}

/// Whether a folder lies on a memory file system, where a sync is free.
fn lies_in_memory(folder: &Path) -> Result<bool> {
    /// `TMPFS_MAGIC` of `linux/magic.h`.
    const TMPFS: u32 = 0x0102_1994;
    let kind = rustix::fs::statfs(folder)?.f_type;
    Ok(u32::try_from(kind).is_ok_and(|kind| kind == TMPFS))
}
