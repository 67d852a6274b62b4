//! What `dev` prints: credentials, and three blocks that do something when pasted into a shell.

use std::path::Path;

use leasehold_store::Clock;
use secrecy::ExposeSecret as _;

use super::Notebook;

/// An agent id of the right form; any such id is taken.
const AGENT: &str = "agent_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f";

/// The whole text, ready for a terminal.
pub(super) fn render(url: &str, notebook: &Notebook, data: &Path, clock: &Clock) -> String {
    let Notebook { token, environment_id, key } = notebook;
    let (token, key) = (token.expose_secret(), key.expose_secret());
    let data = data.display();
    let time = if clock.is_manual() {
        format!(
            "clock            stands still; moves 60 s with:\n\
             curl -sS -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
             -d '{{\"seconds\":60}}' {url}/leasehold/v1/clock/advance\n"
        )
    } else {
        String::new()
    };
    format!(
        "
token            {token}
environment      {environment_id}
environment key  {key}
data             {data}
{time}
# curl: start a session, which queues a work item, and take the item from the queue
curl -sS -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
-d '{{\"agent\":\"{AGENT}\",\"environment_id\":\"{environment_id}\"}}' \
{url}/api/v1/cloud/sessions; echo; \
curl -sS -H 'Authorization: Bearer {token}' \
'{url}/api/v1/cloud/environments/{environment_id}/work/poll?block_ms=999'; echo

# The two blocks below want the vendors' SDKs:
#   python3 -m venv ~/leasehold-sdks; . ~/leasehold-sdks/bin/activate; pip install qca-sdk anthropic

# Python, qca-sdk: start a session, then look at the queue
python3 -c 'import qca; c = qca.Managed(access_token=\"{token}\", \
base_url=\"{url}/api/v1/cloud\"); \
print(c.sessions.create(agent=\"{AGENT}\", environment_id=\"{environment_id}\").id); \
print(c.environments.work.stats(\"{environment_id}\"))'

# The stock work poller, anthropic: takes and finishes whatever is queued, until Ctrl-C
ANTHROPIC_BASE_URL={url} ANTHROPIC_AUTH_TOKEN={key} python3 -c \
'import anthropic; from anthropic.lib.environments import iter_work; \
[print(item.id, item.data.id) for item in iter_work(\
anthropic.Anthropic().beta.environments.work, environment_id=\"{environment_id}\")]'

# This server, for `leasehold work stats {environment_id}` and the other commands
export LEASEHOLD_URL={url} LEASEHOLD_TOKEN={token}

"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(clock: &Clock) -> String {
        let notebook = Notebook {
            token: "pt-token".into(),
            environment_id: "env_1".to_owned(),
            key: "ek-key".into(),
        };
        render("http://127.0.0.1:7433", &notebook, Path::new("here"), clock)
    }

    #[test]
    fn each_block_is_one_line_that_a_shell_takes_whole() {
        let text = rendered(&Clock::system());
        let commands: Vec<_> = text.lines().filter(|line| line.contains("http://")).collect();
        assert_eq!(commands.len(), 4, "{text}");
        for command in commands {
            assert_eq!(command.matches('\'').count() % 2, 0, "{command}");
            assert!(!command.contains('\\') && !command.contains("{{"), "{command}");
        }
    }

    #[test]
    fn a_clock_that_stands_still_says_how_it_is_moved() {
        let clock = Clock::manual(Clock::system().now());
        assert!(rendered(&clock).contains("/leasehold/v1/clock/advance"));
        assert!(!rendered(&Clock::system()).contains("/leasehold/v1/clock/advance"));
    }
}
