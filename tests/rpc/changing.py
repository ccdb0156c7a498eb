"""Values that several tests of changes record."""

from chancery.v1.values_pb2 import ATTRIBUTION_ON_THE_RECORD, SIDE_GUEST
from tests.support.messages import basis, window

FEBRUARY = window("2023-02-05", "2023-02-06", as_stated="early February")
JUNE = window("2023-06-18", "2023-06-19")
GUEST_ON_RECORD = [basis(SIDE_GUEST, ATTRIBUTION_ON_THE_RECORD, speaker="Ned Price")]
