import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";

import { clone, create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import type { Interceptor } from "@connectrpc/connect";

import { isGone } from "./errors.js";
import { DeskService } from "./generated/chancery/v1/desk_service_pb.js";
import { type ChangeContext, ChangeContextSchema } from "./generated/chancery/v1/event_pb.js";

// The pauses before a call is made again, in milliseconds; each is shortened at random by up to a
// quarter. Together they last longer than a server takes to restart.
const WAITS = [100, 200, 400, 800, 1600, 3200];

/**
 * Makes a call again that ended because the server went away, or had too many, at most six times
 * within its deadline. That is harmless: each change gets a request id if it has none, under which it is
 * recorded once. Streams are left alone.
 */
export const retrying: Interceptor = (next) => async (request) => {
  if (request.stream) {
    return next(request);
  }
  if (request.service.typeName === DeskService.typeName) {
    request = { ...request, message: withRequestIds(request.method.input, request.message) };
  } else if (request.method.idempotency !== Idempotency.NO_SIDE_EFFECTS) {
    return next(request);
  }
  for (const wait of WAITS) {
    try {
      return await next(request);
    } catch (error) {
      if (request.signal.aborted || !isGone(error)) {
        throw error;
      }
      const signal = request.signal;
      await setTimeout(wait * (1 - Math.random() / 4), undefined, { signal });
    }
  }
  return next(request);
};

/** What is recorded: a change has a context, and several have one each. */
type Recorded = { context?: ChangeContext; changes?: { context?: ChangeContext }[] };

function withRequestIds<Desc extends DescMessage>(type: Desc, message: MessageShape<Desc>) {
  const copy = clone(type, message);
  const recorded = copy as Recorded;
  for (const change of recorded.changes ?? [recorded]) {
    change.context ??= create(ChangeContextSchema);
    change.context.requestId ||= randomUUID();
  }
  return copy;
}
