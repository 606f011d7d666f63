"""Whose a dead letter is: of who is in it, of whose key it has, or, without both, of whom it names."""

import pytest

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_VIEWS, TAOBAO_PURCHASES
from schemas.varint import encode_long
from sinks.erase import Letter
from streams.erasure.letters import Owner

CODEC = Codec(DirectoryRegistry())
HEAD = b"\x00\x00\x00\x00\x63"
LONG = "x" * 64


def view(user_id: str, note_id: str = "n", brand_id: str = "b") -> bytes:
    ids = {"user_id": user_id, "note_id": note_id, "brand_id": brand_id}
    return CODEC.encode(
        NOTE_VIEWS, ids | {"occurred_at": 1, "surface": "SEARCH", "promoted": False}
    )


def avro(text: str) -> bytes:
    return encode_long(len(text.encode())) + text.encode()


def owns(
    user_id: str, key: bytes | None, payload: bytes | None, topic: str = NOTE_VIEWS
) -> list[bool]:
    return Owner(user_id, CODEC).owns([Letter(topic, key, payload)])


@pytest.mark.parametrize("payload", [None, b"", b"junk", view("u2"), b'{"user_id": "u2"}'])
def test_one_under_the_key_of_a_user_is_theirs(payload: bytes | None) -> None:
    assert owns("u1", b"u1", payload) == [True]


@pytest.mark.parametrize("key", [None, b"", b"k", b"\xff", LONG.encode() + b"x"])
@pytest.mark.parametrize(
    ("payload", "theirs"),
    [
        (view("u1"), True),
        (view("u1", note_id=""), True),
        (view("u12"), False),
        (view("u2", note_id="u1", brand_id="u1"), False),
        (b'{"user_id": "u1"}', True),
        (b'{"user_id": "\\u0075\\u0031"}', True),
        (b'{"user_id": "u2", "also": "u1"}', False),
    ],
)
def test_one_that_tells_its_user_is_theirs_whatever_its_key(
    key: bytes | None, payload: bytes, theirs: bool
) -> None:
    assert owns("u1", key, payload) == [theirs]


@pytest.mark.parametrize(
    ("user_id", "key"),
    [("u1", "u12"), ("张三", "张三丰"), ("a", "a.b"), ("u1", "k"), ("u", LONG)],
)
@pytest.mark.parametrize("form", ["{}", "key {}!", "{} {}"])
def test_one_that_does_not_is_of_whom_its_key_names(user_id: str, key: str, form: str) -> None:
    payload = form.format(user_id, user_id).encode()
    for raw in (payload, HEAD + avro(user_id), key.encode()):
        assert owns(user_id, key.encode(), raw) == [False]


@pytest.mark.parametrize("key", [None, b"", b"\xff\xfe", b"k" * 65])
@pytest.mark.parametrize(
    ("user_id", "payload", "theirs"),
    [
        ("u1", HEAD + avro("u1") + avro("n1"), True),
        ("u1", HEAD + avro("u12") + avro("n1"), False),
        ("u1", HEAD + avro("nu1"), False),
        # The length of what follows, 24 characters, is the digit 0.
        ("u1", HEAD + avro("u1") + avro("x" * 24), True),
        (LONG, HEAD + avro(LONG) + avro("x" * 24), True),
        ("u1", b"u1", True),
        ("u1", b"\xffu1\xfe", True),
        ("u1", b"[u1, u2].", True),
        ("u1", b"it was u1.", True),
        ("用户", "id=用户;".encode(), True),
        ("张三", "张三丰".encode(), False),
        ("三", "张三".encode(), False),
        ("a", b"a.b", False),
        ("b", b"a.b", False),
        ("a", b"a@b.c, b:a, x-a, a+1, a_1", False),
        (".*", b"u1", False),
        ("u1", b'["u1", {"user_id": "u1', True),
        ("u1", b"[" * 100_000, False),
    ],
)
def test_without_a_key_it_is_of_whom_it_names(
    key: bytes | None, user_id: str, payload: bytes, theirs: bool
) -> None:
    assert owns(user_id, key, payload) == [theirs]


def test_no_user_in_it_is_nobody() -> None:
    """The key, or what else it names, tells whose it is."""
    assert owns("u1", b"u1", view("")) == [True]
    assert owns("u1", None, view("", note_id="u1")) == [True]
    assert owns("u1", b"k", view("", note_id="u1")) == [False]


def test_a_topic_that_is_none_of_the_sources() -> None:
    assert owns("u1", b"k", view("u1"), topic="other") == [False]
    assert owns("u1", None, view("u1"), topic="other") == [True]


def test_letters_of_several_topics_in_any_order() -> None:
    letters = [
        Letter(TAOBAO_PURCHASES, b"k", view("u1")),
        Letter(NOTE_VIEWS, b"k", b"u1"),
        Letter(NOTE_VIEWS, b"k", view("u1")),
        Letter("other", b"u1", None),
        Letter(NOTE_VIEWS, b"k", view("u2")),
    ]
    assert Owner("u1", CODEC).owns(letters) == [False, False, True, True, False]
