"""Options of speaker diarization, declared once for `diarize` and `transcribe --diarize`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from audiocli.cli.requests import CommandRequest
from audiocli.errors import UsageError

if TYPE_CHECKING:
    from audiocli.models.protocols.speakers import SpeakerCount

SPEAKERS = "Speaker options"  # heading in the help

NumSpeakersOption = Annotated[
    int | None,
    typer.Option(
        "--num-speakers",
        min=1,
        metavar="N",
        help="Number of speakers, if known.",
        show_default=False,
        rich_help_panel=SPEAKERS,
    ),
]
MinSpeakersOption = Annotated[
    int | None,
    typer.Option(
        "--min-speakers",
        min=1,
        metavar="N",
        help="Minimum number of speakers.",
        show_default=False,
        rich_help_panel=SPEAKERS,
    ),
]
MaxSpeakersOption = Annotated[
    int | None,
    typer.Option(
        "--max-speakers",
        min=1,
        metavar="N",
        help="Maximum number of speakers.",
        show_default=False,
        rich_help_panel=SPEAKERS,
    ),
]
ClusteringThresholdOption = Annotated[
    float | None,
    typer.Option(
        "--clustering-threshold",
        min=0.0,
        max=2.0,
        metavar="DISTANCE",
        help="Maximum cosine distance between voices of one speaker; a lower value finds more "
        "speakers. Default: 0.45.",
        show_default=False,
        rich_help_panel=SPEAKERS,
    ),
]
IdentifySpeakersOption = Annotated[
    bool,
    typer.Option(
        "--identify-speakers",
        help="Name the speakers enrolled with `audiocli voices enroll`.",
        rich_help_panel=SPEAKERS,
    ),
]
ChannelSpeakersOption = Annotated[
    bool,
    typer.Option(
        "--channel-speakers",
        help="Treat each channel as one speaker, as in recorded calls.",
        rich_help_panel=SPEAKERS,
    ),
]
LinkSpeakersOption = Annotated[
    bool,
    typer.Option(
        "--link-speakers",
        help="Use the same label for the same speaker in all inputs.",
        rich_help_panel=SPEAKERS,
    ),
]


@dataclass(frozen=True, kw_only=True)
class SpeakerRequest(CommandRequest):
    """Options of speaker diarization.

    Raises
    ------
    UsageError : the numbers of speakers contradict each other
    """

    num_speakers: NumSpeakersOption = None
    min_speakers: MinSpeakersOption = None
    max_speakers: MaxSpeakersOption = None
    clustering_threshold: ClusteringThresholdOption = None
    identify_speakers: IdentifySpeakersOption = False
    link_speakers: LinkSpeakersOption = False
    channel_speakers: ChannelSpeakersOption = False

    def __post_init__(self) -> None:
        if self.num_speakers and (self.min_speakers or self.max_speakers):
            raise UsageError("--num-speakers excludes --min-speakers and --max-speakers")
        if self.min_speakers and self.max_speakers and self.min_speakers > self.max_speakers:
            raise UsageError(
                f"--min-speakers {self.min_speakers} is more than "
                f"--max-speakers {self.max_speakers}"
            )

    @property
    def count(self) -> SpeakerCount:
        """The number of speakers, or its bounds, if known."""
        from audiocli.models.protocols.speakers import SpeakerCount

        return SpeakerCount(
            num_speakers=self.num_speakers,
            min_speakers=self.min_speakers,
            max_speakers=self.max_speakers,
        )
