//! Outcomes on the wire: how one is defined, and how a session shows what became of it (events §2, §7).

use leasehold_model::EventId;
use leasehold_model::log::outcome::Outcome;
use leasehold_model::log::send::Incoming;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Invalid, Members};
use crate::time::micros_trim;

/// The most characters of a description: it stands in the session, not only in its event.
const MAX_DESCRIPTION_CHARS: usize = 16_384;
/// The most characters of a rubric.
const MAX_RUBRIC_CHARS: usize = 262_144;
/// How many evaluations an outcome gets that does not say.
const DEFAULT_ITERATIONS: u8 = 3;
/// The most evaluations of an outcome.
const MAX_ITERATIONS: u8 = 20;

/// What an agent is to bring about.
#[derive(Deserialize, ToSchema)]
#[schema(as = DefineOutcome)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct OutcomeBody {
    /// What the agent is to produce.
    #[schema(min_length = 1, max_length = 16384)]
    description: String,
    rubric: RubricBody,
    /// How many evaluations it gets at the most; 3 if absent.
    #[schema(minimum = 1, maximum = 20)]
    max_iterations: Option<u8>,
}

/// How an outcome is graded. No files are kept here, so a rubric cannot be one.
#[derive(Deserialize, ToSchema)]
#[schema(as = Rubric)]
#[serde(tag = "type")]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) enum RubricBody {
    #[serde(rename = "text")]
    Text {
        /// Plain text or Markdown.
        #[schema(min_length = 1, max_length = 262144)]
        content: String,
    },
}

/// A rubric as an event shows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TextRubric)]
pub(crate) struct RubricWire<'a> {
    /// Always `text`.
    #[schema(pattern = "^text$")]
    r#type: &'static str,
    content: &'a str,
}

/// What has become of an outcome.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OutcomeEvaluation)]
pub(crate) struct OutcomeWire {
    /// Always `outcome_evaluation`.
    #[schema(pattern = "^outcome_evaluation$")]
    r#type: &'static str,
    outcome_id: String,
    /// What the agent is to produce.
    description: String,
    /// The number of the present cycle, from 0.
    iteration: u32,
    /// `pending`, `running` or `evaluating`; in the end `satisfied`, `max_iterations_reached`, `failed` or
    /// `interrupted`.
    result: &'static str,
    /// What the grader last said.
    explanation: Option<String>,
    /// RFC 3339, to the microsecond; `null` before its end.
    completed_at: Option<String>,
}

/// The id of the outcome that an event defined.
pub(super) fn outcome_id(defined_by: EventId) -> String {
    format!("outc_{}", defined_by.hex())
}

impl<'a> RubricWire<'a> {
    pub(super) const fn text(content: &'a str) -> Self {
        Self { r#type: "text", content }
    }
}

impl From<&Outcome> for OutcomeWire {
    fn from(outcome: &Outcome) -> Self {
        Self {
            r#type: "outcome_evaluation",
            outcome_id: outcome_id(outcome.id),
            description: outcome.description.clone(),
            iteration: outcome.iteration,
            result: outcome.result(),
            explanation: outcome.explanation.clone(),
            completed_at: outcome.completed_at.map(micros_trim),
        }
    }
}

/// Reads the rest of a `user.define_outcome`. Members that nobody knows are refused in both dialects
/// (events §2): an outcome that is graded by less than its author meant is worse than none.
pub(super) fn read(mut members: Members) -> Result<Incoming, Invalid> {
    let description = text(&mut members, "description", MAX_DESCRIPTION_CHARS)?;
    let rubric = rubric(&mut members)?;
    let max_iterations = match members.take("max_iterations") {
        None | Some(Value::Null) => DEFAULT_ITERATIONS,
        Some(value) => {
            let number = value.as_u64().and_then(|number| u8::try_from(number).ok());
            let wrong = "must be an integer from 1 to 20";
            number
                .filter(|number| (1..=MAX_ITERATIONS).contains(number))
                .ok_or_else(|| Invalid::new(members.name("max_iterations"), wrong))?
        }
    };
    members.finish()?;
    Ok(Incoming::DefineOutcome { description, rubric, max_iterations })
}

fn rubric(members: &mut Members) -> Result<String, Invalid> {
    let path = members.name("rubric");
    let mut rubric = Members::of(members.required("rubric")?, &path)?;
    match rubric.required("type")?.as_str() {
        Some("text") => {}
        Some("file") => {
            let message = "This server keeps no files: give the rubric as {\"type\": \"text\", \
                           \"content\": \"…\"}.";
            return Err(Invalid::said(rubric.name("file_id"), message));
        }
        Some(_) | None => return Err(Invalid::new(rubric.name("type"), "must be 'text'")),
    }
    let content = text(&mut rubric, "content", MAX_RUBRIC_CHARS)?;
    rubric.finish()?;
    Ok(content)
}

fn text(members: &mut Members, name: &str, most: usize) -> Result<String, Invalid> {
    match members.required(name)? {
        Value::String(text) if !text.trim().is_empty() && text.chars().count() <= most => Ok(text),
        Value::String(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_) => {
            let problem = format!("must be a text of 1 to {most} characters");
            Err(Invalid::new(members.name(name), &problem))
        }
    }
}

#[cfg(test)]
mod tests;
