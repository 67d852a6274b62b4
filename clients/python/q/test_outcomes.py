"""Outcomes that are worked on and graded, through `qca-sdk`."""

import pytest
import qca

from conversation import of, outcome, said


def test_an_outcome_is_worked_on_until_it_is_good_enough(q: qca.Managed, converse) -> None:
    talk = converse("strict")

    [defined] = talk.send(outcome("A report."))

    seen = talk.rest()
    assert of(seen, "user.define_outcome").outcome_id == defined.outcome_id
    assert defined.max_iterations == 3
    assert said(seen) == ["Done.", "Mended."]
    ends = [event for event in seen if event.type == "span.outcome_evaluation_end"]
    assert [(end.result, end.explanation) for end in ends] == [
        ("needs_revision", "There is no title."),
        ("satisfied", "There is a title now."),
    ]
    [kept] = q.sessions.retrieve(talk.id).outcome_evaluations
    assert (kept.outcome_id, kept.result, kept.description) == (defined.outcome_id, "satisfied", "A report.")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("description", ""),
        ("rubric", {"type": "file", "file_id": "file_1"}),
        ("max_iterations", 0),
        ("max_iterations", 21),
        ("colour", "red"),
    ],
)
def test_what_is_no_outcome_is_refused(q: qca.Managed, converse, member: str, value: object) -> None:
    talk = converse("strict")

    with pytest.raises(qca.BadRequestError) as refused:
        talk.send(outcome("A report.") | {member: value})

    assert member in str(refused.value)
    assert talk.history() == []
