//! Operations on environments: create, update, archive, delete, and the limit of attempts.

use super::config::{Config, ConfigPatch, Strictness};
use super::{Environment, Scope};
use crate::id::{AccountId, EnvironmentId};
use crate::metadata::{Metadata, MetadataPatch};
use crate::op::{Context, Op};
use crate::refusal::{Refusal, Resource};
use crate::rows::{Keys, Rows};

/// Makes an environment.
#[derive(Clone, Debug)]
pub struct CreateEnvironment {
    /// Who will own it.
    pub account: AccountId,
    /// Its name, checked by the caller for its length.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What sessions find there.
    pub config: Config,
    /// How strictly the configuration is judged.
    pub strictness: Strictness,
    /// What the client keeps with it.
    pub metadata: Metadata,
    /// Who may see it.
    pub scope: Option<Scope>,
}

impl Op for CreateEnvironment {
    type Reply = Environment;

    fn needs(&self, _keys: &mut Keys) {}

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Environment, Refusal> {
        self.config.check(self.strictness)?;
        let environment = Environment {
            id: context.mint(),
            account: self.account,
            name: self.name.clone(),
            description: self.description.clone(),
            config: self.config.clone(),
            metadata: self.metadata.clone(),
            scope: self.scope,
            max_attempts: None,
            created_at: context.now(),
            updated_at: context.now(),
            archived_at: None,
        };
        rows.environments.put(environment.id, environment.clone());
        Ok(environment)
    }
}

/// Changes an environment; what is `None` stays.
#[derive(Clone, Debug)]
pub struct UpdateEnvironment {
    /// Who asks.
    pub account: AccountId,
    /// Which environment.
    pub environment: EnvironmentId,
    /// A new name.
    pub name: Option<String>,
    /// A new description; `Some(None)` clears it.
    pub description: Option<Option<String>>,
    /// A change of configuration.
    pub config: Option<ConfigChange>,
    /// How strictly the configuration is judged.
    pub strictness: Strictness,
    /// A merge patch of the metadata.
    pub metadata: Option<MetadataPatch>,
    /// A new scope.
    pub scope: Option<Scope>,
}

/// How an update changes a configuration; the dialects differ (environments §6).
#[derive(Clone, Debug)]
pub enum ConfigChange {
    /// It takes the place of the stored one (Q).
    Replace(Config),
    /// It is merged into the stored one (A).
    Merge(ConfigPatch),
}

impl Op for UpdateEnvironment {
    type Reply = Environment;

    fn needs(&self, keys: &mut Keys) {
        keys.environments.push(self.environment);
    }

    /// `updated_at` moves only if something changed.
    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Environment, Refusal> {
        let stored = owned(rows, self.account, self.environment)?;
        if stored.archived_at.is_some() {
            return Err(Refusal::EnvironmentArchived);
        }
        let config = match &self.config {
            None => stored.config.clone(),
            Some(ConfigChange::Replace(config)) if config.kind() != stored.config.kind() => {
                return Err(Refusal::EnvironmentKindChange);
            }
            Some(ConfigChange::Replace(config)) => config.clone(),
            Some(ConfigChange::Merge(patch)) => stored.config.merged(patch)?,
        };
        if self.config.is_some() {
            config.check(self.strictness)?;
        }
        let metadata = match &self.metadata {
            None => stored.metadata.clone(),
            Some(patch) => stored.metadata.patched(patch)?,
        };
        let mut next = Environment {
            name: self.name.clone().unwrap_or_else(|| stored.name.clone()),
            description: self.description.clone().unwrap_or_else(|| stored.description.clone()),
            config,
            metadata,
            scope: self.scope.or(stored.scope),
            ..stored.clone()
        };
        if next != stored {
            next.updated_at = context.now();
        }
        rows.environments.put(next.id, next.clone());
        Ok(next)
    }
}

/// Archives an environment; a second time changes nothing (environments §8).
#[derive(Clone, Debug)]
pub struct ArchiveEnvironment {
    /// Who asks.
    pub account: AccountId,
    /// Which environment.
    pub environment: EnvironmentId,
}

impl Op for ArchiveEnvironment {
    type Reply = Environment;

    fn needs(&self, keys: &mut Keys) {
        keys.environments.push(self.environment);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Environment, Refusal> {
        let mut next = owned(rows, self.account, self.environment)?;
        if next.archived_at.is_none() {
            next.archived_at = Some(context.now());
            next.updated_at = context.now();
            rows.environments.put(next.id, next.clone());
        }
        Ok(next)
    }
}

/// Deletes an environment (environments §9). What it held is swept away in the background; nobody can
/// name it any more.
#[derive(Clone, Debug)]
pub struct DeleteEnvironment {
    /// Who asks.
    pub account: AccountId,
    /// Which environment.
    pub environment: EnvironmentId,
    /// What becomes of one that is in use; the dialects differ.
    pub in_use: InUse,
}

/// What deleting an environment means while sessions refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InUse {
    /// It is refused.
    Refused,
    /// The environment goes, its queue with it; the sessions stay (A, `force=true`).
    Deleted,
}

impl Op for DeleteEnvironment {
    type Reply = ();

    fn needs(&self, keys: &mut Keys) {
        keys.environments.push(self.environment);
        keys.residents.push(self.environment);
    }

    fn decide(&self, _context: &mut Context<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        owned(rows, self.account, self.environment)?;
        match self.in_use {
            InUse::Refused if rows.is_inhabited(self.environment) => {
                return Err(Refusal::EnvironmentInUse);
            }
            InUse::Refused | InUse::Deleted => {}
        }
        rows.environments.delete(self.environment);
        Ok(())
    }
}

/// Sets or lifts the limit of attempts; it holds for attempts that are accepted from then on.
#[derive(Clone, Debug)]
pub struct LimitAttempts {
    /// Who asks.
    pub account: AccountId,
    /// Which environment.
    pub environment: EnvironmentId,
    /// The limit, within [`super::ATTEMPTS`]; `None` lifts it.
    pub max_attempts: Option<u32>,
}

impl Op for LimitAttempts {
    type Reply = Environment;

    fn needs(&self, keys: &mut Keys) {
        keys.environments.push(self.environment);
    }

    fn decide(&self, _context: &mut Context<'_>, rows: &mut Rows) -> Result<Environment, Refusal> {
        let stored = owned(rows, self.account, self.environment)?;
        let next = Environment { max_attempts: self.max_attempts, ..stored };
        rows.environments.put(next.id, next.clone());
        Ok(next)
    }
}

fn owned(
    rows: &Rows,
    account: AccountId,
    environment: EnvironmentId,
) -> Result<Environment, Refusal> {
    let stored =
        rows.environments.get(&environment).ok_or(Refusal::NotFound(Resource::Environment))?;
    if stored.account != account {
        return Err(Refusal::NotYours(Resource::Environment));
    }
    Ok(stored.clone())
}
