//! The file of models: tables `[[model]]`, read strictly.
//!
//! Each model has its values checked and its provider made here; what a value means to a provider
//! is that provider's matter.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use leasehold_model::catalogue::{Effort, ModelCard, Prices};
use serde::Deserialize;

use super::key::Origin;
use super::problem::{CatalogueError, Problem};
use super::value::{address, proxy, roots, time, value};
use super::{Catalogue, Model};
use crate::provider::pause::Retries;
use crate::provider::remote::{Reach, Timeouts};
use crate::provider::scripted::{Form, Script, Scripted};
use crate::provider::{Provider, anthropic, openai};
use crate::tls::Roots;

/// Tokens of an answer, where the operator does not say.
const MAX_TOKENS: u32 = 16_384;
/// Tokens of a conversation, where the operator does not say.
const CONTEXT_WINDOW: u32 = 128_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    model: Vec<Entry>,
}

/// A table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    display_name: Option<String>,
    provider: String,
    base_url: Option<String>,
    upstream: Option<String>,
    key_env: Option<String>,
    key_file: Option<PathBuf>,
    max_tokens: Option<u32>,
    context_window: Option<u32>,
    #[serde(default)]
    efforts: Vec<String>,
    default_effort: Option<String>,
    thinking: Option<String>,
    connect_timeout: Option<String>,
    first_byte_timeout: Option<String>,
    idle_timeout: Option<String>,
    retries: Option<u32>,
    proxy: Option<String>,
    ca_file: Option<PathBuf>,
    script: Option<PathBuf>,
    input_price: Option<f64>,
    output_price: Option<f64>,
    cache_read_price: Option<f64>,
    cache_write_price: Option<f64>,
}

/// Reads a file of models.
pub(super) fn read(
    path: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Catalogue, CatalogueError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| CatalogueError::Unreadable { path: path.to_owned(), source })?;
    if text.parse::<toml::Table>().is_ok_and(|table| !table.contains_key("model")) {
        return Err(CatalogueError::Empty { path: path.to_owned() });
    }
    let file: File = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
        let what = error.message().lines().collect::<Vec<_>>().join(", ");
        CatalogueError::Malformed { path: path.to_owned(), line, what }
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut models: Vec<Model> = Vec::new();
    for entry in file.model {
        let id = entry.id.clone();
        let model = entry.check_id(&models).and_then(|()| entry.model(folder, variable));
        models.push(model.map_err(|problem| CatalogueError::Model {
            path: path.to_owned(),
            model: id,
            problem,
        })?);
    }
    Ok(models.into_iter().collect())
}

/// What anybody may know of a scripted model.
pub(super) fn scripted_card(id: &str, display_name: &str) -> ModelCard {
    ModelCard {
        id: id.to_owned(),
        display_name: display_name.to_owned(),
        source: Vendor::Scripted.as_str(),
        efforts: Vec::new(),
        default_effort: None,
        context_window: CONTEXT_WINDOW,
        max_tokens: MAX_TOKENS,
        prices: Prices::default(),
    }
}

/// What a model speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vendor {
    Anthropic,
    OpenAi,
    Scripted,
}

impl Vendor {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Scripted => "scripted",
        }
    }

    fn parse(text: &str) -> Result<Self, Problem> {
        [Self::Anthropic, Self::OpenAi, Self::Scripted]
            .into_iter()
            .find(|vendor| vendor.as_str() == text)
            .ok_or_else(|| value("provider", &format!("{text:?}"), "anthropic, openai or scripted"))
    }

    /// Where the vendor itself serves.
    const fn home(self) -> &'static str {
        match self {
            Self::Anthropic => "https://api.anthropic.com",
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Scripted => "",
        }
    }
}

impl Entry {
    /// An id is what people type, and belongs to one model.
    fn check_id(&self, others: &[Model]) -> Result<(), Problem> {
        let fine = |c: char| c.is_ascii_graphic();
        if self.id.is_empty() || self.id.len() > 128 || !self.id.chars().all(fine) {
            let accepts = "1 to 128 letters, digits and signs of ASCII, without spaces";
            return Err(value("id", &format!("{:?}", self.id), accepts));
        }
        if others.iter().any(|model| model.card().id == self.id) {
            return Err(value("id", &format!("{:?}", self.id), "an id that no other model has"));
        }
        Ok(())
    }

