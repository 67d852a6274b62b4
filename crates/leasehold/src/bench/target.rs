//! Where the requests go, and the few calls that are not measured.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpStream;

use super::http::{Connection, text_member};

/// A server and the credential for it.
#[derive(Clone)]
pub(crate) struct Target {
    address: SocketAddr,
    host: String,
    token: String,
    /// The agent of all sessions, once it is made.
    agent: Arc<OnceLock<String>>,
}

impl Target {
    /// Takes `http://host:port`; the name is looked up once.
    pub(crate) async fn new(url: &str, token: &str) -> Result<Self> {
        let host = host_of(url)?;
        let address = tokio::net::lookup_host(host)
            .await
            .with_context(|| format!("could not look up {host}"))?
            .next()
            .with_context(|| format!("{host} has no address"))?;
        let (host, token, agent) = (host.to_owned(), token.to_owned(), Arc::default());
        Ok(Self { address, host, token, agent })
    }

    /// A new connection.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        Connection::open(self.address).await
    }

    /// A new connection that nothing is known of.
    pub(crate) async fn connect_raw(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.address)
            .await
            .with_context(|| format!("could not connect to {}", self.address))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// The bytes of a whole request. `extra` holds further header lines, each with its line end.
    pub(crate) fn request(&self, method: &str, path: &str, extra: &str, body: &str) -> Vec<u8> {
        let mut request = format!("{method} {path}").into_bytes();
        request.extend_from_slice(self.headers(extra, body).as_bytes());
        request
    }

    /// All that follows the path in a request.
    pub(crate) fn headers(&self, extra: &str, body: &str) -> String {
        let Self { address: _, host, token, agent: _ } = self;
        let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        let length = body.len();
        format!(
            " HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n{extra}{kind}\
             content-length: {length}\r\n\r\n{body}"
        )
    }

    /// One request on a connection of its own; the body of a success.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let mut connection = self.connect().await?;
        let reply = connection.exchange(&self.request(method, path, "", body)).await?;
        Ok(reply.success(&format!("{method} {path}"))?.to_vec())
    }

    /// Whether `/readyz` answers 200 at this moment.
    pub(crate) async fn ready(&self) -> bool {
        self.call("GET", "/readyz", "").await.is_ok()
    }

    /// Makes a self-hosted environment and returns its id; before the first one, the agent that all
    /// sessions will run.
    pub(crate) async fn create_environment(&self, name: &str) -> Result<String> {
        if self.agent.get().is_none() {
            let agent = self.create_agent("items", "[]").await?;
            self.agent.get_or_init(|| agent);
        }
        let name = format!("bench-{name}-{:08x}", fastrand::u32(..));
        let body = format!(r#"{{"name":"{name}","config":{{"type":"self_hosted"}}}}"#);
        let answer = self.call("POST", "/api/v1/cloud/environments", &body).await?;
        let id = text_member(&answer, "id").context("the new environment has no id")?;
        Ok(String::from_utf8_lossy(id).into_owned())
    }

    /// Makes an agent with these tools, run by the model that every server has; its id.
    pub(crate) async fn create_agent(&self, name: &str, tools: &str) -> Result<String> {
        let body = format!(r#"{{"name":"bench {name}","model":"scripted","tools":{tools}}}"#);
        let answer = self.call("POST", "/api/v1/cloud/agents", &body).await?;
        let id = text_member(&answer, "id").context("the new agent has no id")?;
        Ok(String::from_utf8_lossy(id).into_owned())
    }

    /// How many items a poll could take now.
    pub(crate) async fn depth(&self, environment: &str) -> Result<u64> {
        let path = format!("/api/v1/cloud/environments/{environment}/work/stats");
        let stats: serde_json::Value = serde_json::from_slice(&self.call("GET", &path, "").await?)?;
        stats["depth"].as_u64().context("the statistics have no depth")
    }

    /// The body that creates a session in an environment.
    pub(crate) fn session_body(&self, environment: &str) -> String {
        let agent = self.agent.get().map_or("", String::as_str);
        format!(r#"{{"agent":"{agent}","environment_id":"{environment}"}}"#)
    }
}

/// `host:port` of a plain HTTP address.
fn host_of(url: &str) -> Result<&str> {
    let Some(host) = url.strip_prefix("http://") else {
        bail!("the load generator speaks plain HTTP: give http://HOST:PORT, not {url}");
    };
    let host = host.strip_suffix('/').unwrap_or(host);
    match host.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() && !host.contains('/') => Ok(host),
        _ => bail!("the address of a server is http://HOST:PORT without a path, not {url}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_host_and_port() {
        assert_eq!(host_of("http://127.0.0.1:7433").unwrap(), "127.0.0.1:7433");
        assert_eq!(host_of("http://[::1]:80/").unwrap(), "[::1]:80");
        for url in ["https://a:1", "http://a", "http://a:1/v1", "http://a:99999", "a:1"] {
            assert!(host_of(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_request_is_complete() {
        let target = Target {
            address: ([127, 0, 0, 1], 7433).into(),
            host: "here:7433".to_owned(),
            token: "pt-x".to_owned(),
            agent: Arc::default(),
        };
        let request = target.request("POST", "/x", "worker-id: w\r\n", "{}");
        assert_eq!(
            String::from_utf8(request).unwrap(),
            "POST /x HTTP/1.1\r\nhost: here:7433\r\nauthorization: Bearer pt-x\r\nworker-id: w\r\n\
             content-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
        );
    }
}
