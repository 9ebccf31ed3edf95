"""Who is who: from the addresses in messages to contacts."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.channels.contract import Person
from trunkline.inbound.people import People
from trunkline.store.contacts import Contact

ACCOUNT = "acc_1"
P1, P2, P3 = "15550002001", "15550002002", "15550002003"
U1, U2 = "US.1", "US.2"


def contact(
    n: int, phone: str | None = None, user_id: str | None = None, at: int = 0, **more: str
) -> Contact:
    values = {"parent_user_id": None, "name": None, "username": None} | more
    return Contact(ACCOUNT, f"con_{n}", phone, user_id, created_at=at, updated_at=at, **values)


def people(*known: Contact, former: dict[str, list[str]] | None = None) -> People:
    addresses = {one.id: [each for each in (one.phone, one.user_id) if each] for one in known}
    for contact_id, more in (former or {}).items():
        addresses[contact_id] += more
    return People(known, addresses)


def meet(
    who: People, phone: str | None, user_id: str | None = None, *, moved_from: Sequence[str] = (), at: int = 9
) -> Contact:
    return who.contact(who.meet(ACCOUNT, Person(phone=phone, user_id=user_id), moved_from, at))


def addresses(one: Contact) -> tuple[str | None, str | None]:
    return one.phone, one.user_id


def test_somebody_new_is_a_new_contact_and_no_change() -> None:
    who = people()
    made = meet(who, P1, U1)
    assert addresses(made) == (P1, U1)
    assert who.written() == [made]
    assert who.pointed() == [(P1, made.id), (U1, made.id)]
    assert who.changed() == []


def test_somebody_known_by_either_address_is_the_same_and_nothing_is_written() -> None:
    who = people(contact(1, P1, U1))
    assert [meet(who, P1).id, meet(who, None, U1).id, meet(who, P1, U1).id] == ["con_1"] * 3
    assert (who.written(), who.pointed(), who.changed()) == ([], [], [])


def test_two_contacts_whose_addresses_come_together_are_one() -> None:
    who = people(contact(1, None, U1), contact(2, P1))
    assert addresses(meet(who, P1, U1)) == (P1, U1)
    assert who.merged() == [("con_2", "con_1")]
    [change] = who.changed()
    assert (change.contact.id, change.merged, sorted(change.addresses)) == ("con_1", ["con_2"], [P1, U1])


def test_a_number_that_comes_with_another_user_id_went_to_somebody_else() -> None:
    who = people(contact(1, P1, U1))
    made = meet(who, P1, U2)
    assert made.id != "con_1"
    assert addresses(made) == (P1, U2)
    assert addresses(who.contact("con_1")) == (None, U1)
    assert [change.contact.id for change in who.changed()] == ["con_1"]
    assert meet(who, P1).id == made.id


def test_a_number_that_went_to_somebody_else_is_not_taken_back_by_old_news() -> None:
    who = people(contact(1, None, U1), contact(2, P1, U2, at=100))
    assert addresses(meet(who, P1, U1, at=50)) == (None, U1)
    assert addresses(who.contact("con_2")) == (P1, U2)
    assert addresses(meet(who, P1, U1, at=150)) == (P1, U1)


def test_a_person_who_writes_from_another_number_keeps_the_former_address() -> None:
    who = people(contact(1, P1, U1))
    assert addresses(meet(who, P2, U1)) == (P2, U1)
    assert sorted(who.addresses("con_1")) == [P1, P2, U1]


def test_a_change_that_is_told_of_moves_the_contact_and_takes_up_the_one_already_there() -> None:
    who = people(contact(1, P1, U1, at=1), contact(2, P2, U2, at=2))
    assert addresses(meet(who, P2, U2, moved_from=[P1, U1])) == (P2, U2)
    assert who.merged() == [("con_2", "con_1")]
    assert sorted(who.addresses("con_1")) == [P1, P2, U1, U2]


def test_the_number_of_a_stranger_that_somebody_moves_to_does_not_make_them_one() -> None:
    who = people(contact(1, P1, U1), contact(2, P2, "US.9"))
    assert addresses(meet(who, P2, U2, moved_from=[P1, U1])) == (P2, U2)
    assert who.merged() == []
    assert addresses(who.contact("con_2")) == (None, "US.9")


def test_old_news_only_fills_gaps() -> None:
    who = people(contact(1, P2, U1, at=100, name="Now"))
    late = who.meet(ACCOUNT, Person(phone=P1, user_id=U1, name="Then", username="al"), (), 50)
    known = who.contact(late)
    assert (known.phone, known.name, known.username, known.updated_at) == (P2, "Now", "al", 100)
    assert sorted(who.addresses("con_1")) == [P1, P2, U1]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([P1, P2, P3, None]),
            st.sampled_from([U1, U2, "US.3", None]),
            st.lists(st.sampled_from([P1, P2, U1, U2]), max_size=2),
            st.integers(0, 20),
        ).filter(lambda one: one[0] or one[1]),
        max_size=12,
    )
)
def test_every_address_has_one_owner_whatever_is_told(told: list) -> None:
    who = people(contact(1, P1, U1), contact(2, P2), contact(3, None, U2))
    met = [meet(who, phone, user_id, moved_from=former, at=at).id for phone, user_id, former, at in told]
    owned = [
        address for contact_id in {who.current(each) for each in met} for address in who.addresses(contact_id)
    ]
    assert len(owned) == len(set(owned))
    gone = {each for each, _ in who.merged()}
    assert not gone & {one.id for one in who.written()}
    assert all(owner not in gone for _, owner in who.pointed())
    for one in who.written():
        assert {one.phone, one.user_id} - {None} <= {*who.addresses(one.id)}


def test_what_the_account_says_of_two_that_are_one_is_kept_of_both() -> None:
    named = contact(1, P1, at=1, name="Countess", source="api", attributes='{"city":"Rome","age":"36"}')
    heard = contact(2, None, U1, at=5, name="ada", attributes='{"city":"Oslo"}', language="en")
    one = meet(people(named, heard), P1, U1)
    assert (one.id, one.name, one.source, one.language) == ("con_1", "Countess", "api", "en")
    assert one.attributes == '{"city":"Oslo","age":"36"}'


def test_a_profiles_name_fills_only_the_gap_of_whom_the_account_named() -> None:
    named, nameless = contact(1, P1, source="import", name="Countess"), contact(2, P2, source="import")
    who = people(named, nameless)
    for phone, expected in ((P1, "Countess"), (P2, "ada")):
        assert who.contact(who.meet(ACCOUNT, Person(phone=phone, name="ada"), (), 9)).name == expected
