from __future__ import annotations

import pytest

from api.http.problems import GatewayBusy, meaning_of
from api.slots import UploadSlots
from core.errors import TooManyUploads


def test_uploads_at_one_time_are_bounded() -> None:
    slots = UploadSlots(1, for_each_tenant=1)
    with slots.take("acme"), pytest.raises(GatewayBusy, match="1 uploads run already"):
        slots.take("other").__enter__()
    with slots.take("other"):
        pass


def test_a_tenant_with_its_share_in_use_leaves_the_rest_to_others() -> None:
    slots = UploadSlots(3, for_each_tenant=2)
    with slots.take("acme"), slots.take("acme"):
        with pytest.raises(TooManyUploads, match="the limit is 2") as refused:
            slots.take("acme").__enter__()
        with slots.take("other"):
            pass
    with slots.take("acme"):
        pass
    assert meaning_of(refused.value).status == 429
    assert meaning_of(refused.value).retry_after_s == 2
