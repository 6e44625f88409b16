"""Reading Prometheus text."""

import re

_SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Stats:
    """One reading of `/stats`."""

    def __init__(self, text: str) -> None:
        self.samples: list[tuple[str, dict[str, str], float]] = []
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            match = _SAMPLE.match(line)
            assert match, f"not a sample: {line!r}"
            labels = {name: re.sub(r"\\(.)", r"\1", value) for name, value in _LABEL.findall(match["labels"] or "")}
            self.samples.append((match["name"], labels, float(match["value"])))

    def total(self, name: str, **labels: object) -> float:
        """The sum of the samples of `name` that carry these labels (0 without any)."""
        return sum(value for _, value in self.select(name, **labels))

    def select(self, name: str, **labels: object) -> list[tuple[dict[str, str], float]]:
        wanted = {key: str(value) for key, value in labels.items()}
        return [
            (found, value)
            for sample, found, value in self.samples
            if sample == name and wanted.items() <= found.items()
        ]
