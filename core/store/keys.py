"""Every key that this project keeps in Redis, and what it holds: the one table of them.

The Lua scripts see the same table as ``KEY.JOB`` and so on (see :mod:`core.store.scripts`). A name
that ends with a colon is a family: an id follows. The broker's own keys (the lists of bells,
named for the queues) are Celery's and are described in :mod:`core.store.doorbell`.
"""

from __future__ import annotations

from enum import StrEnum

PREFIX = "df:"


class Key(StrEnum):
    """Where things are; ``Key.JOB.at(job_id)`` is the whole key."""

    JOB = "job:"
    """Hash by job id: the record. It expires with the job."""

    JOBS = "jobs:"
    """Sorted set by tenant: the ids of its jobs in the order of their creation, by a number that
    only grows (microseconds). It expires with the last of them."""

    TOMBSTONE = "tombstone:"
    """String by job id: the tenant. It outlives the record, so that its tenant can be told that
    the job has expired; a deleted job leaves none."""

    QUEUED = "queued:"
    """Sorted set by queue: the ids of the jobs that wait, by their tags; see decision 42."""

    LINE = "line:"
    """Sorted set by ``queue:tenant``: the ids of the tenant's jobs in QUEUED, by their tags."""

    HEADS = "heads:"
    """Sorted set by queue: the tenants that have a LINE there, by the tag of its first job."""

    LINED = "lined:"
    """Number by queue: the jobs in its lines. Where it is not that of QUEUED, a version was at
    work that knows no lines."""

    PLACES = "places"
    """Number: the highest tag that was given out; a requeued job keeps its tag."""

    TAGS = "tags:"
    """Sorted set by queue: tenants by the tag of the job that they sent last. A tag that virtual
    time has passed is forgotten."""

    VIRTUAL_TIME = "virtual-time:"
    """Number by queue: the tag of the job that was taken last, roughly; it never falls."""

    LEASES = "leases"
    """Sorted set: the ids of the jobs that run, by the time (ms) at which their lease ends."""

    RUNNING = "running:"
    """Set by tenant: the ids of its jobs that run. An id without a lease does not count."""

    WATCHED = "leases-watched"
    """Mark that lives while some worker asks for ended leases; see decision 10."""

    EVENTS = "job-events"
    """Stream: in ``job`` the id of every job that changed; see decision 33. It is capped,
    and gone a minute after the last change."""

    IDEMPOTENCY = "idempotency:"
    """String by the hash of tenant and idempotency key: the id of the job that was made."""

    ANSWERS = "answers:"
    """String by ``tenant:sha256:SHA-1 of the options:SHA-256 of the model``: the id of the job
    whose result answers for the same bytes again."""

    BATCH = "batch:"
    """Hash by batch id: its record, and how many of its files are in which state and got which
    verdict. It expires with the last of its jobs."""

    BATCH_ITEMS = "batch-items:"
    """Hash by batch id: by the number of a file, from 0, JSON of its ``name`` and either its
    ``job`` or the ``error`` for which it got none."""

    BATCHES = "batches:"
    """Sorted set by tenant: the ids of its batches in the order of their creation, as JOBS."""

    CRASHES = "crashes:"
    """Counter by ``tenant:sha256``: workers that the file brought down within 24 h."""

    CHUNKS = "blob:"
    """List by upload id: the bytes, or the names of objects that hold them, see decision 50. It
    expires with the upload, later with its job."""

    UPLOAD = "upload:"
    """Hash by upload id: ``tenant``; ``size``, bytes stored; ``held``, bytes on the accounts (at
    least ``size``); ``objects``, where CHUNKS holds names; ``job``, once a job has taken the
    upload over. One that can be resumed has also ``length``, '' while it is not known;
    ``writer``, the claim of the request that may append; and the client's ``metadata``."""

    EXPIRIES = "upload-expiries"
    """Sorted set: upload ids by the time (ms) at which they and their jobs expire."""

    DOOMED = "doomed-objects"
    """Sorted set: uploads whose objects are to be deleted, by the time (ms) of the next try."""

    BYTES = "bytes-in-flight"
    """Counter: the ``held`` bytes of all uploads."""

    ACCOUNT = "account:"
    """Hash by tenant: ``bytes`` held, ``uploads`` under way, jobs ``queued``, bytes of
    ``evidence``."""

    RATE = "rate:"
    """List by ``tenant:policy``: when (ms) each was let through within the window. It expires with
    the window."""

    EVIDENCE = "evidence:"
    """Hash by job id: ``tenant``; ``frame:N``, a JPEG; ``heat:N:I``, a PNG. It expires by itself,
    not later than its job."""

    EVIDENCE_HELD = "evidence-held"
    """Hash by the whole key of pictures that are kept: how many bytes, a blank, and whose."""

    EVIDENCE_EXPIRIES = "evidence-expiries"
    """Sorted set: the same keys by the time (ms) at which they expire."""

    EVIDENCE_BYTES = "evidence-bytes"
    """Counter: the bytes of all pictures that are kept."""

    FEEDBACK = "feedback:"
    """String by job id: JSON of what its tenant said of the verdict. It outlives the job."""

    FEEDBACK_JOBS = "feedback-jobs:"
    """Sorted set by tenant: job ids by the time (ms) at which the feedback on them expires."""

    FEEDBACK_PICTURES = "feedback-pictures:"
    """Hash by job id: ``frame:N``, JPEGs that the tenant asked to be kept with the feedback."""

    SERVICE_TIMES = "service-times"
    """Hash: by ``queue`` and by ``queue:kind`` the mean of the milliseconds that a job took its
    slot for, and with ``:n`` behind it, of how many jobs; see decision 43."""

    WEBHOOK = "webhook:"
    """Hash by endpoint id: where a tenant wants to hear of events, and the secrets that sign."""

    WEBHOOKS = "webhooks:"
    """Sorted set by tenant: the ids of its endpoints, by the time (ms) at which they were made."""

    SIGNING = "webhook-signing:"
    """Hash by tenant: ``seed`` of its ed25519 key; ``secret`` of its callbacks, once it has one,
    and ``old_secret`` until ``old_until`` (ms)."""

    MESSAGE = "webhook-message:"
    """Hash by message id: one event, and what its body is built of. It goes with the last delivery
    that still needs it."""

    DELIVERY = "webhook-delivery:"
    """Hash by delivery id: one message to one receiver, and what became of each try."""

    DELIVERIES = "webhook-deliveries:"
    """Sorted set by endpoint id, and by the id of the job that a message is about: the ids of
    deliveries, by the time (ms) at which they were made."""

    UNDELIVERED = "webhook-undelivered:"
    """Sorted set by tenant: the deliveries that are not over, by the time (ms) of their making."""

    LANE = "webhook-lane:"
    """Sorted set by tenant and receiver: deliveries by the time (ms) at which they are due, again
    when the lease of a try ends."""

    LANES = "webhook-lanes"
    """Sorted set: the lanes by the time (ms) at which a sender has to look at them."""

    FLIGHTS = "webhook-flights:"
    """Sorted set by lane, and by tenant: deliveries under way, by the end (ms) of their lease."""

    LOOKED_AT = "webhook-looked-at"
    """Number: when (ms) a sender looked last, to tell a clock that was set back. It expires."""

    WORKERS = "workers"
    """Sorted set: worker ids by the time (ms) at which their last heartbeat runs out."""

    HEARTBEATS = "heartbeats"
    """Hash by worker id: the JSON of its last heartbeat."""

    GPU = "gpu:"
    """String by the UUID of a GPU: the worker that leases it. It expires with the lease."""

    API_KEY = "api-key:"
    """Hash by key id: ``tenant``, ``scopes``, ``label``, times in ms, and in ``secret`` and
    ``secret_before`` hashes of what its holder sends. One that has ended goes a month later."""

    API_KEY_HASH = "api-key-hash:"
    """String by the SHA-256 of a secret: the id of its key. It lives as long as the key."""

    API_KEYS = "api-keys"
    """Sorted set, by name: ``tenant:id`` of every key."""

    AUDIT = "audit"
    """Stream: what administrators did, who and from where. It is capped."""

    def at(self, name: str = "", *, prefix: str = PREFIX) -> str:
        """The key of this family for ``name``."""
        return f"{prefix}{self}{name}"
