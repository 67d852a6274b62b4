//! What `dev` prints: credentials, and blocks that do something when pasted into a shell.

use std::path::Path;

use leasehold_store::Clock;
use secrecy::ExposeSecret as _;

use super::{Hands, Notebook};

/// The whole text, ready for a terminal.
pub(super) fn render(
    url: &str,
    notebook: &Notebook,
    data: &Path,
    clock: &Clock,
    hands: Hands,
) -> String {
    let Notebook { token, environment_id, key, agent_id } = notebook;
    let agent = agent_id.as_deref().unwrap_or_default();
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
    let hands = match hands {
        Hands::Own => "a worker of this server runs its commands",
        Hands::Others => "its commands wait for a worker, such as that of `leasehold dev --worker`",
    };
    format!(
        "
token            {token}
environment      {environment_id}
environment key  {key}
agent            {agent}
data             {data}
{time}
# This server, for `leasehold` in another terminal
export LEASEHOLD_URL={url} LEASEHOLD_TOKEN={token}

# Talk to the agent; {hands}
leasehold session create --agent {agent} --environment {environment_id} --message 'Hello.' --watch

# curl: start a session, which queues a work item, and take the item from the queue
curl -sS -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
-d '{{\"agent\":\"{agent}\",\"environment_id\":\"{environment_id}\"}}' \
{url}/api/v1/cloud/sessions; echo; \
curl -sS -H 'Authorization: Bearer {token}' \
'{url}/api/v1/cloud/environments/{environment_id}/work/poll?block_ms=999'; echo

# The two blocks below want the vendors' SDKs:
#   python3 -m venv ~/leasehold-sdks; . ~/leasehold-sdks/bin/activate; pip install qca-sdk anthropic

# Python, qca-sdk: start a session, then look at the queue
python3 -c 'import qca; c = qca.Managed(access_token=\"{token}\", \
base_url=\"{url}/api/v1/cloud\"); \
print(c.sessions.create(agent=\"{agent}\", environment_id=\"{environment_id}\").id); \
print(c.environments.work.stats(\"{environment_id}\"))'

# The stock worker, anthropic: takes sessions and runs their tools in this folder, until Ctrl-C
ANTHROPIC_BASE_URL={url} ANTHROPIC_AUTH_TOKEN={key} python3 -c \
'import asyncio, anthropic; asyncio.run(\
anthropic.AsyncAnthropic().beta.environments.work.worker(\
environment_id=\"{environment_id}\", environment_key=\"{key}\").run())'

"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(clock: &Clock, hands: Hands) -> String {
        let notebook = Notebook {
            token: "pt-token".into(),
            environment_id: "env_1".to_owned(),
            key: "ek-key".into(),
            agent_id: Some("agent_1".to_owned()),
        };
        render("http://127.0.0.1:7433", &notebook, Path::new("here"), clock, hands)
    }

    #[test]
    fn each_block_is_one_line_that_a_shell_takes_whole() {
        let text = rendered(&Clock::system(), Hands::Own);
        let commands: Vec<_> =
            text.lines().filter(|line| line.contains("http://") || line.contains(" --")).collect();
        assert_eq!(commands.len(), 5, "{text}");
        for command in commands {
            assert_eq!(command.matches('\'').count() % 2, 0, "{command}");
            assert!(!command.contains('\\') && !command.contains("{{"), "{command}");
        }
    }

    #[test]
    fn a_clock_that_stands_still_says_how_it_is_moved() {
        let clock = Clock::manual(Clock::system().now());
        let advance = "/leasehold/v1/clock/advance";
        assert!(rendered(&clock, Hands::Own).contains(advance));
        assert!(!rendered(&Clock::system(), Hands::Own).contains(advance));
    }
    #[test]
    fn whose_hands_do_the_work_is_said() {
        assert!(rendered(&Clock::system(), Hands::Own).contains("a worker of this server"));
        assert!(rendered(&Clock::system(), Hands::Others).contains("`leasehold dev --worker`"));
    }
}
