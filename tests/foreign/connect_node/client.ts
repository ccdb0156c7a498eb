/** The steps with Connect for Node over gRPC: client.js HOST:PORT visits/NAME. */
import { setTimeout } from "node:timers/promises";

import { type MessageInitShape } from "@bufbuild/protobuf";
import { type CallOptions, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

import { AuditService } from "./generated/chancery/v1/audit_service_pb.js";
import { DeskService, type ImportChangesRequestSchema } from "./generated/chancery/v1/desk_service_pb.js";
import type { ScheduledSchema } from "./generated/chancery/v1/event_pb.js";
import { HistoryService, type WatchEventsResponse } from "./generated/chancery/v1/history_service_pb.js";
import { InfoService } from "./generated/chancery/v1/info_service_pb.js";
import { VisitService } from "./generated/chancery/v1/visit_service_pb.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  RetryInfoSchema,
} from "./generated/google/rpc/error_details_pb.js";

const [target, name = ""] = process.argv.slice(2);
const transport = createGrpcTransport({
  baseUrl: `http://${target}`,
  pingIntervalMs: 20_000,
  pingTimeoutMs: 10_000,
});
const visits = createClient(VisitService, transport);
const desk = createClient(DeskService, transport);
const history = createClient(HistoryService, transport);
const audit = createClient(AuditService, transport);
const info = createClient(InfoService, transport);

// 2023-01-17 12:00:00.123456, to the microsecond: a Date would hold milliseconds.
const known = { seconds: 1673956800n, nanos: 123456000 };
const day = { year: 2023, month: 2, day: 5 };
const scheduled: MessageInitShape<typeof ScheduledSchema> = {
  details: {
    title: "The secretary of state to Beijing",
    principal: { name: "Antony Blinken", country: "US" },
    host: { country: "CN" },
  },
  window: { start: day, end: day },
};

function tell(step: string, told: object): void {
  const json = (_: string, value: unknown) => (typeof value === "bigint" ? Number(value) : value);
  console.log(JSON.stringify({ step, ...told }, json));
}

async function failing(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error) => ConnectError.from(error),
  );
}

/** What the details of an error say. What an error lacks is empty. */
function refusalOf(error: ConnectError) {
  return {
    info: error.findDetails(ErrorInfoSchema)[0],
    fields: error.findDetails(BadRequestSchema).flatMap((each) => each.fieldViolations),
    rules: error.findDetails(PreconditionFailureSchema).flatMap((each) => each.violations),
    retryDelay: error.findDetails(RetryInfoSchema)[0]?.retryDelay,
  };
}

function toldOf(error: ConnectError) {
  return { code: error.code, reason: refusalOf(error).info?.reason };
}

async function record(): Promise<void> {
  const context = { requestId: "scheduled", known: { case: "knownTime", value: known } } as const;
  for (const step of ["scheduled", "scheduled again"]) {
    const { event, replayed } = await desk.scheduleVisit({ name, context, scheduled });
    tell(step, { position: event?.position, replayed });
  }
}

async function askAsOf(): Promise<void> {
  const { visit } = await visits.getVisit({ name, asOf: { knownAt: known } });
  const knownTime = visit?.knownTime;
  tell("visit", { status: visit?.status, known_time: [knownTime?.seconds, knownTime?.nanos] });
  const before = { ...known, nanos: known.nanos - 1000 };
  const error = await failing(visits.getVisit({ name, asOf: { knownAt: before } }));
  tell("a microsecond before", toldOf(error));
}

async function beRefused(): Promise<void> {
  await desk.completeVisit({ name, completed: {} });
  const refused = await failing(desk.postponeVisit({ name, postponed: {} }));
  const { info, rules } = refusalOf(refused);
  const violations = rules.map(({ type, subject }) => [type, subject]);
  tell("refused", { ...toldOf(refused), metadata: info?.metadata, violations });
  const error = await failing(desk.scheduleVisit({ name: `${name}-bad`, scheduled: {} }));
  const fields = refusalOf(error).fields.map(({ field }) => field);
  tell("bad field", { ...toldOf(error), fields });
}

