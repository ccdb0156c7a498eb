/** The steps with grpc-js and the code of ts-proto: client.js HOST:PORT visits/NAME. */
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

import {
  type CallOptions,
  type ClientReadableStream,
  credentials,
  type requestCallback,
  type ServiceError,
  status as Code,
} from "@grpc/grpc-js";

import {
  AuditServiceClient,
  ExportBundleRequest,
  type ExportBundleResponse,
  GetCheckpointRequest,
  type GetCheckpointResponse,
} from "./generated/chancery/v1/audit_service.js";
import {
  Change,
  CompleteVisitRequest,
  DeskServiceClient,
  type ImportChangesResponse,
  PostponeVisitRequest,
  ScheduleVisitRequest,
  type ScheduleVisitResponse,
} from "./generated/chancery/v1/desk_service.js";
import {
  HistoryServiceClient,
  ReadEventsRequest,
  type ReadEventsResponse,
  WatchEventsRequest,
  type WatchEventsResponse,
} from "./generated/chancery/v1/history_service.js";
import {
  GetServerInfoRequest,
  type GetServerInfoResponse,
  InfoServiceClient,
} from "./generated/chancery/v1/info_service.js";
import {
  GetVisitRequest,
  type GetVisitResponse,
  VisitServiceClient,
} from "./generated/chancery/v1/visit_service.js";
import {
  BadRequest,
  ErrorInfo,
  PreconditionFailure,
  RetryInfo,
} from "./generated/google/rpc/error_details.js";
import { Status } from "./generated/google/rpc/status.js";

const [target = "", name = ""] = process.argv.slice(2);
const serviceConfig = new URL("../service_config.json", import.meta.url);
const options = {
  "grpc.service_config": readFileSync(serviceConfig, "utf8"),
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
};
const insecure = credentials.createInsecure();
const visits = new VisitServiceClient(target, insecure, options);
const desk = new DeskServiceClient(target, insecure, options);
const history = new HistoryServiceClient(target, insecure, options);
const audit = new AuditServiceClient(target, insecure, options);
const info = new InfoServiceClient(target, insecure, options);

// 2023-01-17 12:00:00.123456, to the microsecond: a Date would hold milliseconds.
const known = { seconds: 1673956800n, nanos: 123456000 };
const details = {
  title: "The secretary of state to Beijing",
  principal: { name: "Antony Blinken", country: "US" },
  host: { country: "CN" },
};
const day = { year: 2023, month: 2, day: 5 };
const scheduled = { details, window: { start: day, end: day } };

function tell(step: string, told: object): void {
  const json = (_: string, value: unknown) => (typeof value === "bigint" ? Number(value) : value);
  console.log(JSON.stringify({ step, ...told }, json));
}

/** The answer of a unary call, which grpc-js gives to a callback. */
function ask<Answer>(call: (done: requestCallback<Answer>) => unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer!)));
  });
}

async function failing(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error: ServiceError) => error,
  );
}

/** What the details of an error say. What an error lacks is empty. */
function refusalOf(error: ServiceError) {
  const [bytes = Buffer.of()] = error.metadata.get("grpc-status-details-bin");
  const packed = Status.decode(bytes as Buffer).details;
  const detail = (type: string) =>
    packed.find((each) => each.typeUrl.endsWith(`/google.rpc.${type}`))?.value ?? Buffer.of();
  return {
    info: ErrorInfo.decode(detail("ErrorInfo")),
    fields: BadRequest.decode(detail("BadRequest")).fieldViolations,
    rules: PreconditionFailure.decode(detail("PreconditionFailure")).violations,
    retryDelay: RetryInfo.decode(detail("RetryInfo")).retryDelay,
  };
}

function toldOf(error: ServiceError) {
  return { code: error.code, reason: refusalOf(error).info.reason };
}

async function record(): Promise<void> {
  const request = ScheduleVisitRequest.fromPartial({
    name,
    context: { requestId: "scheduled", known: { $case: "knownTime", value: known } },
    scheduled,
  });
  for (const step of ["scheduled", "scheduled again"]) {
    const done = await ask<ScheduleVisitResponse>((done) => desk.scheduleVisit(request, done));
    tell(step, { position: done.event?.position, replayed: done.replayed });
  }
}

async function askAsOf(): Promise<void> {
  const get = (nanos: number) =>
    ask<GetVisitResponse>((done) =>
      visits.getVisit(
        GetVisitRequest.fromPartial({ name, asOf: { knownAt: { ...known, nanos } } }),
        done,
      ),
    );
  const { visit } = await get(known.nanos);
  const knownTime = visit?.knownTime;
  tell("visit", { status: visit?.status, known_time: [knownTime?.seconds, knownTime?.nanos] });
  const error = await failing(get(known.nanos - 1000));
  tell("a microsecond before", toldOf(error));
}

