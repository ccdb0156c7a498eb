import {
  type Client,
  createClient,
  encodeBinaryHeader,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

import { Follower, type FollowOptions } from "./follow.js";
import { AuditService } from "./generated/chancery/v1/audit_service_pb.js";
import { DeskService } from "./generated/chancery/v1/desk_service_pb.js";
import { HistoryService } from "./generated/chancery/v1/history_service_pb.js";
import { InfoService } from "./generated/chancery/v1/info_service_pb.js";
import { VisitService } from "./generated/chancery/v1/visit_service_pb.js";
import { retrying } from "./retry.js";

// The server allows a ping every 10 s.
const PINGS = { pingIntervalMs: 20_000, pingTimeoutMs: 10_000 };
const CALL_MS = 30_000;

/** A connection to one server. Close it at the end. */
export interface Chancery {
  readonly visits: Client<typeof VisitService>;
  readonly desk: Client<typeof DeskService>;
  readonly history: Client<typeof HistoryService>;
  readonly audit: Client<typeof AuditService>;
  readonly info: Client<typeof InfoService>;
  /** The changes of the log and then each new one, over cuts and restarts of the server. */
  follow(options?: FollowOptions): Follower;
  /** Closes the connection. Calls that are under way fail; a later one connects again. */
  close(): void;
}

export interface ConnectOptions {
  /** The caller's name, in any script, for a server that does not know its callers. */
  actor?: string;
  /** What a server knows the caller by: a token, or a JWT. */
  token?: string;
  /** The authorities to trust as to who the server is, in PEM; else those known everywhere. */
  ca?: string | Buffer;
  /** A certificate of the caller's own and its key, in PEM, for a server that asks for one. */
  certificate?: { cert: string | Buffer; key: string | Buffer };
  /** Allows that the token is sent to another machine unencrypted. */
  insecure?: boolean;
}

/**
 * Connects to `target`, HOST:PORT or a URL, when the first call is made.
 *
 * The connection is encrypted if that is a URL of https, or `ca` or `certificate` is given.
 *
 * A call that is no stream has a deadline of 30 seconds unless its options name another
 * (`timeoutMs`), and is made again if the server goes away meanwhile. A change without a request
 * id gets one, so that it is recorded once; to record it again safely after a failure, give it an
 * id of your own.
 */
export function connect(target: string, options: ConnectOptions = {}): Chancery {
  const { ca, certificate } = options;
  const scheme = ca || certificate ? "https" : "http";
  const baseUrl = target.includes("://") ? target : `${scheme}://${target}`;
  if (options.token && !options.insecure && !isSafe(new URL(baseUrl))) {
    throw new Error(`the token would be sent to ${target} unencrypted: use https, or allow it`);
  }
  const tls = { ...(ca && { ca }), ...certificate };
  const sessionManager = new Http2SessionManager(baseUrl, PINGS, tls);
  const interceptors = [retrying];
  if (options.actor) {
    interceptors.unshift(calledBy(options.actor));
  }
  if (options.token) {
    interceptors.unshift(known(options.token));
  }
  const transport = withDeadlines(createGrpcTransport({ baseUrl, sessionManager, interceptors }));
  const history = createClient(HistoryService, transport);
  return {
    visits: createClient(VisitService, transport),
    desk: createClient(DeskService, transport),
    history,
    audit: createClient(AuditService, transport),
    info: createClient(InfoService, transport),
    follow: (following = {}) => new Follower(history, following),
    close: () => sessionManager.abort(),
  };
}

function calledBy(actor: string): Interceptor {
  const name = encodeBinaryHeader(new TextEncoder().encode(actor));
  return (next) => (request) => {
    request.header.set("chancery-actor-bin", name);
    return next(request);
  };
}

function known(token: string): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
}

/** Whether what is sent there is encrypted, or stays on this machine. */
function isSafe({ protocol, hostname }: URL): boolean {
  const isOwn = ["localhost", "[::1]"].includes(hostname) || /^127(\.\d+){3}$/.test(hostname);
  return protocol === "https:" || isOwn;
}

/** Gives a deadline to calls that have none. Streams may last. */
function withDeadlines(transport: Transport): Transport {
  return {
    unary: (method, signal, timeoutMs = CALL_MS, ...rest) =>
      transport.unary(method, signal, timeoutMs, ...rest),
    stream: (...call) => transport.stream(...call),
  };
}
