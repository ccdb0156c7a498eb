"""Every bound of the service, with its unit. Those of texts and names are in the domain."""

# Bytes of a request. gRPC refuses a larger one.
REQUEST_BYTES = 4 << 20
# Bytes of a request that asks, and of one that names many visits.
QUESTION_BYTES = 64 << 10
BATCH_BYTES = 1 << 20
# Bytes of the metadata of a request. gRPC refuses more.
METADATA_BYTES = 8 << 10
# Bytes of an answer. Clients with gRPC's defaults take 4 MiB.
ANSWER_BYTES = 3 << 20
# Bytes of the serialized event of a change, and of the serialized visit that it leaves.
CHANGE_BYTES = 1_000_000
VISIT_BYTES = 1 << 20
# Bytes of a frame of ReadEvents, unless it holds a single change.
FRAME_BYTES = 1 << 17
# Bytes of a part of a bundle.
PART_BYTES = 1 << 17
# Bytes of a frame of WatchEvents: all that a client that never reads costs the server.
WATCH_FRAME_BYTES = 1 << 16
# Bytes after which a page of an answer is cut short. It has at least one item.
PAGE_BYTES = 1 << 20

# Seconds that the request of a call may take to come, and the next message of an import.
MESSAGE_SECONDS = 10.0
IMPORT_SECONDS = 60.0
# Seconds that a call may take if its client sets no deadline.
CALL_SECONDS = 30.0
# Seconds between two looks for calls whose time is over.
SWEEP_SECONDS = 0.5

# Calls that wait for a position at a time, imports, and streams that end. Of these, and of the
# calls and watches that settings limit, one caller who is known has at most half.
WAITING_CALLS = 1000
IMPORTS = 100
STREAMS = 100
# Bytes of streams that clients do not take, and as many again that gRPC holds.
UNREAD_BYTES = 48 << 20
# Bytes that a stream of what was read counts for at least: a segment of the log.
STREAM_BYTES = 1 << 20
# Streams and calls on one connection, and watches among them. Further calls wait in the client.
STREAMS_ON_CONNECTION = 1000
WATCHES_ON_CONNECTION = 500
# Connections at a time, and seconds after which one is closed that has no calls.
CONNECTIONS = 4000
IDLE_CONNECTION_SECONDS = 300
# Seconds that a new connection has to say that it is gRPC.
HANDSHAKE_SECONDS = 10

# Items of a page: by default, and at most.
DEFAULT_PAGE = 50
MAX_PAGE = 1000
# Corrections that are told beside a change: the last ones.
CORRECTIONS_TOLD = 100
# Names in one BatchGetVisits.
BATCH_NAMES = 1000
# Changes in one ApplyChanges, and in one message of ImportChanges.
APPLY_CHANGES = 100
IMPORT_CHANGES = 1000
# Visits that are counted exactly, and values that they are counted by.
COUNTED_EXACTLY = 1000
COUNTED_VALUES = 50
# Words in a query.
QUERY_WORDS = 10

# Details stay under 4 KB, since clients refuse longer trailers.
# Bytes of an error's message, of a value in its details, and of what it says of a field.
ERROR_MESSAGE_BYTES = 600
ERROR_VALUE_BYTES = 200
ERROR_FIELD_BYTES = 700
# Bytes of all that it says of fields.
ERROR_FIELDS_BYTES = 2000

# Changes folded or looked at for one page, unless they are of one visit.
PAGE_CHANGES = 5_000
# Positions looked at for one page of ListChanges, unless they are of one visit.
PAGE_POSITIONS = 50_000
# Visits whose changes are read together for an answer as of another moment.
FOLDED_TOGETHER = 20

# Visits that are folded in one step to be counted as of another moment.
COUNTED_TOGETHER = 100

# Threads of a process that read what is looked up, and those of them that one caller has.
LOOKING_UP = 3
LOOK_UP_SHARE = 2
# Threads that fold changes, and those of them that one caller has. More would not do more: the
# interpreter runs one at a time.
FOLDING = 2
FOLD_SHARE = 1
# Questions for which changes are read and folded at a time.
QUESTIONS = 32

# Seconds by which the clock of whoever asks may be ahead.
CLOCK_SECONDS = 5.0
# Seconds to wait for ``min_position`` at most.
FRESH_SECONDS = 10.0
# Seconds to wait for a position that another server may just have committed.
BEHIND_SECONDS = 0.5