async function beRefused(): Promise<void> {
  const complete = CompleteVisitRequest.fromPartial({ name, completed: {} });
  await ask((done) => desk.completeVisit(complete, done));
  const postpone = PostponeVisitRequest.fromPartial({ name, postponed: {} });
  const refused = await failing(ask((done) => desk.postponeVisit(postpone, done)));
  const { info, rules } = refusalOf(refused);
  const violations = rules.map(({ type, subject }) => [type, subject]);
  tell("refused", { ...toldOf(refused), metadata: info.metadata, violations });
  const bad = ScheduleVisitRequest.fromPartial({ name: `${name}-bad`, scheduled: {} });
  const error = await failing(ask((done) => desk.scheduleVisit(bad, done)));
  const fields = refusalOf(error).fields.map(({ field }) => field);
  tell("bad field", { ...toldOf(error), fields });
}

async function load(): Promise<void> {
  const changes = [0, 1].map((number) =>
    Change.fromPartial({
      name: `${name}-imported`,
      context: { requestId: `imported ${number}` },
      change: { $case: "scheduled", value: scheduled },
    }),
  );
  const call = desk.importChanges();
  call.write({ changes });
  call.end();
  const codes: number[] = [];
  for await (const { results } of call as AsyncIterable<ImportChangesResponse>) {
    for (const { outcome } of results) {
      codes.push(outcome?.$case === "error" ? outcome.value.code : Code.OK);
    }
  }
  tell("import", { codes });
}

async function read(): Promise<void> {
  const positions: bigint[] = [];
  const replay = history.readEvents(ReadEventsRequest.fromPartial({}));
  for await (const { events } of replay as AsyncIterable<ReadEventsResponse>) {
    positions.push(...events.map((each) => each.position));
  }
  tell("replay", { positions });
  const { checkpoint } = await ask<GetCheckpointResponse>((done) =>
    audit.getCheckpoint(GetCheckpointRequest.fromPartial({}), done),
  );
  let bytes = 0;
  const bundle = audit.exportBundle(ExportBundleRequest.fromPartial({}));
  for await (const { data } of bundle as AsyncIterable<ExportBundleResponse>) {
    bytes += data.length;
  }
  tell("audit", { checkpoint, bundle_bytes: bytes });
}

/** Where a reader of the log is. Keep both, to resume in a later run. */
interface Place {
  position: bigint;
  logOrigin: string;
}

function watch({ position, logOrigin }: Place, options: CallOptions = {}) {
  const start = { $case: "afterPosition", value: position } as const;
  return history.watchEvents(WatchEventsRequest.fromPartial({ start, logOrigin }), options);
}

/** The frames of a watch. It resumes after the last one when the server was away. */
async function* follow(where: Place, onCut: (error: ServiceError) => void) {
  for (let wait = 100; ; wait = Math.min(2 * wait, 5000)) {
    const call = watch(where);
    try {
      for await (const frame of call as AsyncIterable<WatchEventsResponse>) {
        wait = 100;
        yield frame;
        where.position = frame.position;
        where.logOrigin ||= frame.logOrigin;
      }
    } catch (caught) {
      const error = caught as ServiceError;
      if (error.code !== Code.UNAVAILABLE && error.code !== Code.CANCELLED) {
        throw error;
      }
      onCut(error);
    } finally {
      call.cancel(); // Leaving the loop does not.
    }
    await setTimeout(wait);
  }
}

/** How a watch ends. */
async function end(call: ClientReadableStream<WatchEventsResponse>, then?: () => void) {
  const ended = (async () => {
    for await (const _ of call) {
      then?.();
    }
  })();
  return failing(ended);
}

async function endWatches(): Promise<void> {
  const begin = { position: 0n, logOrigin: "" };
  const call = watch(begin);
  tell("cancelled", { code: (await end(call, () => call.cancel())).code });
  tell("deadline", { code: (await end(watch(begin, { deadline: Date.now() + 300 }))).code });
  const another = watch({ position: 0n, logOrigin: "another.example/log" });
  tell("another log", toldOf(await end(another)));
}

async function followOverAKill(): Promise<void> {
  const where = { position: 0n, logOrigin: "" };
  let [positions, isLost]: [bigint[], boolean] = [[], false];
  const onCut = ({ code }: ServiceError) => {
    if (!isLost) {
      tell("lost", { code });
    }
    isLost = true;
  };
  for await (const { frame, position } of follow(where, onCut)) {
    if (frame?.$case === "events") {
      positions.push(...frame.value.events.map((each) => each.position));
    }
    if (frame?.$case === "caughtUp" && !isLost) {
      tell("watching", { positions, position });
      positions = [];
    }
    if (isLost && positions.length > 0) {
      tell("resumed", { positions, log_origin: where.logOrigin });
      return;
    }
  }
}

const { logOrigin, headPosition } = await ask<GetServerInfoResponse>((done) =>
  info.getServerInfo(GetServerInfoRequest.fromPartial({}), done),
);
tell("info", { log_origin: logOrigin, head: headPosition });
await record();
await askAsOf();
await beRefused();
await load();
await read();
await endWatches();
await followOverAKill();
process.exit();
