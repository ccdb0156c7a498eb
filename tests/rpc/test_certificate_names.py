"""Which part of a client's certificate names the client."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509

from service.access.caller_file import CallerFile, certified
from service.access.callers import Callers
from service.access.tls import Tls
from service.config import Settings
from service.errors import NotAuthenticated
from service.rpc.access import NAMES, Doors
from service.rpc.calls import ANY_ROLE
from service.rpc.listening import open_ports
from tests.support.certificates import LOCAL, Authority

SPIFFE = "spiffe://desk.example/importer"
GIVEN = {
    "dns": x509.DNSName("anna.desk.example"),
    "uri": x509.UniformResourceIdentifier("https://desk.example/anna"),
    "email": x509.RFC822Name("anna@desk.example"),
}


class Asked:
    """A server whose answer to every call is who calls, by each part of a certificate."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        roles = folder / "roles"
        roles.touch(0o600)
        names = ["anna", SPIFFE, *(given.value for given in GIVEN.values())]
        roles.write_text("".join(f"reader {name}\n" for name in names))
        certificates = CallerFile(certified, roles)
        self.doors = {part: Doors(Callers(None, None, certificates, part)) for part in NAMES}
        self.server = grpc.aio.server()
        answering = grpc.method_handlers_generic_handler(
            "Who", {"Calls": grpc.unary_unary_rpc_method_handler(self.answer)}
        )
        self.server.add_generic_rpc_handlers((answering,))
        self.tls = Tls(*self.authority.certify("server", *LOCAL), self.authority.file)

    async def answer(self, _: bytes, context: Any) -> bytes:
        """The names."""
        found = {}
        for part, doors in self.doors.items():
            try:
                found[part] = doors.who(context, ANY_ROLE).name
            except NotAuthenticated as error:
                found[part] = f"refused: {error}"
        return json.dumps(found).encode()

    async def names(self, port: int, common_name: str, *sans: x509.GeneralName) -> dict[str, str]:
        """The names of who has such a certificate."""
        trusted = self.authority.file.read_bytes()
        certificate, key = self.authority.certify(common_name, *sans, file="client")
        credentials = grpc.ssl_channel_credentials(
            trusted, key.read_bytes(), certificate.read_bytes()
        )
        async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials) as channel:
            call: Any = channel.unary_unary("/Who/Calls")
            found: dict[str, str] = json.loads(await call(b"", timeout=20))
            return found


@pytest.fixture
async def asked(tmp_path: Path, unused_tcp_port_factory: Any) -> AsyncIterator[tuple[Asked, int]]:
    """Such a server, and the port that asks for certificates."""
    asked = Asked(tmp_path)
    plain, mtls = unused_tcp_port_factory(), unused_tcp_port_factory()
    settings = Settings(listen=f"127.0.0.1:{plain}", listen_mtls=f"127.0.0.1:{mtls}")
    open_ports(asked.server, settings, asked.tls)
    await asked.server.start()
    yield asked, mtls
    await asked.server.stop(None)


async def test_a_client_is_named_by_the_part_that_the_setting_says(
    asked: tuple[Asked, int],
) -> None:
    server, port = asked
    found = await server.names(port, "anna", *GIVEN.values())
    expected = {"common_name": "anna"} | {part: given.value for part, given in GIVEN.items()}
    assert {part: found[part] for part in expected} == expected
    assert found["spiffe_id"] == NONE
    workload = await server.names(port, "", x509.UniformResourceIdentifier(SPIFFE))
    assert (workload["spiffe_id"], workload["uri"]) == (SPIFFE, SPIFFE)
    assert workload["dns"] == NONE
    assert workload["common_name"].startswith("refused")


NONE = "refused: the certificate must have one name"


OTHERS = {
    "dns": x509.DNSName("ben.desk.example"),
    "uri": x509.UniformResourceIdentifier("https://desk.example/ben"),
    "email": x509.RFC822Name("ben@desk.example"),
}


@pytest.mark.parametrize("part", GIVEN)
async def test_a_certificate_with_several_names_names_nobody(
    asked: tuple[Asked, int], part: str
) -> None:
    """Even if one of them has a role."""
    server, port = asked
    found = await server.names(port, "anna", GIVEN[part], OTHERS[part])
    assert found[part] == NONE
    assert found["common_name"] == "anna"
