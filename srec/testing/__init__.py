"""The checks that every model of SRec passes, for the tests of your own model.

Register the model in the entry-point group ``srec.models``, then::

    import pytest
    from srec.testing import checks_of

    @pytest.mark.parametrize("check", checks_of("my-model"), ids=lambda check: check.__name__)
    def test_my_model_keeps_the_contract(check, tmp_path):
        check("my-model", tmp_path)

Each check takes the name of a model and an empty folder, and raises AssertionError if the model breaks the
contract. ``srec.testing.toys`` makes small datasets with a known right answer.
"""

from srec.testing.contract import LEARNT_CHECKS, SCORER_CHECKS, Check, checks_of

__all__ = ["LEARNT_CHECKS", "SCORER_CHECKS", "Check", "checks_of"]
