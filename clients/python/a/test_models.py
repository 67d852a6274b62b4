"""Models through `anthropic`, with strictly validated answers."""

import anthropic
import pytest

from kinds import unknown
from server import ids


def test_the_operators_models_are_listed_in_their_order(a: anthropic.Anthropic) -> None:
    models = list(a.beta.models.list())

    assert ids(models) == ["scripted", "echo", "hands", "novelist", "fickle", "strict"]
    echo = models[1]
    assert (echo.type, echo.display_name, echo.lifecycle) == ("model", "Echo", "active")
    assert (echo.max_input_tokens, echo.max_tokens) == (200_000, 8_000)
    assert list(unknown(echo)) == []
    assert a.beta.models.retrieve("echo").to_dict() == echo.to_dict()
    assert ids(a.models.list()) == ids(models)
    with pytest.raises(anthropic.NotFoundError):
        a.beta.models.retrieve("nobody-configured-this")
