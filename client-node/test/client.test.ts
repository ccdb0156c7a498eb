import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type Chancery,
  ChangeType,
  type ChangeSchema,
  connect,
  ErrorReason,
  failureOf,
  ScheduledSchema,
  ScheduleVisitRequestSchema,
  Status,
  VisitKind,
} from "@chancery/client";

import { Proxy } from "./proxy.js";
import { Server } from "./server.js";

const server = new Server();
let chancery: Chancery;
let name: string;
let names = 0;

before(async () => {
  await server.start();
  chancery = connect(server.address, { actor: "Жанна" });
});

after(async () => {
  chancery.close();
  await server.stop();
});

beforeEach(() => {
  name = `visits/beijing-${(names += 1)}`;
});

const scheduled: MessageInitShape<typeof ScheduledSchema> = {
  details: {
    title: "The secretary of state to Beijing",
    principal: { name: "Antony Blinken", country: "US" },
    host: { country: "CN" },
    kind: VisitKind.OFFICIAL,
  },
  window: { start: { year: 2023, month: 2, day: 5 }, end: { year: 2023, month: 2, day: 6 } },
};

/** The first answer that follows; the iteration ends with it. */
async function first<Item>(items: AsyncIterable<Item>): Promise<Item> {
  for await (const item of items) {
    return item;
  }
  throw new Error("nothing came");
}

async function failing(call: Promise<unknown> | AsyncIterable<unknown>) {
  const answered = Symbol.asyncIterator in call ? first(call) : call;
  const error: unknown = await answered.then(
    () => assert.fail("the call succeeded"),
    (error) => error,
  );
  assert(error instanceof ConnectError, String(error));
  return { error, failure: failureOf(error) };
}

test("a visit that is scheduled can be asked for, as of any moment", async () => {
  const { visit, event } = await chancery.desk.scheduleVisit({
    name,
    scheduled,
    context: { known: { case: "knownPeriod", value: "2023-01-17" } },
  });
  assert.equal(visit?.status, Status.SCHEDULED);
  assert.equal(event?.event?.actor, "unverified:Жанна");

  const minPosition = event.position;
  const now = await chancery.visits.getVisit({ name, minPosition });
  assert.equal(now.visit?.window?.end?.day, 6);
  assert.equal(now.visit.details?.kind, VisitKind.OFFICIAL);

  const knownAt = timestampFromDate(new Date("2023-01-01T00:00:00Z"));
  const { failure } = await failing(chancery.visits.getVisit({ name, asOf: { knownAt } }));
  assert.equal(failure?.reason, ErrorReason.NOT_KNOWN_BY_THEN);
});

test("the log is audited and the server tells what it is", async () => {
  const { event } = await chancery.desk.scheduleVisit({ name, scheduled });
  const info = await chancery.info.getServerInfo({});
  assert.equal(info.headPosition, event?.position);
  assert.equal(info.firstLogOrigin, info.logOrigin);

  const { checkpoint } = await chancery.audit.getCheckpoint({});
  assert.match(checkpoint, new RegExp(`^${info.logOrigin}\n${info.headPosition}\n`));

  let bytes = 0;
  for await (const part of chancery.audit.exportBundle({})) {
    bytes += part.data.length;
  }
  assert(bytes > 500);

  const { changes } = await chancery.audit.listChanges({ filter: { visit: name } });
  assert.deepEqual(changes.map((each) => each.event?.event?.change.case), ["scheduled"]);
});

test("changes are imported, and each is answered", async () => {
  async function* messages() {
    const change = { case: "scheduled", value: scheduled } as const;
    const changes: MessageInitShape<typeof ChangeSchema>[] = [
      { name, change, context: { requestId: `${name} 1` } },
      { name, change, context: { requestId: `${name} 2` } },
    ];
    yield { changes };
  }
  const outcomes: unknown[] = [];
  for await (const { results } of chancery.desk.importChanges(messages())) {
    outcomes.push(...results.map((each) => each.outcome.case));
  }
  assert.deepEqual(outcomes, ["event", "error"]);
});

test("a refusal tells the reason, the rule and what is allowed", async () => {
  await chancery.desk.scheduleVisit({ name, scheduled });
  await chancery.desk.completeVisit({ name, completed: {} });
  const { failure } = await failing(chancery.desk.postponeVisit({ name, postponed: {} }));
  assert.equal(failure?.code, Code.FailedPrecondition);
  assert.equal(failure.reason, ErrorReason.CHANGE_NOT_ALLOWED);
  assert.equal(failure.metadata["status"], "STATUS_COMPLETED");
  assert.deepEqual(failure.preconditions.map((each) => [each.type, each.subject]), [
    ["CHANGE_NOT_ALLOWED", name],
  ]);
});

