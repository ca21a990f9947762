"""The shapes of exports and imports."""

from __future__ import annotations

from rest_framework import serializers

from coday.edge.parameters import ListQuery
from coday.edge.serializers import StrictSerializer
from runs.exchange.importing import SOURCES
from threads.api.schema import Shape

FORMATS = ("json", "markdown")
MASKS = ("keep", "reveal")


class ExportQuery(ListQuery):
    """How an export is written."""

    format = serializers.ChoiceField(choices=FORMATS, default="json")
    masks = serializers.ChoiceField(
        choices=MASKS,
        default="keep",
        help_text="Of anonymous conversations: tokens alone, or what they stand for, too.",
    )


class ThreadExportQuery(ExportQuery):
    """How a conversation is exported."""

    branch = serializers.ChoiceField(choices=("all", "shown"), default="all")


class ExportBody(StrictSerializer):
    """The body of `POST exports/`: runs, conversations, or everything."""

    runs = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=10_000, required=False)
    threads = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=10_000, required=False)
    everything = serializers.BooleanField(required=False)
    format = serializers.ChoiceField(choices=FORMATS, default="json")
    masks = serializers.ChoiceField(choices=MASKS, default="keep")

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """One of the three, and nothing else."""
        if sum(bool(attrs.get(name)) for name in ("runs", "threads", "everything")) != 1:
            raise serializers.ValidationError("Name runs, or threads, or everything.")
        return attrs


class ImportQuery(ListQuery):
    """How a file is imported."""

    dry_run = serializers.BooleanField(default=False, help_text="Say what would come, and bring nothing in.")
    source = serializers.ChoiceField(choices=("auto", *SOURCES), default="auto")  # type: ignore[assignment]  # a field
    changed = serializers.ChoiceField(
        choices=("skip", "copy"),
        default="skip",
        help_text="What becomes of a conversation that came in before and differs now: nothing, or another one.",
    )


class ImportUpload(serializers.Serializer[object]):
    """The form of an import."""

    file = serializers.FileField(allow_empty_file=True, max_length=255)


class ImportedThreadShape(Shape):
    """What became of one conversation: `thread_id` is what it has become or is; `refused` says that it did not come in."""

    source_id = serializers.CharField(allow_blank=True)
    title = serializers.CharField(allow_blank=True)
    runs = serializers.IntegerField()
    messages = serializers.IntegerField()
    images = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["new", "known", "changed"])
    thread_id = serializers.UUIDField(required=False)
    refused = serializers.BooleanField(required=False)
    brought = serializers.BooleanField(required=False)
    problems = serializers.ListField(child=serializers.CharField())


class ImportCountsShape(Shape):
    """Figures of all conversations in the file; runs, messages and images are those of conversations that are not refused."""

    threads = serializers.IntegerField()
    new = serializers.IntegerField()
    known = serializers.IntegerField()
    changed = serializers.IntegerField()
    refused = serializers.IntegerField()
    brought = serializers.IntegerField()
    runs = serializers.IntegerField()
    messages = serializers.IntegerField()
    images = serializers.IntegerField()


class ImportReportShape(Shape):
    """What an import did or, as a dry run, would do."""

    source = serializers.ChoiceField(choices=SOURCES)  # type: ignore[assignment]  # DRF takes fields out of the class
    dry_run = serializers.BooleanField()
    threads = ImportedThreadShape(many=True)
    counts = ImportCountsShape()
