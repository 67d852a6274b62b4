//! `leasehold backup`: a copy of the database that can be put in its place, made while the server
//! runs.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use leasehold_store::sqlite;
use serde_json::json;

use crate::output::{self, Format};
use crate::server::folder;

/// Options of `leasehold backup`.
#[derive(Args, Debug)]
pub(crate) struct BackupArgs {
    /// Data folder of the server, which may be running
    #[arg(long, value_name = "DIR", env = "LEASEHOLD_DATA")]
    data: PathBuf,

    /// File to write; it must not exist
    #[arg(long, value_name = "FILE")]
    to: PathBuf,

    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    output: Format,
}

/// Copies, checks the copy and says what was written.
///
/// # Errors
/// If there is nothing to copy, or the copy could not be written whole.
pub(crate) fn run(args: &BackupArgs) -> anyhow::Result<()> {
    let BackupArgs { data, to, output } = args;
    sqlite::backup(&folder::database(data), to)?;
    let copy = std::fs::File::open(to).with_context(|| format!("cannot read {}", to.display()))?;
    // The copy has to outlive a power failure as well as the original does.
    copy.sync_all()?;
    let bytes = copy.metadata()?.len();
    match output {
        Format::Text => output::print(&format!("{} written, {bytes} bytes\n", to.display()))?,
        Format::Json => output::json(&json!({ "file": to, "bytes": bytes }))?,
    }
    Ok(())
}
