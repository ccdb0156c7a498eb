// A gRPC server on emmett and its SQLite store: it prints its port.
//
// Its arguments are FILE and CONNECTIONS. `Plain/Record` takes the kind of a change, the name of
// the visit and a text, separated by blanks, and answers the visit's version after the commit. A
// table of statuses says which kinds are allowed.
//
// The store works with the `sqlite3` driver. It sets a write-ahead journal, and the driver syncs
// each commit (synchronous=FULL), as the other references do. CONNECTIONS is `each` for what the
// library's documentation shows, a connection for each operation, or `one` for a connection that
// stays open, an option of the library, which is faster.
//
// Calls are handled one after the other, since this version of the store cannot do several at
// once. On one connection they would share a transaction, and be answered before its commit. On
// several, each waits for the write lock in one of the driver's few threads, so that the one that
// has the lock cannot go on, and calls fail with SQLITE_BUSY. Now and then that also happens to a
// call that runs alone, since the driver has not ended a statement when it commits; it is rolled
// back and handled again.

import { DeciderCommandHandler, IllegalStateError } from '@event-driven-io/emmett';
import { getSQLiteEventStore, sqliteConnection } from '@event-driven-io/emmett-sqlite';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';

// For each status the kinds of changes that are allowed, and the statuses that they lead to.
const STATUSES = {
  none: { ScheduleVisit: 'scheduled' },
  scheduled: {
    PostponeVisit: 'postponed',
    RescheduleVisit: 'scheduled',
    RecordStatement: 'scheduled',
  },
  postponed: { RescheduleVisit: 'scheduled', RecordStatement: 'postponed' },
};

const handle = DeciderCommandHandler({
  initialState: () => ({ status: 'none', text: '' }),
  evolve: (state, { type, data }) => ({ status: STATUSES[state.status][type], text: data.text }),
  decide: ({ type, data }, state) => {
    if (!(type in STATUSES[state.status])) {
      throw new IllegalStateError(`${type} is not allowed: the visit is ${state.status}`);
    }
    return { type, data };
  },
  mapToStreamId: (name) => `visit-${name}`,
  retry: { retries: 10, minTimeout: 1, shouldRetryError: ({ code }) => code === 'SQLITE_BUSY' },
});

async function serve(fileName, connections) {
  const options = { fileName, schema: { autoMigration: 'CreateOrUpdate' } };
  if (connections === 'one') {
    const connection = sqliteConnection({ fileName });
    options.connectionOptions = { singleton: true, connection };
  }
  const store = getSQLiteEventStore(options);
  await store.schema.migrate();

  let last = Promise.resolve();
  function record({ request }, answer) {
    const [type, name, text] = request.toString().split(' ', 3);
    const handled = last.then(() => handle(store, name, { type, data: { text } }));
    last = handled.catch(() => {});
    handled.then(
      (result) => answer(null, Buffer.from(`${result.nextExpectedStreamVersion}`)),
      (error) => answer({ code: status.FAILED_PRECONDITION, details: error.message }),
    );
  }

  const server = new Server();
  server.addService({ Record: method('/Plain/Record') }, { Record: record });
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(port);
  });
}

// A method whose requests and answers are bytes.
function method(path) {
  const bytes = (value) => value;
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
}

await serve(process.argv[2], process.argv[3]);
