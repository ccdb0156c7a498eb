"""The contract cases that eventsourcing ships for recorders, run on ours.

These do not apply: the cases of tracking and process recorders, and the factory's two that
construct them (consumers of this service keep their own positions, so there is nothing to
track); the transcoder cases (the codec stores protobuf).
"""

import threading
import uuid
from unittest import TestCase

import pytest
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.tests import persistence as contract
from eventsourcing.utils import Environment

from service.store.log.recorder import Factory, LogAggregateRecorder, LogApplicationRecorder
from tests.store.builders import SECONDS
from tests.support.place import Places


class AtPlaces(TestCase):
    """A place of its own for each log that a test opens."""

    @pytest.fixture(autouse=True)
    def _places(self, places: Places) -> None:
        self._new_place = places.new

    def new_url(self) -> str:
        place = self._new_place()
        self.addCleanup(place.remove)
        return place.url


class OnOurStore(AtPlaces):
    """A factory on a log of its own for each test, and ids that are strings."""

    INITIAL_VERSION = 1

    def new_factory(self) -> Factory:
        factory = Factory(Environment(env={"DATABASE_URL": self.new_url()}))
        self.addCleanup(factory.close)
        self.addCleanup(self.wait_for_readers)
        return factory

    def wait_for_readers(self) -> None:
        """One case stops reading threads and does not wait until they have ended."""
        for thread in threading.enumerate():
            if "read_continuously" in thread.name:
                thread.join(SECONDS)

    def new_originator_id(self) -> str:
        return str(uuid.uuid4())


class TestAggregateRecorder(OnOurStore, contract.AggregateRecorderTestCase):
    """Our recorder keeps the promises of an aggregate recorder."""

    def create_recorder(self) -> AggregateRecorder:
        return self.new_factory().aggregate_recorder()


class TestApplicationRecorder(OnOurStore, contract.ApplicationRecorderTestCase):
    """Our recorder keeps the promises of an application recorder, subscriptions included."""

    def create_recorder(self) -> ApplicationRecorder:
        return self.new_factory().application_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleaving(OnOurStore, contract.NonInterleavingNotificationIDsBaseCase):
    """Events that are inserted together get consecutive positions."""

    def create_recorder(self) -> ApplicationRecorder:
        return self.new_factory().application_recorder()


class TestFactory(AtPlaces, contract.InfrastructureFactoryTestCase[Factory]):
    """Our factory keeps the promises of an infrastructure factory."""

    def setUp(self) -> None:
        self.env = Environment("TestCase")
        self.env["PERSISTENCE_MODULE"] = "service.store.log.recorder"
        self.env["DATABASE_URL"] = self.new_url()
        super().setUp()

    def expected_factory_class(self) -> type[Factory]:
        return Factory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        return LogAggregateRecorder

    def expected_application_recorder_class(self) -> type[ApplicationRecorder]:
        return LogApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[TrackingRecorder]:
        raise AssertionError("does not apply")

    def tracking_recorder_subclass(self) -> type[TrackingRecorder]:
        raise AssertionError("does not apply")

    def expected_process_recorder_class(self) -> type[ProcessRecorder]:
        raise AssertionError("does not apply")

    def test_create_tracking_recorder(self) -> None:
        """A tracking recorder is refused with the reason."""
        with pytest.raises(NotImplementedError, match="tracks no consumers"):
            self.factory.tracking_recorder()

    def test_create_process_recorder(self) -> None:
        """A process recorder is refused with the reason."""
        with pytest.raises(NotImplementedError, match="tracks no consumers"):
            self.factory.process_recorder()


# The cases are abstract: pytest must not collect them from this module.
del AtPlaces, OnOurStore
