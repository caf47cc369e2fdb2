"""Options that tell speakers apart, declared once for `diarize` and `transcribe --diarize`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from audiocli.errors import UsageError

if TYPE_CHECKING:
    from audiocli.models.protocols.speakers import SpeakerCount

SPEAKERS = "Speakers"  # heading in the help

NumSpeakersOption = Annotated[
    int | None,
    typer.Option(
        "--num-speakers",
        min=1,
        metavar="N",
        help="Number of speakers, where it is known.",
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
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        min=0.0,
        max=2.0,
        metavar="DISTANCE",
        help="Cosine distance up to which two voices are one speaker's; less finds more "
        "speakers. Default: 0.45.",
        show_default=False,
        rich_help_panel=SPEAKERS,
    ),
]
VoicesOption = Annotated[
    bool,
    typer.Option(
        "--voices",
        help="Name the speakers that `audiocli voices` knows.",
        rich_help_panel=SPEAKERS,
    ),
]
ChannelSpeakersOption = Annotated[
    bool,
    typer.Option(
        "--channel-speakers",
        help="Each channel holds one speaker, as calls do.",
        rich_help_panel=SPEAKERS,
    ),
]
LinkSpeakersOption = Annotated[
    bool,
    typer.Option(
        "--link-speakers",
        help="Give the same person the same name in every input.",
        rich_help_panel=SPEAKERS,
    ),
]


@dataclass(frozen=True, kw_only=True)
class SpeakerOptions:
    """How speakers are told apart.

    Attributes
    ----------
    model : None is the default
    num_speakers, min_speakers, max_speakers : what is known of their number
    threshold : cosine distance; None is the default
    voices : whether enrolled speakers are named
    link_speakers : whether a person keeps one name over all inputs

    Raises
    ------
    UsageError : the numbers of speakers contradict each other
    """

    model: str | None = None
    num_speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None
    threshold: float | None = None
    voices: bool = False
    link_speakers: bool = False

    def __post_init__(self) -> None:
        if self.num_speakers and (self.min_speakers or self.max_speakers):
            raise UsageError("--num-speakers leaves nothing to --min-speakers and --max-speakers")
        if self.min_speakers and self.max_speakers and self.min_speakers > self.max_speakers:
            raise UsageError(
                f"--min-speakers {self.min_speakers} is more than "
                f"--max-speakers {self.max_speakers}"
            )

    @property
    def count(self) -> SpeakerCount:
        """What is known of the number of speakers."""
        from audiocli.models.protocols.speakers import SpeakerCount

        return SpeakerCount(
            num_speakers=self.num_speakers,
            min_speakers=self.min_speakers,
            max_speakers=self.max_speakers,
        )

    @property
    def given(self) -> list[str]:
        """Names of the options that are not at their defaults, as on the command line."""
        named = {
            "--diarize-model": self.model,
            "--num-speakers": self.num_speakers,
            "--min-speakers": self.min_speakers,
            "--max-speakers": self.max_speakers,
            "--threshold": self.threshold is not None,
            "--voices": self.voices,
            "--link-speakers": self.link_speakers,
        }
        return [name for name, value in named.items() if value]
