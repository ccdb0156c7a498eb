import { setTimeout as sleep } from "node:timers/promises";

import { create } from "@bufbuild/protobuf";
import type { Client, ConnectError } from "@connectrpc/connect";

import { isGone } from "./errors.js";
import type { ChangeType, RecordedEvent } from "./generated/chancery/v1/event_pb.js";
import {
  type HistoryService,
  type WatchEventsRequest,
  WatchEventsRequestSchema,
  type WatchEventsResponse,
} from "./generated/chancery/v1/history_service_pb.js";

// How long one watch lasts, in milliseconds. It is then requested again, so that a server that
// fell silent is noticed, whatever the cause.
const WATCH_MS = 300_000;
// The pause after a cut, in milliseconds: at first, and after repeated failures. Each is shortened
// at random by up to half.
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;

/** Where to begin, and which changes to give. */
export interface FollowOptions {
  /** The position after which to begin, or "now" for the end of the log. Default: 0, all of it. */
  after?: bigint | "now";
  /** The log that `after` belongs to. If the server's is another one, the iteration throws. */
  logOrigin?: string;
  /** Only the changes of this visit: visits/{id}. */
  visit?: string;
  /** Only changes of these types. */
  changeTypes?: ChangeType[];
  /** Ends the iteration. */
  signal?: AbortSignal;
  /** Called whenever the server was lost, with the error unless it ended the watch in order. */
  onCut?: (error: ConnectError | undefined) => void;
}

/**
 * The recorded changes of the log and then each new one, without end.
 *
 * If the stream is cut off (the server shuts down, the network breaks), the follower waits a
 * little and resumes after the last change that it gave: none is missed and none comes twice. Any
 * other failure is thrown as a ConnectError.
 */
export class Follower implements AsyncIterable<RecordedEvent> {
  /**
   * The position to resume after, also in a later run: every requested change up to it was given.
   * Undefined until the first frame, if the follower begins at the end of the log.
   */
  position: bigint | undefined;
  /** The log that the position belongs to, empty until the first frame: keep both. */
  logOrigin: string;
  private readonly request: WatchEventsRequest;

  constructor(
    private readonly history: Client<typeof HistoryService>,
    private readonly options: FollowOptions,
  ) {
    const { after = 0n, logOrigin = "", visit = "", changeTypes = [] } = options;
    this.position = after === "now" ? undefined : after;
    this.logOrigin = logOrigin;
    this.request = create(WatchEventsRequestSchema, {
      visit,
      changeTypes,
      start: { case: "now", value: {} },
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RecordedEvent, void, undefined> {
    const ended = this.options.signal;
    let wait = FIRST_WAIT_MS;
    while (!ended?.aborted) {
      let cut: ConnectError | undefined;
      // A deadline of Connect's own would keep the process alive once the loop is left.
      const left = new AbortController();
      const timer = setTimeout(() => left.abort(), WATCH_MS);
      try {
        for await (const frame of this.watch(left.signal)) {
          wait = FIRST_WAIT_MS;
          yield* this.changesOf(frame);
        }
      } catch (error) {
        if (ended?.aborted) {
          return;
        }
        if (left.signal.aborted) {
          continue;
        }
        if (!isGone(error)) {
          throw error;
        }
        cut = error;
      } finally {
        clearTimeout(timer);
        left.abort();
      }
      this.options.onCut?.(cut);
      await pause(wait, ended);
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    }
  }

  private watch(left: AbortSignal): AsyncIterable<WatchEventsResponse> {
    if (this.position !== undefined) {
      this.request.start = { case: "afterPosition", value: this.position };
    }
    this.request.logOrigin = this.logOrigin;
    const ended = this.options.signal;
    const signal = ended ? AbortSignal.any([left, ended]) : left;
    return this.history.watchEvents(this.request, { signal });
  }

  /** The changes of a frame. The position advances as they are given. */
  private *changesOf(frame: WatchEventsResponse): Generator<RecordedEvent, void, undefined> {
    this.logOrigin ||= frame.logOrigin;
    if (frame.frame.case === "events") {
      for (const event of frame.frame.value.events) {
        this.position = event.position;
        if (this.request.visit && event.event) {
          this.request.visit = event.event.visit; // an alias may be another visit's after a cut
        }
        yield event;
      }
    }
    this.position = frame.position;
  }
}

/** Waits for at most so many milliseconds, less by up to half, or until the end. */
async function pause(milliseconds: number, ended?: AbortSignal): Promise<void> {
  const shortened = milliseconds * (1 - Math.random() / 2);
  await sleep(shortened, undefined, ended ? { signal: ended } : {}).catch(() => undefined);
}
