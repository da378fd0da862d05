"""JSON that is read as it comes is the JSON that it is."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.sources.replay import canonical
from stackproof.util import json_stream
from stackproof.util.json_stream import members, whole

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=20,
)


@pytest.fixture(autouse=True)
def a_little_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "PORTION", 1)


@given(st.dictionaries(st.text(), JSON), st.integers(0, 4), st.sampled_from([None, 2]))
def test_an_object_is_read_as_it_was_written(data: dict[str, object], depth: int, indent: int | None) -> None:
    for text in (json.dumps(data, indent=indent), canonical(data).decode("utf-8", "surrogateescape")):
        assert {key: whole(value) for key, value in members(io.StringIO(text), depth=depth)} == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "1",
            "[]",
            "{",
            "{]",
            '{"a"',
            '{"a":',
            '{"a":}',
            '{"a":1',
            '{"a":1,',
            '{"a":1,}',
            '{"a" 1}',
            '{"a":1 "b":2}',
            "{1:2}",
        ),
        *('{"a":[1', '{"a":[1 2]}', '{"a":[1,]}', '{"a":[}', '{"a":1}{}', '{"a":12x}', '{"a":nul}'),
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - as json.loads: what it says is the parser's
        {key: whole(value) for key, value in members(io.StringIO(text), depth=3)}
