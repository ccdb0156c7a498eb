import { Code, ConnectError } from "@connectrpc/connect";

import { ErrorReason } from "./generated/chancery/v1/error_pb.js";
import {
  BadRequestSchema,
  type BadRequest_FieldViolation,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  type PreconditionFailure_Violation,
  ResourceInfoSchema,
  type ResourceInfo,
  RetryInfoSchema,
} from "./generated/google/rpc/error_details_pb.js";

/** Why the server refused a call: what the details of its error say. */
export interface Failure {
  readonly code: Code;
  /** The server's sentence, as the command line shows it. */
  readonly message: string;
  /** Unspecified if this version of the contract does not know the reason. */
  readonly reason: ErrorReason;
  /** Every variable of the message; `ErrorReason` tells the keys. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The fields of the request that are not allowed, and what is. */
  readonly fields: readonly BadRequest_FieldViolation[];
  /** What the state of the visit or of the log does not allow. */
  readonly preconditions: readonly PreconditionFailure_Violation[];
  /** The visit that was not found, or that exists already. */
  readonly resource: ResourceInfo | undefined;
  /** In how many milliseconds the same call may succeed. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Why a call failed, or undefined if the server did not say: the network failed, the call was
 * cancelled or its deadline passed, or `error` is none of a call.
 */
export function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof ConnectError)) {
    return undefined;
  }
  const info = error.findDetails(ErrorInfoSchema).find((each) => each.domain === "chancery");
  if (info === undefined) {
    return undefined;
  }
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    code: error.code,
    message: error.rawMessage,
    reason: ErrorReason[info.reason as keyof typeof ErrorReason] ?? ErrorReason.UNSPECIFIED,
    metadata: info.metadata,
    fields: error.findDetails(BadRequestSchema).flatMap((each) => each.fieldViolations),
    preconditions: error.findDetails(PreconditionFailureSchema).flatMap((each) => each.violations),
    resource: error.findDetails(ResourceInfoSchema)[0],
    retryAfterMs: delay && Number(delay.seconds) * 1000 + delay.nanos / 1e6,
  };
}

/** Whether the server went away, or had too many calls, so that the same call may succeed soon. */
export function isGone(error: unknown): error is ConnectError {
  return (
    error instanceof ConnectError &&
    (error.code === Code.Unavailable ||
      error.code === Code.Canceled ||
      error.findDetails(ErrorInfoSchema)[0]?.reason === "TOO_MANY_CALLS")
  );
}
