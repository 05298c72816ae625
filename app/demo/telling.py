"""Tells the story on the terminal: the time, who, and what happened, one line after another."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.core.clock import LONDON

_WIDTH = 78
_COLOURS = {
    "police": "blue", "service": "cyan", "key adult": "green", "reviewer": "magenta",
    "desk": "yellow", "force lead": "bright_white",
}  # fmt: skip


class Telling:
    """Writes to one console; quiet where nobody watches."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def opening(self, *paragraphs: str) -> None:
        """Say what this is."""
        for paragraph in paragraphs:
            self.console.print(paragraph)
        self.console.print()

    def chapter(self, title: str) -> None:
        """Begin a part of the night."""
        self.console.rule(f"[bold]{title}", align="left", style="dim")

    def line(self, at: datetime, who: str, what: str) -> None:
        """Tell one thing: London's time, who did it, what happened."""
        row = Table.grid(padding=(0, 1))
        row.add_column(width=5)
        row.add_column(width=10)
        row.add_column(overflow="fold")
        row.add_row(
            Text(f"{at.astimezone(LONDON):%H:%M}", style="bold"),
            Text(who, style=_COLOURS.get(who, "")), Text(what),
        )  # fmt: skip
        self.console.print(row)

    def table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str | Text]]
    ) -> None:
        """Show a table."""
        drawn = Table(*columns, title=title, title_justify="left", header_style="bold")
        for row in rows:
            drawn.add_row(*row)
        self.console.print()
        self.console.print(drawn)

    def panel(self, title: str, text: str) -> None:
        """Show something whole, as somebody saw it."""
        self.console.print(
            Panel(Text(text.strip()), title=title, title_align="left", style="dim", width=_WIDTH)
        )
