"""The cluster is made again from a backup, as of a moment; ``python -m tests.cluster.recovery``.

The log that comes out verifies, and an auditor's checkpoint says what is missing. It goes on as
another log, under a key of its own, and whoever followed the old one is told.
"""

import shutil
import signal
import time

from chancery.client import Connection
from chancery.client.errors import LogReplaced
from chancery.v1.audit_service_pb2 import GetCheckpointRequest
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from service.store.errors import LogDamaged
from service.tlog.note import Note, VerifierKey
from service.verify import verify_database
from tests.cluster.cluster import FOLDER, PRIMARY, SYNC, Cluster, said
from tests.cluster.machines import SETTINGS
from tests.cluster.network import run
from tests.cluster.programs import PATIENCE, POSTGRES
from tests.cluster.torture import running
from tests.support import messages
from tests.support.postgresql import binaries
from tests.support.waiting import wait_until

BEFORE, BEHIND, LATE = 20, 15, 10


def main() -> None:
    """Back up, lose all databases, recover, and follow."""
    with running(Cluster()) as cluster:
        client = cluster.client(cluster.writing[0])
        record(cluster, "before", BEFORE)
        back_up(cluster)
        record(cluster, "behind", BEHIND)
        early = checkpoint(cluster)
        time.sleep(1)
        ((until,),) = cluster.database(PRIMARY).execute("SELECT now()::text")
        time.sleep(1)
        record(cluster, "late", LATE)
        late = checkpoint(cluster)
        info = client.info.GetServerInfo(GetServerInfoRequest())
        client.close()
        archive_all(cluster)
        recover(cluster, until)
        keys = [VerifierKey.parse(info.public_key)]
        report = verify_database(cluster.url("auditor"), keys, early, lambda *_: None)
        print(f"recovered {report.changes} changes as of {until}, which verify")
        assert report.changes == BEFORE + BEHIND
        try:
            verify_database(cluster.url("auditor"), keys, late, lambda *_: None)
            raise AssertionError("a later checkpoint finds nothing missing")
        except LogDamaged as error:
            print(f"a later checkpoint: {error}")
        begin_anew(cluster)
        follow(cluster, info.log_origin)


def record(cluster: Cluster, name: str, changes: int) -> None:
    """Record so many changes, each on a visit of its own."""
    client = cluster.client(cluster.writing[0])
    for number in range(changes):
        client.record(f"visits/{name}-{number}", messages.scheduled())
    client.close()


def checkpoint(cluster: Cluster) -> Note:
    """The signed checkpoint of the log as it is now."""
    client = cluster.client(cluster.writing[0])
    note = Note.parse(client.audit.GetCheckpoint(GetCheckpointRequest()).checkpoint)
    client.close()
    return note


def back_up(cluster: Cluster) -> None:
    """Take a base backup from a standby."""
    standby = cluster.database(SYNC)
    backup = FOLDER / "backup"
    command = [str(binaries() / "pg_basebackup"), "-h", standby.node.address, "-U", "replicator"]
    login = ["env", f"PGPASSWORD={cluster.password('replicator')}"]
    run(*standby.node.within, *POSTGRES, *login, *command, "-D", str(backup), "-c", "fast")


def archive_all(cluster: Cluster) -> None:
    """See to it that all that was committed is in the archive."""
    primary = cluster.database(PRIMARY)
    ((last,),) = primary.execute("SELECT pg_walfile_name(pg_switch_wal())")
    wait_until(lambda: (FOLDER / "archive" / str(last)).exists(), PATIENCE)


def recover(cluster: Cluster, until: str) -> None:
    """End everything, lose all databases, and make the cluster from the backup."""
    for server in cluster.servers:
        server.program.end()
    for database in cluster.databases:
        database.patroni.end(signal.SIGTERM)
        shutil.rmtree(database.data)
        settings = (SETTINGS / "recover.yaml").read_text()
        target = settings.replace("2027-06-01 12:00:00+00", until)
        assert target != settings
        (database.settings / "recover.yaml").write_text(target)
    endpoint = f"--endpoints=http://{cluster.etcds[0].node.address}:2379"
    run("etcdctl", endpoint, "del", "--prefix", "/service/chancery/")
    for database in cluster.databases:
        database.patroni.start()
    cluster.wait_for_databases()


def begin_anew(cluster: Cluster) -> None:
    """Make the log that was recovered another one, and serve it."""
    key, url = cluster.servers[0].key, cluster.url("migrator")
    print(said("restore", "--new-origin", "--database", url, "--key-file", key).strip())
    cluster.copy_key()
    cluster.start_servers()


def follow(cluster: Cluster, origin: str) -> None:
    """Go on as somebody who followed the log that was lost."""
    server = cluster.writing[1]
    cluster.wait_until_whole()
    with Connection(server.address, token=cluster.token, ca=cluster.ca) as connection:
        try:
            next(iter(connection.follow(after=BEFORE + BEHIND + LATE, log_origin=origin)))
            raise AssertionError("it was not told that the log is another one")
        except LogReplaced as error:
            print(f"a follower is told: {error}")
            follower = connection.follow(after=0, log_origin=error.log_origin)
            seen = [next(follower).position for _ in range(BEFORE + BEHIND)]
            print(f"and begins anew: {seen[0]} to {seen[-1]}")


if __name__ == "__main__":
    main()
