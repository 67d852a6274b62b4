//! `leasehold doctor`: looks for what would hurt a server before it hurts.
//!
//! It examines what `serve` would use with the same flags, variables and file, changes nothing but
//! a probe file that it removes, and says what to do about everything that it finds.

use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::config::{self, Config, ConfigArgs};
use crate::output::{self, Format};
use crate::serve;

mod database;
mod folder;
mod machine;
mod models;
mod sync;

/// Options of `leasehold doctor`.
#[derive(Args, Debug)]
#[command(after_help = config::AFTER_HELP)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    config: ConfigArgs,

    /// How to print the findings
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    output: Format,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Severity {
    /// As it should be.
    Ok,
    /// A server runs, but not as well or as safely as it could.
    Warning,
    /// A server will not run, or will lose what it has acknowledged.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    /// What was looked at.
    check: &'static str,
    severity: Severity,
    /// What was found.
    found: String,
    /// What to do about it.
    advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, severity: Severity::Ok, found: found.into(), advice: None }
    }

    fn warning(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = Some(advice.into());
        Self { check, severity: Severity::Warning, found: found.into(), advice }
    }

    fn bad(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = Some(advice.into());
        Self { check, severity: Severity::Bad, found: found.into(), advice }
    }
}

/// Looks at everything and prints what was found.
///
/// # Errors
/// If something is bad, once it has been printed.
pub(crate) fn run(args: &DoctorArgs) -> anyhow::Result<()> {
    let config = config::load(&args.config, serve::defaults())?.config;
    let findings = examine(&config);
    match args.output {
        Format::Text => output::print(&render(&findings))?,
        Format::Json => output::json(&json!({ "findings": findings }))?,
    }
    match findings.iter().filter(|finding| finding.severity == Severity::Bad).count() {
        0 => Ok(()),
        1 => anyhow::bail!("1 check is bad"),
        bad => anyhow::bail!("{bad} checks are bad"),
    }
}

fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = folder::examine(&config.data);
    if findings.iter().all(|finding| finding.severity != Severity::Bad) {
        findings.push(sync::examine(&config.data));
    }
    let (use_of_file, finding) = database::examine(&config.data);
    findings.push(finding);
    findings.push(machine::clock(&config.data));
    findings.push(machine::open_files(config.max_connections));
    findings.push(models::examine(config));
    findings.push(machine::port("port", "listen", config.listen, use_of_file));
    if let Some(address) = config.metrics_listen {
        findings.push(machine::port("metrics port", "metrics_listen", address, use_of_file));
    }
    findings
}

fn render(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { check, severity, found, advice } in findings {
        let mark = match severity {
            Severity::Ok => "ok",
            Severity::Warning => "warning",
            Severity::Bad => "BAD",
        };
        text.push_str(&format!("{mark:<8} {check}: {}\n", output::visible(found)));
        if let Some(advice) = advice {
            text.push_str(&format!("         {advice}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests;
