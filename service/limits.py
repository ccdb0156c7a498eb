"""Every bound of the service, with its unit. Those of texts and names are in the domain."""

# Of a request: gRPC refuses a larger one.
REQUEST_BYTES = 4 << 20
# Of the serialized event of a change. It must fit into a frame with its other fields.
CHANGE_BYTES = 1_000_000
# Of a frame of ReadEvents, and of a part of a bundle.
FRAME_BYTES = 1 << 20
# Of a frame of WatchEvents: all that a client that never reads costs the server.
WATCH_FRAME_BYTES = 1 << 16
# What a page may hold before it is cut short; it has one item more than fits, at least one.
PAGE_BYTES = 1 << 20

# Items of a page: by default, and at most.
DEFAULT_PAGE = 50
MAX_PAGE = 1000
# Names of one BatchGetVisits.
BATCH_NAMES = 1000
# Changes of one ApplyChanges, and of one message of ImportChanges.
APPLY_CHANGES = 100
IMPORT_CHANGES = 1000
# Words of a query.
QUERY_WORDS = 10

# Changes folded or looked at for one page, unless they are of one visit.
PAGE_CHANGES = 5_000
# Positions looked at for one page of ListChanges, unless they are of one visit.
PAGE_POSITIONS = 50_000

# Seconds to wait for ``min_position`` if the call has no deadline.
FRESH_SECONDS = 10.0
# Seconds to wait for a position that another server may just have committed.
BEHIND_SECONDS = 0.5
