"""Changes of one call keep their order, although they are recorded after the times they name."""

import time
from datetime import UTC, datetime

from chancery.v1.values_pb2 import STATUS_POSTPONED
from tests.support.messages import apply, change, postponed, scheduled
from tests.support.server import Client


def now() -> str:
    return datetime.now(UTC).isoformat(sep=" ").removesuffix("+00:00")


def test_a_visit_that_is_planned_now_and_put_off_today_is_postponed(
    client: Client, name: str
) -> None:
    today = datetime.now(UTC).date().isoformat()
    client.desk.ApplyChanges(
        apply(change(name, scheduled()), change(name, postponed(), effective=today))
    )

    time.sleep(0.01)
    assert client.visit(name).status == STATUS_POSTPONED
    assert client.visit(name, known_at=now()).status == STATUS_POSTPONED
