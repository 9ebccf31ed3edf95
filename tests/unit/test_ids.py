import os
import uuid

from trunkline.model import ids


def test_ids_sort_by_their_making() -> None:
    made = [ids.new_id(ids.MESSAGE) for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_is_a_uuid_of_version_7() -> None:
    text = ids.new_id(ids.MESSAGE).removeprefix("msg_")
    value = 0
    for letter in text:
        value = value * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    made = uuid.UUID(int=value)
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_an_id_is_told_from_other_texts() -> None:
    assert ids.is_id(ids.new_id(ids.MESSAGE), ids.MESSAGE)
    assert not ids.is_id(ids.new_id(ids.NUMBER), ids.MESSAGE)
    assert not ids.is_id("wamid.abc", ids.MESSAGE)
    assert not ids.is_id("msg_" + "z" * 26, ids.MESSAGE)


def test_a_forked_process_makes_ids_of_its_own() -> None:
    ids.new_id(ids.MESSAGE)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, ids.new_id(ids.MESSAGE).encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs, ours = os.read(reading, 100).decode(), ids.new_id(ids.MESSAGE)
    os.close(reading)
    os.close(writing)
    assert theirs[-12:] != ours[-12:]
