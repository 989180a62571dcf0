from tests.builders import ANDI
def test_a() -> None:
    assert ANDI
