//! The directory: what every request asks about and few requests change. Whose an environment is,
//! and which credentials there are, held in memory beside the writer.

use std::collections::HashMap;

use leasehold_model::environment::{Environment, Facts};
use leasehold_model::rows::Rows;
use leasehold_model::token::SecretHash;
use leasehold_model::{EnvironmentId, Timestamp};

use crate::views::{Credential, CredentialId};

/// Facts about environments, credentials by hash, and their last uses.
#[derive(Default)]
pub(super) struct Directory {
    facts: HashMap<EnvironmentId, Facts>,
    credentials: HashMap<SecretHash, Credential>,
}

impl Directory {
    pub(super) fn facts(&self, id: EnvironmentId) -> Option<Facts> {
        self.facts.get(&id).copied()
    }

    pub(super) fn credential(&self, hash: &SecretHash) -> Option<Credential> {
        self.credentials.get(hash).cloned()
    }

    pub(super) fn put_facts(&mut self, id: EnvironmentId, facts: Facts) {
        self.facts.insert(id, facts);
    }

    pub(super) fn put_credential(&mut self, credential: Credential) {
        let hash = match &credential {
            Credential::Token(token) => token.hash,
            Credential::Key(key) => key.hash,
        };
        self.credentials.insert(hash, credential);
    }

    /// Takes in what a batch has committed.
    pub(super) fn apply(&mut self, rows: &Rows) {
        for change in rows.environments.changes() {
            match change.now.map(Environment::facts) {
                Some(facts) => self.put_facts(*change.key, facts),
                None => {
                    self.facts.remove(change.key);
                    self.credentials.retain(|_, credential| match credential {
                        Credential::Token(_) => true,
                        Credential::Key(key) => key.environment != *change.key,
                    });
                }
            }
        }
        for token in rows.tokens.changes().filter_map(|change| change.now) {
            self.put_credential(Credential::Token(token.clone()));
        }
        for key in rows.keys.changes().filter_map(|change| change.now) {
            self.put_credential(Credential::Key(key.clone()));
        }
    }
}

/// The last uses of credentials that no commit has carried along yet.
#[derive(Default)]
pub(super) struct Uses(HashMap<CredentialId, Use>);

#[derive(Clone, Copy)]
struct Use {
    at: Timestamp,
    written: bool,
}

impl Uses {
    pub(super) fn note(&mut self, credential: CredentialId, at: Timestamp) {
        match self.0.get_mut(&credential) {
            // To the second is enough, and spares the commits that carry it.
            Some(known) if known.at.whole_second() == at.whole_second() => {}
            Some(known) => *known = Use { at, written: false },
            None => {
                self.0.insert(credential, Use { at, written: false });
            }
        }
    }

    pub(super) fn last(&self, credential: CredentialId) -> Option<Timestamp> {
        self.0.get(&credential).map(|known| known.at)
    }

    /// Those that are to be written.
    pub(super) fn unwritten(&self) -> Vec<(CredentialId, Timestamp)> {
        self.0.iter().filter(|(_, u)| !u.written).map(|(id, u)| (*id, u.at)).collect()
    }

    /// They are written.
    pub(super) fn mark_written(&mut self, written: &[(CredentialId, Timestamp)]) {
        for (id, at) in written {
            if let Some(known) = self.0.get_mut(id).filter(|known| known.at == *at) {
                known.written = true;
            }
        }
    }
}
