/** The steps of a page: `take(way, address, name)` for each way to call. They tell what they saw. */
import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";

import { AuditService } from "./generated/chancery/v1/audit_service_pb.js";
import { DeskService } from "./generated/chancery/v1/desk_service_pb.js";
import type { ScheduledSchema } from "./generated/chancery/v1/event_pb.js";
import { HistoryService } from "./generated/chancery/v1/history_service_pb.js";
import { VisitSchema } from "./generated/chancery/v1/visit_pb.js";
import { VisitService } from "./generated/chancery/v1/visit_service_pb.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
} from "./generated/google/rpc/error_details_pb.js";

const WAYS: Record<string, (baseUrl: string) => Transport> = {
  "connect-json": (baseUrl) => createConnectTransport({ baseUrl, useBinaryFormat: false }),
  "connect-proto": (baseUrl) => createConnectTransport({ baseUrl, useBinaryFormat: true }),
  "connect-get": (baseUrl) => createConnectTransport({ baseUrl, useHttpGet: true }),
  "grpc-web": (baseUrl) => createGrpcWebTransport({ baseUrl }),
};

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

async function failing(call: Promise<unknown>) {
  const error = await call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (caught) => ConnectError.from(caught),
  );
  const info = error.findDetails(ErrorInfoSchema)[0];
  return {
    code: Code[error.code],
    message: error.rawMessage,
    reason: info?.reason,
    metadata: info?.metadata,
    fields: error.findDetails(BadRequestSchema).flatMap((each) => each.fieldViolations.map(({ field }) => field)),
    rules: error.findDetails(PreconditionFailureSchema).flatMap((each) => each.violations.map(({ type }) => type)),
  };
}

async function record(transport: Transport, name: string) {
  const desk = createClient(DeskService, transport);
  const context = { requestId: `${name} scheduled`, known: { case: "knownTime", value: known } } as const;
  const replayed: boolean[] = [];
  for (let i = 0; i < 2; i++) {
    replayed.push((await desk.scheduleVisit({ name, context, scheduled })).replayed);
  }
  await desk.completeVisit({ name, completed: {} });
  const refused = await failing(desk.postponeVisit({ name, postponed: {} }));
  const badField = await failing(desk.scheduleVisit({ name: `${name}-bad`, scheduled: {} }));
  return { replayed, refused, badField };
}

async function ask(transport: Transport, name: string) {
  const visits = createClient(VisitService, transport);
  const { visit } = await visits.getVisit({ name, asOf: { knownAt: known } });
  const before = { ...known, nanos: known.nanos - 1000 };
  const missing = await failing(visits.getVisit({ name, asOf: { knownAt: before } }));
  const unknown = await failing(visits.getVisit({ name: "visits/中文" }));
  return { visit: visit && toJson(VisitSchema, visit), missing, unknown };
}

async function read(transport: Transport, name: string) {
  const types: string[] = [];
  for await (const { events } of createClient(HistoryService, transport).readEvents({ visit: name })) {
    types.push(...events.map(({ event }) => event?.change.case ?? ""));
  }
  let bytes = 0;
  const bundle = { case: "visit", value: name } as const;
  for await (const { data } of createClient(AuditService, transport).exportBundle({ contents: bundle })) {
    bytes += data.length;
  }
  return { types, bytes };
}

/** Follow a visit until it was changed once, then leave; `following` is called once it is followed. */
async function follow(transport: Transport, name: string, following: () => void) {
  const leaving = new AbortController();
  const told: string[] = [];
  const watch = async () => {
    const start = { case: "now", value: {} } as const;
    const frames = createClient(HistoryService, transport).watchEvents({ visit: name, start }, { signal: leaving.signal });
    for await (const { frame } of frames) {
      told.push(frame.case ?? "");
      if (frame.case === "caughtUp") {
        following();
      }
      if (frame.case === "events") {
        leaving.abort();
      }
    }
  };
  const { code } = await failing(watch());
  return { told, code };
}

async function beLate(transport: Transport) {
  const watch = async () => {
    const start = { case: "now", value: {} } as const;
    for await (const _ of createClient(HistoryService, transport).watchEvents({ start }, { timeoutMs: 300 })) {
    }
  };
  return failing(watch());
}

declare global {
  var take: (way: string, address: string, name: string) => Promise<object>;
}

globalThis.take = async (way, address, name) => {
  const transport = WAYS[way]!(address);
  return {
    ...(await record(transport, name)),
    ...(await ask(transport, name)),
    ...(await read(transport, name)),
    followed: await follow(transport, name, () => fetch(`/following/${name}`)),
    late: await beLate(transport),
  };
};
