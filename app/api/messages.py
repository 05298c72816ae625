"""From the bytes of a request to a validated message, or the error that says what is wrong."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.api.body import check_sound, decode, parse
from app.api.errors import field_errors
from app.core.errors import Invalid

Model = TypeVar("Model", bound=BaseModel)

_CORRECT = "Correct what `errors` names and send it again."


def read_message(model: type[Model], raw: bytes) -> Model:
    """Return the message in a body; raise `Malformed`, or `Invalid` with every place at fault."""
    text = decode(raw)
    check_sound(parse(text))
    return _validated(model, text)


def read_row(model: type[Model], row: Any) -> Model:
    """Return the message in one parsed row of an array; raises as `read_message` does."""
    check_sound(row)
    return _validated(model, json.dumps(row))


def _validated(model: type[Model], text: str) -> Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise Invalid(_CORRECT, field_errors(error)) from None