# Changes and bytes that the ring of recent changes holds.
RING_CHANGES = 10_000
RING_BYTES = 8 << 20
# Watches that go on in one turn of the event loop.
READERS_PER_TURN = 16
# Longest pause between two rounds of letting watches go on, in seconds.
PAUSE_SECONDS = 0.05
# Seconds without a frame after which a watch gets one. The contract promises one every 15 s.
IDLE_SECONDS = 10.0
# Positions that a watch reads through at once, however few changes it finds.
WATCH_POSITIONS = 20_000
# Changes that a watch reads from the log at once.
WATCH_CHANGES = 500
# Changes, and bytes of them, that are read at once when another process committed them.
FOREIGN_CHANGES = 1000
FOREIGN_BYTES = 1 << 20

# Changes that are decided in one round, those of imports among them, and those of one sharer if
# others wait.
ROUND_CHANGES = 500
IMPORT_SHARE = 100
ROUND_SHARE = 64
# Bytes of a request from which on the core reads it in steps.
SLOW_BYTES = 32 << 10
# Changes that a round loads with the visits that it needs; longer histories are loaded in steps.
LOADED_IN_ROUND = 200
# Changes that are loaded or folded in one step.
STEP_CHANGES = 200
# Seconds of slow work at a time: in the core between two rounds, in a reader's thread in one turn.
SLICE_SECONDS = 0.01
# Changes that an edge has with the core at a time, and those of them of one caller.
CHANGES_AT_CORE = 192
CHANGE_SHARE = 128
# Requests from 32 KiB on that an edge has with the core at a time: one of a caller. Others would
# wait behind their bytes.
LARGE_AT_CORE = 2
# Changes that one edge may have asked for and not been answered, and bytes of their requests.
CHANGES_ASKED = 1000
BYTES_ASKED = 64 << 20
# Seconds in which the tasks of a round that failed are tried one by one.
ALONE_SECONDS = 1.0
# Seconds that an edge gathers changes for the core, for each that waits for its answer, and for
# how many of them at most: 2 ms.
GATHER_SECONDS = 0.000125
GATHERED_AT_MOST = 16

# Entries, and bytes of them, that an export reads at once.
EXPORT_ENTRIES = 1000
EXPORT_BYTES = 1 << 17
# Signed checkpoints kept in memory.
CACHED_CHECKPOINTS = 64

# Messages of one edge that the core takes in one turn, and bytes that may wait for it to read.
ASKS_PER_TURN = 200
LINK_BYTES = 256 << 20

# Seconds between two looks of the core at its files, if it has nothing to do.
LOOK_SECONDS = 1.0
# Seconds without a failure after which writing counts as well again, bytes of free disk that it
# takes, and seconds between two log lines about failures of one kind.
TROUBLE_SECONDS = 10.0
ROOM_BYTES = 4 << 20
REPEAT_SECONDS = 10.0
# Bytes of the write-ahead log of a SQLite file from which on the core tries to empty it, and
# from which on edges begin no read for a moment, so that it can. Seconds that they wait at most,
# and seconds until they are asked again.
WAL_BYTES = 8 << 20
WAL_HOLD_BYTES = 64 << 20
HOLD_SECONDS = 1.0
HOLD_AGAIN_SECONDS = 60.0
# Seconds that the last record time may be ahead of the clock before the operator is told.
CLOCK_AHEAD_SECONDS = 60.0

# Seconds between two looks at the files of tokens, keys and certificates. What changed there counts
# within a second.
FOLLOW_SECONDS = 0.25
# Seconds after which an issuer is asked again for its keys: as a rule; and at the soonest, if it
# did not answer, or a token names a key that is not known.
KEYS_SECONDS = 300.0
KEYS_AGAIN_SECONDS = 10.0
# Seconds that an issuer has to answer, and bytes of its keys.
KEYS_ANSWER_SECONDS = 5.0
KEYS_BYTES = 256 << 10
# Verified JWTs that are remembered.
CACHED_JWTS = 4096
# Seconds before the end of a certificate from which on it is warned of: 14 days.
EXPIRY_SECONDS = 14 * 86_400
# Seconds after which a connection with TLS is closed, and that its calls then have to end.
CONNECTION_SECONDS = 3600
CONNECTION_GRACE_SECONDS = 60

