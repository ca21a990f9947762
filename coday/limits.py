"""How much of what people may have, and how long: settings that an operator may change (see README.md)."""

from __future__ import annotations

from coday.env import env

CODAY_MAX_MESSAGE_CHARS = env.int("CODAY_MAX_MESSAGE_CHARS", default=200_000)
CODAY_MAX_IMAGES = env.int("CODAY_MAX_IMAGES", default=10)
CODAY_MAX_ALSO = env.int("CODAY_MAX_ALSO", default=5)  # others who are asked the same at once
CODAY_MAX_FORK_RUNS = env.int("CODAY_MAX_FORK_RUNS", default=5_000)
CODAY_MAX_IMAGE_BYTES = env.int("CODAY_MAX_IMAGE_BYTES", default=20 * 1024 * 1024)
CODAY_MAX_IMAGE_PIXELS = env.int("CODAY_MAX_IMAGE_PIXELS", default=50_000_000)
CODAY_MAX_SKILLS = env.int("CODAY_MAX_SKILLS", default=100)  # of one person
CODAY_MAX_SKILL_SOURCES = env.int("CODAY_MAX_SKILL_SOURCES", default=100)
CODAY_MAX_SOURCE_BYTES = env.int("CODAY_MAX_SOURCE_BYTES", default=20 * 1024 * 1024)
CODAY_MAX_SOURCE_CHARS = env.int("CODAY_MAX_SOURCE_CHARS", default=2_000_000)
CODAY_MAX_SOURCE_PAGES = env.int("CODAY_MAX_SOURCE_PAGES", default=2_000)
CODAY_SOURCE_SECONDS = env.float("CODAY_SOURCE_SECONDS", default=30.0)  # that reading a file may take
CODAY_PII_CHARS = env.int("CODAY_PII_CHARS", default=200_000)  # that are made anonymous at once
CODAY_MAX_FRAME_BYTES = env.int("CODAY_MAX_FRAME_BYTES", default=2 * 1024 * 1024)
CODAY_MAX_FACTS = env.int("CODAY_MAX_FACTS", default=100)  # that are remembered of one person
CODAY_MAX_TAGS = env.int("CODAY_MAX_TAGS", default=200)  # of one person
CODAY_MAX_TAGS_OF_RUN = env.int("CODAY_MAX_TAGS_OF_RUN", default=20)  # and of one thread
CODAY_MAX_GROUPS = env.int("CODAY_MAX_GROUPS", default=100)  # of one thread
CODAY_MAX_FOLDERS = env.int("CODAY_MAX_FOLDERS", default=100)  # of one person
CODAY_MAX_IMPORT_BYTES = env.int("CODAY_MAX_IMPORT_BYTES", default=200 * 1024 * 1024)  # of one file that comes in
CODAY_MAX_IMPORT_UNPACKED_BYTES = env.int("CODAY_MAX_IMPORT_UNPACKED_BYTES", default=1024 * 1024 * 1024)
CODAY_MAX_IMPORT_THREADS = env.int("CODAY_MAX_IMPORT_THREADS", default=20_000)  # in one file
CODAY_MAX_IMPORT_RUNS = env.int("CODAY_MAX_IMPORT_RUNS", default=20_000)  # of one thread in it
CODAY_MAX_IMPORT_DEPTH = env.int("CODAY_MAX_IMPORT_DEPTH", default=100)  # of values inside each other
CODAY_MAX_COMMANDS = env.int("CODAY_MAX_COMMANDS", default=50)  # of one message
CODAY_MAX_TEMPLATES = env.int("CODAY_MAX_TEMPLATES", default=200)  # of one person
CODAY_MAX_TEMPLATE_DEPTH = env.int("CODAY_MAX_TEMPLATE_DEPTH", default=5)  # templates inside each other
CODAY_MAX_SCHEDULES = env.int("CODAY_MAX_SCHEDULES", default=20)  # of one person
CODAY_MIN_SCHEDULE_SECONDS = env.int("CODAY_MIN_SCHEDULE_SECONDS", default=300)  # between two starts
CODAY_SCHEDULE_GRACE_SECONDS = env.int("CODAY_SCHEDULE_GRACE_SECONDS", default=60)  # a later start was missed
CODAY_SCHEDULE_SLOT_DAYS = env.int("CODAY_SCHEDULE_SLOT_DAYS", default=90)  # that past slots are kept
CODAY_MAX_QUEUED_RUNS = env.int("CODAY_MAX_QUEUED_RUNS", default=20)
CODAY_MAX_RUNS = env.int("CODAY_MAX_RUNS", default=500)  # at once in this process
CODAY_MAX_RUNS_PER_USER = env.int("CODAY_MAX_RUNS_PER_USER", default=500)  # at once everywhere
CODAY_AUTO_SUMMARY = env.bool("CODAY_AUTO_SUMMARY", default=True)  # of what has no room in a model's window
CODAY_PROVIDER_ATTEMPTS = env.int("CODAY_PROVIDER_ATTEMPTS", default=3)
CODAY_UNDO_SECONDS = env.int("CODAY_UNDO_SECONDS", default=86_400)  # that a removed run can be brought back
CODAY_MAX_OPERATIONS = env.int("CODAY_MAX_OPERATIONS", default=50)  # reminders and jobs of one person that go on
CODAY_CALLBACKS_PER_MINUTE = env.float("CODAY_CALLBACKS_PER_MINUTE", default=600.0)  # from one address
CODAY_SHARE_LINKS = env.bool("CODAY_SHARE_LINKS", default=True)  # whether whoever has a link may read what was shared
CODAY_SHARE_REVEALED = env.str(
    "CODAY_SHARE_REVEALED", default="people"
)  # to whom masks may be lifted: nobody, people, links
CODAY_MAX_SHARES = env.int("CODAY_MAX_SHARES", default=500)  # of one person, revoked ones left out
CODAY_MAX_SHARE_BYTES = env.int(
    "CODAY_MAX_SHARE_BYTES", default=20 * 1024 * 1024
)  # of one snapshot, its images left out
CODAY_SHARED_PER_MINUTE = env.float("CODAY_SHARED_PER_MINUTE", default=600.0)  # looks at links from one address