async function* oneMessage(): AsyncGenerator<MessageInitShape<typeof ImportChangesRequestSchema>> {
  yield {
    changes: [0, 1].map((number) => ({
      name: `${name}-imported`,
      context: { requestId: `imported ${number}` },
      change: { case: "scheduled", value: scheduled } as const,
    })),
  };
}

async function load(): Promise<void> {
  const codes: number[] = [];
  for await (const { results } of desk.importChanges(oneMessage())) {
    codes.push(...results.map(({ outcome }) => (outcome.case === "error" ? outcome.value.code : 0)));
  }
  tell("import", { codes });
}

async function read(): Promise<void> {
  const positions: bigint[] = [];
  for await (const { events } of history.readEvents({})) {
    positions.push(...events.map((each) => each.position));
  }
  tell("replay", { positions });
  const { checkpoint } = await audit.getCheckpoint({});
  let bytes = 0;
  for await (const { data } of audit.exportBundle({})) {
    bytes += data.length;
  }
  tell("audit", { checkpoint, bundle_bytes: bytes });
}

/** Where a reader of the log is. Keep both, to resume in a later run. */
interface Place {
  position: bigint;
  logOrigin: string;
}

function watch({ position, logOrigin }: Place, options?: CallOptions) {
  const start = { case: "afterPosition", value: position } as const;
  return history.watchEvents({ start, logOrigin }, options);
}

/** The frames of a watch. It resumes after the last one when the server was away. */
async function* follow(where: Place, onCut: (error: ConnectError) => void) {
  for (let wait = 100; ; wait = Math.min(2 * wait, 5000)) {
    try {
      for await (const frame of watch(where)) {
        wait = 100;
        yield frame;
        where.position = frame.position;
        where.logOrigin ||= frame.logOrigin;
      }
    } catch (caught) {
      const error = ConnectError.from(caught);
      if (error.code !== Code.Unavailable && error.code !== Code.Canceled) {
        throw error;
      }
      onCut(error);
    }
    await setTimeout(wait);
  }
}

/** How a watch ends. */
async function end(frames: AsyncIterable<WatchEventsResponse>, then?: () => void) {
  const ended = (async () => {
    for await (const _ of frames) {
      then?.();
    }
  })();
  return failing(ended);
}

async function endWatches(): Promise<void> {
  const begin = { position: 0n, logOrigin: "" };
  const controller = new AbortController();
  const cancelled = watch(begin, { signal: controller.signal });
  tell("cancelled", { code: (await end(cancelled, () => controller.abort())).code });
  tell("deadline", { code: (await end(watch(begin, { timeoutMs: 300 }))).code });
  const another = watch({ position: 0n, logOrigin: "another.example/log" });
  tell("another log", toldOf(await end(another)));
}

async function followOverAKill(): Promise<void> {
  const where = { position: 0n, logOrigin: "" };
  let [positions, isLost]: [bigint[], boolean] = [[], false];
  const onCut = ({ code }: ConnectError) => {
    if (!isLost) {
      tell("lost", { code });
    }
    isLost = true;
  };
  for await (const { frame, position } of follow(where, onCut)) {
    if (frame.case === "events") {
      positions.push(...frame.value.events.map((each) => each.position));
    }
    if (frame.case === "caughtUp" && !isLost) {
      tell("watching", { positions, position });
      positions = [];
    }
    if (isLost && positions.length > 0) {
      tell("resumed", { positions, log_origin: where.logOrigin });
      return;
    }
  }
}

const { logOrigin, headPosition } = await info.getServerInfo({});
tell("info", { log_origin: logOrigin, head: headPosition });
await record();
await askAsOf();
await beRefused();
await load();
await read();
await endWatches();
await followOverAKill();
process.exit();