# Seconds that an edge without a link waits for another before it asks for one.
UNLINKED_SECONDS = 0.1
# Seconds without a link after which an edge's health says that no changes are recorded.
AWAY_SECONDS = 2.0
# Seconds between two tries to reach a database at the start.
AWAY_AGAIN_SECONDS = 0.5
# Bytes of a file of the record of access, and how many older ones are kept.
RECORD_BYTES = 16 << 20
RECORD_FILES = 8
# Seconds in which log lines are gathered to be written together.
LOG_SECONDS = 0.02

# Seconds between two reports of what a process counted, and of silence after which its gauges are
# not shown any more.
METRICS_SECONDS = 1.0
METRICS_SILENT_SECONDS = 10.0
# Counts in one report, and bytes of one that is taken.
METRICS_PART = 500
METRICS_BYTES = 1 << 20
# Seconds that whoever asks for the metrics may be silent.
METRICS_CLIENT_SECONDS = 10.0

# Seconds that an edge which ends leaves to its last traces, and between two complaints of them.
TRACES_END_SECONDS = 1.0
TRACES_FAILED_SECONDS = 60.0

# The board: connections of browsers at a time, and live lines among them.
WEB_CONNECTIONS = 800
WEB_LINES = 400
# Requests that a client may send before the last one was answered.
WEB_REQUESTS_AHEAD = 8
# Bytes of a request before its body. The body has no more than a request of gRPC.
WEB_HEAD_BYTES = 32 << 10
# Seconds that a request may take to come, that a connection may wait for the next one, and that
# a client may leave unread what it was sent.
WEB_REQUEST_SECONDS = 20
WEB_IDLE_SECONDS = 30
WEB_UNREAD_SECONDS = 60
# What one address has under way at a time: pages, what takes long, calls and watches of the
# contract, and live lines. Requests of it that wait for their turn, and for how many seconds.
WEB_PAGES = 4
WEB_LONG = 2
WEB_CALLS = 4
WEB_WATCHES = 40
WEB_ADDRESS_LINES = 200
WEB_WAITING = 64
WEB_TURN_SECONDS = 10.0
# Seconds that the server has for a call of the board, and pages under way when the board stops.
WEB_CALL_SECONDS = 10.0
WEB_STOP_SECONDS = 1
# Seconds of silence after which a live line gets a sign of life.
WEB_SILENT_SECONDS = 15.0

# The operator is told when fewer bytes are left on the disk: that must be mended now, or soon. And
# when a certificate expires within so many days.
LEAST_FREE_BYTES = 100 << 20
FREE_BYTES = 1 << 30
EXPIRY_DAYS = 30
# Characters of a field of a log line.
LOG_FIELD = 1000

# Seconds during which a server that stops still answers new calls, with DRAINING.
DRAIN_SECONDS = 0.3
# Seconds before a process is started again that ended as soon as it was started.
RESTART_SECONDS = 1.0

# Seconds that a call over HTTP is given at most, and bytes of an answer that gzip makes smaller.
HTTP_CALL_SECONDS = 30 * 86_400.0
GZIP_BYTES = 1024
# Seconds that a browser remembers what pages of other sites may call.
PREFLIGHT_SECONDS = 7200
# Seconds that a full tile may be kept, which never changes: a year.
TILE_SECONDS = 31_536_000

# How many objects make Python look for cycles of them, of each age. A call leaves few behind:
# looking for them every 700 objects took a quarter of the time.
GC_THRESHOLDS = (20_000, 20, 20)
# Seconds after which a thread that folds lets the event loop have the interpreter. With Python's
# own 5 ms, a call that needs it a few times waits for 100 ms.
SWITCH_SECONDS = 0.0005

# Bytes and fields of a form that a browser sends to the board.
FORM_BYTES = 1 << 20
FORM_FIELDS = 2500
# Sessions of the board that are kept, and seconds after which one ends: since it was last used,
# and since it began.
SESSIONS = 10_000
SESSION_IDLE_SECONDS = 8 * 3600
SESSION_SECONDS = 24 * 3600
# Failed attempts to sign in that one address may make within so many seconds, and addresses whose
# attempts are remembered.
SIGN_IN_FAILURES = 10
SIGN_IN_SECONDS = 60.0
SIGN_IN_ADDRESSES = 10_000
