"""Models through `qca-sdk`."""

import qca

from server import ids


def test_the_operators_models_are_listed_in_their_order(q: qca.Managed) -> None:
    page = q.models.list()

    assert ids(page) == ["scripted", "echo", "hands", "novelist", "fickle", "strict"]
    assert page.has_more is False


def test_a_model_says_what_it_can_do(q: qca.Managed) -> None:
    _, echo, hands, *_ = q.models.list()

    assert (echo.type, echo.display_name, echo.source, echo.is_enabled) == ("model", "Echo", "scripted", True)
    assert (echo.efforts, echo.default_effort) == (["low", "high"], "low")
    assert (echo.max_input_tokens, echo.max_tokens) == (200_000, 8_000)
    assert hands.display_name == "hands"
    assert not hands.efforts
    # Nothing that the SDK's type does not know.
    assert not echo.model_extra
