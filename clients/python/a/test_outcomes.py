"""Outcomes that are worked on and graded, through `anthropic`."""

import anthropic
import pytest

from conversation import of, outcome, said, types
from server import ids


def test_an_outcome_is_worked_on_until_it_is_good_enough(a: anthropic.Anthropic, converse) -> None:
    talk = converse("strict")

    [defined] = talk.send(outcome("A report.", max_iterations=5))

    seen = talk.rest()
    assert types(seen) == [
        "session.status_running",
        "session.thread_status_running",
        "user.define_outcome",
        *["span.model_request_start", "agent.message", "span.model_request_end"],
        *["span.outcome_evaluation_start", "span.outcome_evaluation_end"],
        *["span.model_request_start", "agent.message", "span.model_request_end"],
        *["span.outcome_evaluation_start", "span.outcome_evaluation_end"],
        *["session.usage", "session.thread_status_idle", "session.status_idle"],
    ]
    assert said(seen) == ["Done.", "Mended."]
    assert defined.processed_at is not None
    assert (defined.max_iterations, defined.rubric.content) == (5, "It has a title.")
    starts = [event for event in seen if event.type == "span.outcome_evaluation_start"]
    ends = [event for event in seen if event.type == "span.outcome_evaluation_end"]
    assert [(end.result, end.iteration) for end in ends] == [("needs_revision", 0), ("satisfied", 1)]
    assert [end.outcome_evaluation_start_id for end in ends] == ids(starts)
    assert {event.outcome_id for event in starts + ends} == {defined.outcome_id}
    [kept] = a.beta.sessions.retrieve(talk.id).outcome_evaluations
    assert (kept.outcome_id, kept.result, kept.iteration) == (defined.outcome_id, "satisfied", 1)
    assert kept.explanation == "There is a title now."
    assert kept.completed_at == ends[1].processed_at


def test_the_last_evaluation_leaves_the_last_word_to_the_agent(a: anthropic.Anthropic, converse) -> None:
    talk = converse("strict")

    talk.send(outcome("A report.", max_iterations=1))

    seen = talk.rest()
    assert of(seen, "span.outcome_evaluation_end").result == "max_iterations_reached"
    assert said(seen) == ["Done.", "Mended."]
    assert seen[-1].stop_reason.type == "end_turn"


def test_one_outcome_at_a_time(a: anthropic.Anthropic, converse) -> None:
    talk = converse("strict")
    talk.send(outcome("speechless"))
    talk.until("session.status_rescheduled")
    with pytest.raises(anthropic.BadRequestError):
        talk.send(outcome("Another report."))

    talk.send({"type": "user.interrupt"}, outcome("Another report."))

    talk.until("session.status_idle")
    talk.rest()
    kept = a.beta.sessions.retrieve(talk.id).outcome_evaluations
    assert [outcome.result for outcome in kept] == ["interrupted", "satisfied"]


def test_a_session_begins_with_an_outcome(a: anthropic.Anthropic, environment_id: str, agent_id: str) -> None:
    made = a.beta.sessions.create(
        agent=agent_id, environment_id=environment_id, initial_events=[outcome("A report.")]
    )

    assert made.status == "running"
    assert [kept.description for kept in made.outcome_evaluations] == ["A report."]
