"""Text ids: what is written is read again, what is malformed is named, and the stream hangs on all of it."""

import pytest

from verimill.schemas.families import codec
from verimill.schemas.keys import Key, key_for, level_params, parse_key, read_seed
from verimill.schemas.rng import Rng
from verimill.schemas.values import to_text

FAMILY = "shortest_path"
VERSION = codec(FAMILY).version


@pytest.mark.parametrize("level", [1, 4, 10])
@pytest.mark.parametrize("seed", [0, 7, 2**53, "train", "a-b_c.9", "007"])
def test_a_key_is_read_as_it_was_written(level: int, seed: int | str) -> None:
    key = key_for(FAMILY, level, seed=seed, index=12)
    assert str(key) == f"{FAMILY}@{VERSION}:level={level}#{seed}/12"
    assert parse_key(str(key)) == key


def test_knobs_are_written_in_full_and_in_declared_order() -> None:
    key = key_for(FAMILY, params="top=9,nodes=8")
    assert str(key) == f"{FAMILY}@{VERSION}:{to_text(key.params)}#0/0"
    assert str(key).startswith(f"{FAMILY}@{VERSION}:nodes=8,degree=3.0,reach=5,top=9,ways=mixed#")
    assert parse_key(str(key)) == key and key.level is None
    assert str(parse_key(f"{FAMILY}@{VERSION}:top=9,nodes=8#0/0")) == str(key)


def test_knobs_may_change_a_level() -> None:
    key = key_for(FAMILY, 7, "nodes=8")
    assert key.level is None and key.params.nodes == 8
    assert key.params.top == level_params(FAMILY, 7).top


def test_the_unanswerable_twin_has_a_key_of_its_own() -> None:
    key = key_for(FAMILY, 2, seed=5, index=3, twin=True)
    assert str(key) == f"{FAMILY}@{VERSION}:level=2#5/3!twin" and parse_key(str(key)) == key


def test_the_stream_hangs_on_knobs_seed_and_index_but_not_on_the_level_number() -> None:
    def first(key: Key) -> float:
        return key.rng().unit()

    base = key_for(FAMILY, 3, seed=7, index=1)
    spelled = key_for(FAMILY, params=to_text(level_params(FAMILY, 3)), seed=7, index=1)
    assert first(base) == first(spelled)
    others = [key_for(FAMILY, 4, seed=7, index=1), key_for(FAMILY, 3, seed=8, index=1), key_for(FAMILY, 3, seed=7)]
    others += [key_for(FAMILY, 3, seed=71), key_for(FAMILY, 3, "top=8", seed=7, index=1)]
    assert len({first(key) for key in [base, *others]}) == 6
    assert base.rng("style").unit() != first(base)


def test_neighbouring_seeds_share_no_problem() -> None:
    a = {key_for(FAMILY, 3, seed=42, index=i).rng().unit() for i in range(300)}
    b = {key_for(FAMILY, 3, seed=43, index=i).rng().unit() for i in range(300)}
    assert len(a) == len(b) == 300 and not a & b


MALFORMED = [
    ("", "must look like"),
    ("shortest_path", "must look like"),
    (f"{FAMILY}@{VERSION}:level=3", "must look like"),
    ("shortest_path:level=3#7/0", "must look like"),
    (f"{FAMILY}@{VERSION}:level=3#7", "must look like"),
    ("shortest_pat@1:level=3#7/0", "unknown family.*did you mean shortest_path"),
    ("shortest_path@x:level=3#7/0", "version"),
    ("shortest_path@9:level=3#7/0", f"version {VERSION}, the key wants 9"),
    ("shortest_path@01:level=3#7/0", "leading zeros"),
    (f"{FAMILY}@{VERSION}:level=0#7/0", r"level must be in 1\.\.10"),
    (f"{FAMILY}@{VERSION}:level=11#7/0", r"level must be in 1\.\.10"),
    (f"{FAMILY}@{VERSION}:level=x#7/0", r"level must be in 1\.\.10"),
    (f"{FAMILY}@{VERSION}:level=3,top=9#7/0", r"level must be in 1\.\.10"),
    (f"{FAMILY}@{VERSION}:#7/0", "nothing between"),
    (f"{FAMILY}@{VERSION}:nodes=3#7/0", r"nodes must be in 4\.\.40, got 3"),
    (f"{FAMILY}@{VERSION}:nodes=x#7/0", "nodes must be a whole number, got 'x'"),
    (f"{FAMILY}@{VERSION}:size=3#7/0", "unknown knob 'size=3'"),
    (f"{FAMILY}@{VERSION}:level=3#/0", "seed"),
    (f"{FAMILY}@{VERSION}:level=3#a b/0", "seed"),
    (f"{FAMILY}@{VERSION}:level=3#" + "a" * 41 + "/0", "seed"),
    (f"{FAMILY}@{VERSION}:level=3#7/-1", "index"),
    (f"{FAMILY}@{VERSION}:level=3#7/x", "index"),
    (f"{FAMILY}@{VERSION}:level=3#7/9999999999999999", "index"),
    (f"{FAMILY}@{VERSION}:level=3#7/0!none", "may end in !twin only"),
    (f"{FAMILY}@{VERSION}:level=3#7/0!twin!twin", "may end in !twin only"),
    (f"{FAMILY}@{VERSION}:level=3#٧/0", "seed"),
    (f"{FAMILY}@{VERSION}:level=3#7/٠", "index"),
    ("x" * 3000, "at most 2000 characters"),
]


@pytest.mark.parametrize(("text", "message"), MALFORMED)
def test_every_malformed_part_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        parse_key(text)
    assert "\n" not in str(error.value)


def test_a_seed_from_text_is_a_number_only_where_it_is_written_as_one() -> None:
    assert [read_seed(text) for text in ("7", "0", "007", "7a", "-7")] == [7, 0, "007", "7a", "-7"]
    with pytest.raises(ValueError, match="as a whole number, not as text"):
        Key(FAMILY, VERSION, 3, level_params(FAMILY, 3), "7", 0)


def test_a_key_refuses_params_that_are_not_those_of_its_level() -> None:
    with pytest.raises(ValueError, match="differ from the knobs given"):
        Key(FAMILY, VERSION, 3, level_params(FAMILY, 4), 0, 0)
    with pytest.raises(ValueError, match="params of shortest_path must be Params"):
        Key(FAMILY, VERSION, None, codec("arithmetic_chain").level(1), 0, 0)


def test_numbers_made_ahead_are_those_that_would_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def draws(rng: Rng, ahead: int, used: int) -> list[float]:
        pairs = rng.ahead(ahead)
        kept = [((a >> 5) * 2**26 + (b >> 6)) / 2**53 for a, b in pairs[:used].tolist()]
        rng.put_back(pairs[used:])
        return kept + [rng.unit() for _ in range(20)]

    plain = Rng(5)
    want = [plain.unit() for _ in range(27)]
    assert draws(Rng(5), 12, 7) == want
    again = Rng(5)
    again.put_back(again.ahead(3))
    assert draws(again, 12, 7) == want  # what was put back comes first
    monkeypatch.setattr("verimill.schemas.rng._two_words_a_number", lambda: False)
    assert draws(Rng(5), 12, 7) == want
