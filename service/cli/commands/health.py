"""``chancery health``: whether a server answers, for probes."""

from typing import Annotated

import grpc
import typer
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from chancery.client import ChanceryError, Connection, errors
from chancery.client.methods import Method
from service.cli.draw.errors import explain
from service.cli.options.client import ClientOptions
from service.cli.options.groups import expand_groups
from service.cli.terminal import output

SERVING = HealthCheckResponse.ServingStatus.Name(HealthCheckResponse.SERVING)
_CHECK = Method(HealthStub, "Check", HealthCheckRequest, HealthCheckResponse)


@expand_groups
def health(
    client: ClientOptions,
    service: Annotated[
        str,
        typer.Argument(
            metavar="[SERVICE]",
            help="A service, such as chancery.v1.DeskService. Without one, all of them.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Say whether the server serves: grpc.health.v1, asked once.

    Exit status: 0 if it serves, 1 if it does not or cannot be reached in time.
    """
    with client.connection() as connection:
        try:
            status = health_of(connection, service, client.timeout)
        except ChanceryError as error:
            output.fail(explain(error, ""))
    if client.as_json:
        output.json_facts({"service": service, "status": status})
    elif status == SERVING:
        output.say(status)
    if status != SERVING:
        output.fail(f"Failed: the health of {service or 'the server'} is {status}")


def health_of(connection: Connection, service: str, seconds: float) -> str:
    """The status of a service, or of all if the name is empty; asked once.

    :raises ChanceryError: the server cannot be reached.
    """
    transport = connection._transport  # no part of the client's face: the contract has no health
    try:
        request = HealthCheckRequest(service=service)
        answer = transport.call(_CHECK)(request, timeout=seconds, metadata=transport.metadata)
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            return "SERVICE_UNKNOWN"
        raise errors.of_call(error, connection.target, seconds) from None
    return HealthCheckResponse.ServingStatus.Name(answer.status)