test("a refusal names each field that is not allowed", async () => {
  const { failure } = await failing(chancery.desk.scheduleVisit({ name, scheduled: {} }));
  assert.equal(failure?.reason, ErrorReason.INVALID_FIELD);
  assert.deepEqual(failure.fields.map((each) => each.field), ["scheduled.details"]);
});

test("a refusal names the visit that there is not", async () => {
  const { failure } = await failing(chancery.visits.getVisit({ name }));
  assert.equal(failure?.reason, ErrorReason.VISIT_NOT_FOUND);
  assert.equal(failure.resource?.resourceName, name);
});

test("an error that the server did not send has no reason", async () => {
  const signal = AbortSignal.abort();
  const { error, failure } = await failing(chancery.info.getServerInfo({}, { signal }));
  assert.equal(error.code, Code.Canceled);
  assert.equal(failure, undefined);
});

test("a watch ends with its deadline", async () => {
  const { headPosition } = await chancery.info.getServerInfo({});
  const start = { case: "afterPosition", value: headPosition } as const;
  const { error } = await failing(
    (async () => {
      for await (const _ of chancery.history.watchEvents({ start }, { timeoutMs: 300 }));
    })(),
  );
  assert.equal(error.code, Code.DeadlineExceeded);
});

test("a follower begins after a position and ends with its signal", async () => {
  const { event } = await chancery.desk.scheduleVisit({ name, scheduled });
  await chancery.desk.completeVisit({ name, completed: {} });
  const end = new AbortController();
  const following = chancery.follow({ after: event!.position, signal: end.signal });
  const seen: unknown[] = [];
  for await (const { event } of following) {
    seen.push(event?.change.case);
    end.abort();
  }
  assert.deepEqual(seen, ["completed"]);
});

test("a follower gives only what was asked for", async () => {
  const { event } = await chancery.desk.scheduleVisit({ name, scheduled });
  await chancery.desk.scheduleVisit({ name: `${name}-other`, scheduled });
  await chancery.desk.completeVisit({ name, completed: {} });
  const change = await first(
    chancery.follow({ after: event!.position, visit: name, changeTypes: [ChangeType.COMPLETED] }),
  );
  assert.equal(change.position, event!.position + 2n);
});

test("a follower of another log is told that this one is not it", async () => {
  const { failure } = await failing(chancery.follow({ logOrigin: "another.example/log" }));
  assert.equal(failure?.reason, ErrorReason.LOG_REPLACED);
});

test("a follower goes on where it was when the server was killed", async () => {
  const { event } = await chancery.desk.scheduleVisit({ name, scheduled });
  const cuts: unknown[] = [];
  const following = chancery.follow({ visit: name, onCut: (error) => cuts.push(error?.code) });
  const changes = following[Symbol.asyncIterator]();
  assert.equal((await changes.next()).value?.position, event?.position);
  assert.equal(following.position, event?.position);

  const second = changes.next();
  await server.stop("SIGKILL");
  await server.start();
  const completed = await chancery.desk.completeVisit({ name, completed: {} });

  assert.equal((await second).value?.position, completed.event?.position);
  assert(cuts.length > 0);
  assert.equal(following.logOrigin, (await chancery.info.getServerInfo({})).logOrigin);
  await changes.return();
});

test("a change that is asked for again, since no answer came, is recorded once", async () => {
  const proxy = await Proxy.before(server.address);
  const cutOff = connect(proxy.address);
  proxy.refuse(2);
  await cutOff.desk.scheduleVisit({ name, scheduled });
  proxy.loseAnAnswer();
  await cutOff.desk.completeVisit({ name, completed: {} });

  const { events } = await chancery.history.listEvents({ visit: name });
  assert.deepEqual(events.map((each) => each.event?.change.case), ["scheduled", "completed"]);
  cutOff.close();
  await proxy.close();
});

test("a caller's own message is left as it is", async () => {
  const request = create(ScheduleVisitRequestSchema, { name, scheduled, context: {} });
  await chancery.desk.scheduleVisit(request);
  assert.equal(request.context?.requestId, "");
});