    fn model(
        &self,
        folder: &Path,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Model, Problem> {
        let vendor = Vendor::parse(&self.provider)?;
        self.check_meaning(vendor)?;
        let card = self.card(vendor)?;
        let provider: Arc<dyn Provider> = match vendor {
            Vendor::Scripted => Arc::new(Scripted::new(self.script(folder)?)),
            Vendor::Anthropic => {
                let model =
                    anthropic::Model { upstream: self.upstream(), thinking: self.thinking()? };
                let key = self.key(folder, variable)?;
                Arc::new(anthropic::provider(model, self.reach(vendor, folder)?, key.as_ref())?)
            }
            Vendor::OpenAi => {
                let limit = match self.base_url {
                    None => openai::Limit::MaxCompletionTokens,
                    Some(_) => openai::Limit::MaxTokens,
                };
                let model = openai::Model { upstream: self.upstream(), limit };
                let key = self.key(folder, variable)?;
                Arc::new(openai::provider(model, self.reach(vendor, folder)?, key.as_ref())?)
            }
        };
        Ok(Model::new(card, provider))
    }

    /// A key that would do nothing is a mistake that somebody would look for later.
    fn check_meaning(&self, vendor: Vendor) -> Result<(), Problem> {
        let remote = [
            ("base_url", self.base_url.is_some()),
            ("upstream", self.upstream.is_some()),
            ("key_env", self.key_env.is_some()),
            ("key_file", self.key_file.is_some()),
            ("connect_timeout", self.connect_timeout.is_some()),
            ("first_byte_timeout", self.first_byte_timeout.is_some()),
            ("idle_timeout", self.idle_timeout.is_some()),
            ("retries", self.retries.is_some()),
            ("proxy", self.proxy.is_some()),
            ("ca_file", self.ca_file.is_some()),
        ];
        let script = [("script", self.script.is_some())];
        let thinking = [("thinking", self.thinking.is_some())];
        let meaningless: &[&[(&'static str, bool)]] = match vendor {
            Vendor::Anthropic => &[&script],
            Vendor::OpenAi => &[&script, &thinking],
            Vendor::Scripted => &[&remote, &thinking],
        };
        let said = meaningless.iter().copied().flatten().find(|(_, said)| *said);
        said.map_or(Ok(()), |(key, _)| Err(Problem::Meaningless { key, provider: vendor.as_str() }))
    }

    fn card(&self, vendor: Vendor) -> Result<ModelCard, Problem> {
        const EFFORTS: &str = "low, medium, high, xhigh or max";
        let effort = |key, text: &String| {
            Effort::parse(text).ok_or_else(|| value(key, &format!("{text:?}"), EFFORTS))
        };
        let efforts: Result<Vec<Effort>, Problem> =
            self.efforts.iter().map(|text| effort("efforts", text)).collect();
        let efforts = efforts?;
        let default_effort =
            self.default_effort.as_ref().map(|text| effort("default_effort", text)).transpose()?;
        if default_effort.is_some_and(|effort| !efforts.contains(&effort)) {
            let text = format!("{:?}", self.default_effort.as_deref().unwrap_or(""));
            return Err(value("default_effort", &text, "one of efforts"));
        }
        let context_window = self.context_window.unwrap_or(CONTEXT_WINDOW);
        let max_tokens = self.max_tokens.unwrap_or(MAX_TOKENS.min(context_window / 2));
        if context_window == 0 {
            return Err(value("context_window", "0", "a number of tokens, at least 1"));
        }
        if max_tokens == 0 || max_tokens > context_window {
            let accepts = "a number of tokens from 1 to context_window";
            return Err(value("max_tokens", &max_tokens.to_string(), accepts));
        }
        Ok(ModelCard {
            id: self.id.clone(),
            display_name: self.display_name.clone().unwrap_or_else(|| self.id.clone()),
            source: vendor.as_str(),
            efforts,
            default_effort,
            context_window,
            max_tokens,
            prices: self.prices()?,
        })
    }

    fn prices(&self) -> Result<Prices, Problem> {
        let price = |key, price: Option<f64>| match price {
            Some(price) if !(price.is_finite() && price >= 0.0) => {
                Err(value(key, &price.to_string(), "USD per million tokens, at least 0"))
            }
            fine => Ok(fine),
        };
        Ok(Prices {
            input: price("input_price", self.input_price)?,
            output: price("output_price", self.output_price)?,
            cache_read: price("cache_read_price", self.cache_read_price)?,
            cache_write: price("cache_write_price", self.cache_write_price)?,
        })
    }

    fn upstream(&self) -> String {
        self.upstream.clone().unwrap_or_else(|| self.id.clone())
    }

    fn thinking(&self) -> Result<anthropic::Thinking, Problem> {
        match self.thinking.as_deref() {
            None => Ok(anthropic::Thinking::Unsaid),
            Some("adaptive") => Ok(anthropic::Thinking::Adaptive),
            Some(other) => Err(value("thinking", &format!("{other:?}"), "adaptive")),
        }
    }

    fn key(
        &self,
        folder: &Path,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<secrecy::SecretString>, Problem> {
        let file = self.key_file.as_ref().map(|path| folder.join(path));
        let origin = match (&self.key_env, &file) {
            (Some(name), None) => Origin::Variable(name),
            (None, Some(path)) => Origin::File(path),
            (None, None) if self.base_url.is_none() => return Err(Problem::Keyless),
            (None, None) => Origin::Nowhere,
            (Some(name), Some(_)) => {
                return Err(value("key_env", &format!("{name:?}"), "either it or key_file"));
            }
        };
        origin.key(variable)
    }

    fn script(&self, folder: &Path) -> Result<Script, Problem> {
        let Some(path) = &self.script else { return Ok(Script::built_in()) };
        let path = folder.join(path);
        let text = std::fs::read_to_string(&path)
            .map_err(|source| Problem::Unreadable { path: path.clone(), source })?;
        let json = path.extension().is_some_and(|extension| extension == "json");
        let form = if json { Form::Json } else { Form::Toml };
        Script::read(&text, form).map_err(|what| Problem::Script { path, what })
    }

    fn reach(&self, vendor: Vendor, folder: &Path) -> Result<Reach, Problem> {
        let timeouts = Timeouts {
            connect: time("connect_timeout", self.connect_timeout.as_ref(), 10)?,
            first_byte: time("first_byte_timeout", self.first_byte_timeout.as_ref(), 120)?,
            idle: time("idle_timeout", self.idle_timeout.as_ref(), 60)?,
        };
        let limit = self.retries.unwrap_or(3);
        if limit > 20 {
            return Err(value("retries", &limit.to_string(), "a number from 0 to 20"));
        }
        let roots = match &self.ca_file {
            None => Roots::default(),
            Some(path) => roots(&folder.join(path))?,
        };
        Ok(Reach {
            base_url: address(self.base_url.as_deref().unwrap_or(vendor.home()))?,
            proxy: self.proxy.as_deref().map(proxy).transpose()?,
            roots,
            timeouts,
            retries: Retries { limit, first_pause: Duration::from_millis(500) },
        })
    }
}
