"""The dependency graph, drawn like the log of a version control system: apps are lanes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import escape

from migration_tools.history.files import in_order
from migration_tools.history.statuses import Mark, MigrationStatus, State, Survey

STYLE = (
    "text{font:12px monospace}circle{fill:#116329;stroke:#116329;stroke-width:2}"
    ".ring{fill:none}.edge{fill:none;stroke:#57606a;stroke-width:1.5}"
    ".pending circle,.partial circle,.unknown circle,.replaced circle{fill:#fff;stroke:#7d4e00}"
    ".ghost circle{fill:#fff;stroke:#a40e26;stroke-dasharray:2 2}"
    ".conflict circle,.broken circle{fill:#a40e26;stroke:#a40e26}"
)
ROW, LANE, MARGIN, RADIUS = 22, 16, 14, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    migration: MigrationStatus
    lane: int
    row: int

    @property
    def x(self) -> int:
        return MARGIN + self.lane * LANE

    @property
    def y(self) -> int:
        return MARGIN + self.row * ROW


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """``nodes`` newest first; ``edges`` from a migration to one that it depends on."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[Node, Node], ...]
    lanes: tuple[str, ...]


def layout(survey: Survey) -> Graph:
    migrations = {m.label: m for m in survey.migrations()}
    links = {label: _parents(m, migrations) for label, m in migrations.items()}
    order = list(reversed(in_order(links)))
    lanes = tuple(app.label for app in survey.apps if app.migrations)
    nodes = {
        label: Node(migration=migrations[label], lane=lanes.index(migrations[label].app), row=row)
        for row, label in enumerate(order)
    }
    edges = tuple(
        (nodes[label], nodes[parent])
        for label in order
        for parent in links[label]
        if parent in nodes
    )
    return Graph(nodes=tuple(nodes.values()), edges=edges, lanes=lanes)


def _parents(migration: MigrationStatus, known: dict[str, MigrationStatus]) -> tuple[str, ...]:
    """A ghost depends on nothing that is known: it hangs on what stands before it in its app."""
    if migration.state is not State.GHOST:
        return migration.dependencies
    own = [m for m in known.values() if m.app == migration.app]
    place = own.index(migration)
    return (own[place - 1].label,) if place else ()


def kind(migration: MigrationStatus) -> str:
    """One word for how a node is drawn; also its class in the page."""
    if Mark.CONFLICT in migration.marks:
        return "conflict"
    if Mark.INCONSISTENT in migration.marks or Mark.HALF_DONE in migration.marks:
        return "broken"
    return str(migration.state.value)


# --- as a drawing -----------------------------------------------------------------------------


def svg_file(graph: Graph) -> str:
    """A drawing that stands by itself, with its colours."""
    return svg(graph).replace(">", f">\n<style>{STYLE}</style>", 1)


def svg(graph: Graph) -> str:
    """Colours come from the classes, so that the page's light and dark themes hold."""
    text = MARGIN + len(graph.lanes) * LANE + 8
    longest = max((len(node.migration.label) for node in graph.nodes), default=0)
    width, height = text + longest * 8 + MARGIN, MARGIN * 2 + max(len(graph.nodes) - 1, 0) * ROW
    parts = [
        (
            f'<svg class="graph" xmlns="http://www.w3.org/2000/svg" role="img" '
            f'aria-label="Dependencies of {len(graph.nodes)} migrations" '
            f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        ),
        *(_edge(child, parent) for child, parent in graph.edges),
        *(_node(node, text) for node in graph.nodes),
        "</svg>",
    ]
    return "\n".join(parts)


def _edge(child: Node, parent: Node) -> str:
    start, end, below = f"M{child.x} {child.y}", f"{parent.x} {parent.y}", child.y + ROW
    if child.lane != parent.lane:
        path = f"{start}C{parent.x} {child.y} {parent.x} {child.y} {parent.x} {below}V{parent.y}"
    elif parent.row == child.row + 1:
        path = f"{start}V{parent.y}"
    else:
        # Past what stands between them in the same lane.
        bend = child.x - LANE // 2 + 1
        path = f"{start}C{bend} {below} {bend} {parent.y - ROW} {end}"
    return f'<path class="edge lane{parent.lane % 6}" d="{path}"/>'


def _node(node: Node, text: int) -> str:
    migration = node.migration
    shape = f'<circle cx="{node.x}" cy="{node.y}" r="{RADIUS}"/>'
    if migration.replaces:  # several in one
        shape += f'<circle class="ring" cx="{node.x}" cy="{node.y}" r="{RADIUS + 2}"/>'
    label = escape(migration.label)
    told = escape(f"{migration.label}: {', '.join([migration.state, *migration.marks])}")
    return (
        f'<g class="node {kind(migration)}"><title>{told}</title>{shape}'
        f'<text x="{text}" y="{node.y + 4}">{label}</text></g>'
    )


# --- for other tools --------------------------------------------------------------------------


def mermaid(graph: Graph) -> str:
    return "\n".join(["graph BT", *_mermaid(graph)])


def _mermaid(graph: Graph) -> Iterator[str]:
    for lane, app in enumerate(graph.lanes):
        yield f'  subgraph app{lane}["{_bare(app)}"]'
        for node in graph.nodes:
            if node.lane == lane:
                shown = f"{node.migration.name}{_suffix(node.migration)}"
                yield f'    n{node.row}["{_bare(shown)}"]:::{kind(node.migration)}'
        yield "  end"
    for child, parent in graph.edges:
        yield f"  n{child.row} --> n{parent.row}"
    yield "  classDef pending stroke-dasharray: 4 3"
    yield "  classDef ghost stroke:#c00,stroke-dasharray: 2 2"
    yield "  classDef conflict stroke:#c00,stroke-width:3px"
    yield "  classDef broken stroke:#c00,stroke-width:3px"


def _bare(text: str) -> str:
    """Mermaid reads HTML entities, but its own take a number sign."""
    return "".join(c if c.isalnum() or c in "_-. ()," else f"#{ord(c)};" for c in text)


def _suffix(migration: MigrationStatus) -> str:
    word = kind(migration)
    return "" if word == State.APPLIED else f" ({word})"


def dot(graph: Graph) -> str:
    return "\n".join(
        ["digraph migrations {", "  rankdir=BT;", "  node [shape=box];", *_dot(graph), "}"]
    )


def _dot(graph: Graph) -> Iterator[str]:
    styles = {"pending": "dashed", "ghost": "dotted"}
    for lane, app in enumerate(graph.lanes):
        yield f"  subgraph cluster_{lane} {{ label={_quoted(app)};"
        for node in graph.nodes:
            if node.lane == lane:
                word = kind(node.migration)
                colour = ' color="red"' if word in ("ghost", "conflict", "broken") else ""
                label = _quoted(f"{node.migration.name}{_suffix(node.migration)}")
                yield f"    n{node.row} [label={label} style={styles.get(word, 'solid')}{colour}];"
        yield "  }"
    for child, parent in graph.edges:
        yield f"  n{child.row} -> n{parent.row};"


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
