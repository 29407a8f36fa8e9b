import pytest
from bundles import write_toy_sum

from srec.errors import SRecError
from srec.inference.bundle import Bundle
from srec.inference.naming import Names


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Names:
    return Names(Bundle(write_toy_sum(tmp_path_factory.mktemp("names") / "toy", simulated=False)))


def test_names_and_ids_mix(names: Names) -> None:
    assert names.app_ids(["amber harbor", 20, "30", "Crystal Harbur"]) == [10, 20, 30, 30]


def test_an_unknown_id_stays_and_an_unknown_name_is_told(names: Names) -> None:
    assert names.app_ids([999_999, "999999"]) == [999_999, 999_999]
    with pytest.raises(SRecError, match="there is no game 'Valorant' here"):
        names.app_ids(["Valorant"])
    with pytest.raises(SRecError, match="no game 'Amber Harbor 9' here; did you mean 'Amber Harbor'"):
        names.app_ids(["Amber Harbor 9"])


def test_what_is_unclear_is_left_out_of_what_is_meant(names: Names) -> None:
    assert names.meant(["Jade Wolves", "Valorant", ""]) == {"Jade Wolves": 1000}
