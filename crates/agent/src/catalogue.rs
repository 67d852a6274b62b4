//! The operator's models: what they are called, and how each is reached.
//!
//! [`config`] reads the file, [`problem`] says what is wrong with it. Agents name a model by its id and know nothing else of it; the rest
//! of the server knows the cards alone.

use std::path::Path;
use std::sync::Arc;

use leasehold_model::catalogue::{ModelCard, Models};

use crate::provider::Provider;
use crate::provider::scripted::{Script, Scripted};

mod config;
mod key;
mod problem;
mod value;

pub use problem::{CatalogueError, Problem};

/// A model on offer.
pub struct Model {
    card: ModelCard,
    provider: Arc<dyn Provider>,
}

/// All models on offer, in the operator's order.
pub struct Catalogue(Vec<Model>);

impl Model {
    /// A model that a provider answers for.
    pub fn new(card: ModelCard, provider: Arc<dyn Provider>) -> Self {
        Self { card, provider }
    }

    /// What anybody may know of it.
    pub const fn card(&self) -> &ModelCard {
        &self.card
    }

    /// The door to it.
    pub fn provider(&self) -> &Arc<dyn Provider> {
        &self.provider
    }
}

impl Catalogue {
    /// The models of a file. `variable` looks up a variable of the environment, from which keys
    /// may come.
    ///
    /// # Errors
    /// The first thing that is not acceptable: a file that cannot be read, a value, a missing key.
    pub fn read(
        path: &Path,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, CatalogueError> {
        config::read(path, variable)
    }

    /// What is on offer if the operator says nothing: the one model `scripted`, which plays the
    /// script that comes with the program.
    pub fn built_in() -> Self {
        let card = config::scripted_card("scripted", "Scripted model (plays lines from a file)");
        Self(vec![Model::new(card, Arc::new(Scripted::new(Script::built_in())))])
    }

    /// The model of an id.
    pub fn get(&self, id: &str) -> Option<&Model> {
        self.0.iter().find(|model| model.card.id == id)
    }

    /// What anybody may know.
    pub fn models(&self) -> Models {
        self.0.iter().map(|model| model.card.clone()).collect()
    }
}

impl FromIterator<Model> for Catalogue {
    fn from_iter<I: IntoIterator<Item = Model>>(models: I) -> Self {
        Self(models.into_iter().collect())
    }
}
