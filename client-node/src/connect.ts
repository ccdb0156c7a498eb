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
  /** The caller's name, in any script, which is recorded with each change. */
  actor?: string;
}

/**
 * Connects to `target`, HOST:PORT or a URL, when the first call is made.
 *
 * A call that is no stream has a deadline of 30 seconds unless its options name another
 * (`timeoutMs`), and is made again if the server goes away meanwhile. A change without a request
 * id gets one, so that it is recorded once; to record it again safely after a failure, give it an
 * id of your own.
 */
export function connect(target: string, options: ConnectOptions = {}): Chancery {
  const baseUrl = target.includes("://") ? target : `http://${target}`;
  const sessionManager = new Http2SessionManager(baseUrl, PINGS);
  const interceptors = options.actor ? [calledBy(options.actor), retrying] : [retrying];
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

/** Gives a deadline to calls that have none. Streams may last. */
function withDeadlines(transport: Transport): Transport {
  return {
    unary: (method, signal, timeoutMs = CALL_MS, ...rest) =>
      transport.unary(method, signal, timeoutMs, ...rest),
    stream: (...call) => transport.stream(...call),
  };
}
