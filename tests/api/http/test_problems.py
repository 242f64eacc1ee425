"""What errors of the tree mean in HTTP."""

from __future__ import annotations

import pytest

from api.http.problems import meaning_of
from core.errors import QuotaError


@pytest.mark.parametrize("refused", QuotaError.__subclasses__())
def test_a_share_that_is_used_up_names_a_time_only_where_waiting_helps(
    refused: type[QuotaError],
) -> None:
    meaning = meaning_of(refused.__new__(refused))
    assert meaning.status == 429
    assert (meaning.retry_after_s is not None) == refused.retryable
