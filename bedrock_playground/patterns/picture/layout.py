"""Where boxes and arrows stand: stages from left to right, or from top to bottom where there is little room.

All lengths are CSS pixels at the picture's own size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from bedrock_playground.invocation.trace import Trace
from bedrock_playground.patterns.members import Member, Pattern, Solo
from bedrock_playground.patterns.picture.arrangement import Arrangement, Stage, arrangement
from bedrock_playground.patterns.picture.path import Seen, answerers, belongs, seen

Point: TypeAlias = tuple[float, float]
Axis: TypeAlias = Literal["across", "down"]

BOX = (216.0, 76.0)
"""Width and height of a role's box."""
END = (72.0, 34.0)
"""Width and height of what a pattern begins and ends with."""
GAP_ALONG = 52.0
"""Between stages: room for an arrow and its word."""
GAP_BESIDE = 14.0
"""Between what stands beside each other."""
PADDING = 12.0
GUTTER = 18.0
"""Between boxes and a line that goes round them."""
HEAD = 26.0
"""Height of a group's title."""

PROMPT, ANSWER = "\0prompt", "\0answer"
"""The boxes that a pattern begins and ends with."""
_MOST_ASIDE = 3
_LETTER = 6.2
"""Width of a letter of an arrow's word."""
_NOBODY = {
    "embedding": "embedding model",
    "question": "embedding model",
    "passages": "embedding model",
    "kept": "an answer from before",
}
"""Who answers in a role that no model of the pattern's own plays."""
_ENDS = {PROMPT: "Prompt", ANSWER: "Answer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A role, a pattern inside the pattern, or one of the two ends."""

    key: str
    """Which: the roles from the outside in, joined by ``/``."""
    x: float
    y: float
    width: float
    height: float
    title: str
    """The first line: who."""
    role: str = ""
    """What for; empty at the two ends."""
    seen: Seen | None = None
    """What a run did with it; ``None`` before there is one, and at the two ends."""
    detail: str = ""
    """How it is asked, in a few words."""
    where: str = ""
    """The Region, if it is another one than the connection's."""
    group: bool = False
    """Whether boxes stand in it."""

    def moved(self, dx: float, dy: float) -> Box:
        """The same elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A way from a box to another."""

    points: tuple[Point, ...]
    """Corners; the head is at the last one."""
    word: str = ""
    """What it says beside itself."""
    dashed: bool = False
    """Whether it is taken under a condition alone."""
    taken: bool | None = None
    """Whether a run went that way; ``None`` before there is one."""

    def moved(self, dx: float, dy: float) -> Arrow:
        """The same elsewhere."""
        return replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture: what stands where."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    """Groups before what stands in them."""
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What a run did, as far as it got."""

    trace: Trace
    """Its calls and decisions."""
    run_id: str
    """The run of the pattern that is drawn."""
    over: bool
    """Whether it is over."""
    failed: bool = False
    """Whether it came to no answer."""


def draw(pattern: Pattern, course: Course | None = None, *, axis: Axis = "across") -> Drawing:
    """Lay a pattern out.

    Args:
        pattern: The pattern.
        course: What a run of it did; ``None``: just the pattern.
        axis: From left to right, or from top to bottom.
    """
    return _Layout(pattern, course, axis, prefix="", ends=True).drawing()


@dataclass(frozen=True, slots=True)
class _Placed:
    """A stage that was laid out."""

    placed: list[tuple[Drawing, str, float, float]]
    """What, which role, and where in the stage: along and across."""
    length: float
    breadth: float


class _Layout:
    """One pattern's boxes and arrows; those inside it are laid out first."""

    def __init__(
        self, pattern: Pattern, course: Course | None, axis: Axis, *, prefix: str, ends: bool
    ) -> None:
        self._course = course
        self._axis = axis
        self._prefix = prefix
        self._ends = ends
        self._plan = _with_what_came(arrangement(pattern), course)
        self._boxes: list[Box] = []
        self._arrows: list[Arrow] = []
        self._places: dict[str, Box] = {}
        roles = self._plan.roles
        self._seen: dict[str, Seen] = {
            role: seen(course.trace, course.run_id, role, over=course.over, roles=roles)
            if course
            else Seen(fate="waiting")
            for role in roles
        }
        self._answered: tuple[str, ...] = ()
        if course is not None and course.over and not course.failed:
            self._answered = answerers(course.trace, course.run_id, self._plan.answers)
            self._seen |= {role: replace(self._seen[role], fate="taken") for role in self._answered}

    def drawing(self) -> Drawing:
        along = 0.0
        stages = [self._stage(stage) for stage in self._plan.stages]
        widest = max((stage.breadth for stage in stages), default=0.0)
        if self._ends:
            along = self._end(PROMPT, along=along, widest=widest) + GAP_ALONG
        for place, stage in enumerate(stages):
            if place:
                along += self._gap(self._plan.stages[place])
            offset = (widest - stage.breadth) / 2
            for drawing, role, further, across in stage.placed:
                self._put(drawing, role, self._xy(along + further, offset + across))
            along += stage.length
        if self._ends:
            self._end(ANSWER, along=along + GAP_ALONG, widest=widest)
        self._connect(widest)
        self._aside()
        return self._whole()

    def _gap(self, stage: Stage) -> float:
        """Room before a stage: for an arrow, and for its word where that stands above it."""
        return max(GAP_ALONG, _LETTER * len(stage.word) + 22) if self._axis == "across" else GAP_ALONG

    def _aside(self) -> None:
        """Put those who never answer below everything else."""
        below = max((y for _, y in self._corners()), default=0.0) + GAP_BESIDE
        x = min((place.x for key, place in self._places.items() if key not in _ENDS), default=0.0)
        for role, member in self._plan.aside:
            drawing = self._member(role, member)
            self._put(drawing, role, (x, below))
            if self._axis == "across":
                x += drawing.width + GAP_ALONG
            else:
                below += drawing.height + GAP_BESIDE

    # Boxes

    def _stage(self, stage: Stage) -> _Placed:
        """Lay out what stands beside each other; where there is little room, one below the other."""
        placed: list[tuple[Drawing, str, float, float]] = []
        length = breadth = used = 0.0
        for role, member in stage.roles:
            drawing = self._member(role, member)
            if self._axis == "across":
                placed.append((drawing, role, 0.0, used))
                length = max(length, drawing.width)
                used += drawing.height + GAP_BESIDE
            else:
                placed.append((drawing, role, used, 0.0))
                breadth = max(breadth, drawing.width)
                used += drawing.height + GAP_BESIDE
        used -= GAP_BESIDE
        if self._axis == "down":
            placed = [
                (drawing, role, further, (breadth - drawing.width) / 2)
                for drawing, role, further, _ in placed
            ]
        return _Placed(placed, length, used) if self._axis == "across" else _Placed(placed, used, breadth)

    def _member(self, role: str, member: Member | None) -> Drawing:
        key, told = f"{self._prefix}{role}", self._seen[role] if self._course else None
        if not isinstance(member, Pattern):
            box = Box(
                key=key,
                x=0,
                y=0,
                width=BOX[0],
                height=BOX[1],
                title=member.title if member is not None else _NOBODY.get(role, role),
                role=role,
                seen=told,
                detail=_detail(member) if member is not None else "",
                where=self._plan.where.get(role, ""),
            )
            return Drawing(*BOX, (box,), ())
        inner = _Layout(member, self._inside(role), self._axis, prefix=f"{key}/", ends=False).drawing()
        width = max(inner.width, BOX[0]) + 2 * PADDING
        height = inner.height + HEAD + 2 * PADDING
        group = Box(
            key=key,
            x=0,
            y=0,
            width=width,
            height=height,
            title=member.title,
            role=role,
            seen=told,
            group=True,
        )
        dx, dy = (width - inner.width) / 2, HEAD + PADDING
        boxes = (group, *(box.moved(dx, dy) for box in inner.boxes))
        return Drawing(width, height, boxes, tuple(arrow.moved(dx, dy) for arrow in inner.arrows))

    def _inside(self, role: str) -> Course | None:
        """What the run did inside a role that is a pattern; its last call counts."""
        if self._course is None or not (calls := self._seen[role].calls):
            return self._course and replace(self._course, run_id="")
        last = calls[-1]
        return Course(self._course.trace, last.run_id, last.ended is not None, last.state != "completed")

    def _put(self, drawing: Drawing, role: str, at: Point) -> None:
        x, y = at
        boxes = [box.moved(x, y) for box in drawing.boxes]
        self._boxes += boxes
        self._arrows += [arrow.moved(x, y) for arrow in drawing.arrows]
        self._places[role] = boxes[0]

    def _end(self, key: str, *, along: float, widest: float) -> float:
        width, height = END
        length, breadth = (width, height) if self._axis == "across" else (height, width)
        x, y = self._xy(along, (widest - breadth) / 2)
        box = Box(key=f"{self._prefix}{key}", x=x, y=y, width=width, height=height, title=_ENDS[key])
        self._boxes.append(box)
        self._places[key] = box
        return along + length

    def _xy(self, along: float, across: float) -> Point:
        return (along, across) if self._axis == "across" else (across, along)

    # Arrows

    def _connect(self, widest: float) -> None:
        before: list[str] = [PROMPT] if self._ends else []
        for stage in self._plan.stages:
            roles = [role for role, _ in stage.roles]
            for source in before:
                for target in roles:
                    self._arrow(source, target, stage, widest=widest)
            before = roles
        if not self._ends:
            return
        direct = set(before)
        for role in self._plan.answers:
            if role in direct:
                self._arrow(role, ANSWER, Stage((), "then"), widest=widest)
            else:
                self._round(role, widest)

    def _arrow(self, source: str, target: str, stage: Stage, *, widest: float) -> None:
        start, end = self._places[source], self._places[target]
        self._arrows.append(
            Arrow(
                points=_way(start, end, self._axis, widest=widest),
                word=stage.word,
                dashed=stage.link in {"else", "one"},
                taken=self._taken(source, target),
            )
        )

    def _round(self, role: str, widest: float) -> None:
        """The way from a stage that is not the last one straight to the answer, round the others."""
        start, end, bus = self._places[role], self._places[ANSWER], widest + GUTTER
        points: tuple[Point, ...]
        if self._axis == "across":
            x, to = start.x + start.width / 2, end.x + end.width / 2
            points = ((x, start.y + start.height), (x, bus), (to, bus), (to, end.y + end.height))
        else:
            points = _by_the_side(start, end, bus, right=True)
        taken = self._taken(role, ANSWER)
        self._arrows.append(Arrow(points=points, word=self._plan.early, dashed=True, taken=taken))

    def _taken(self, source: str, target: str) -> bool | None:
        course = self._course
        if course is None:
            return None
        if target == ANSWER:
            return source in self._answered
        return bool(self._seen[target].calls) and (source == PROMPT or bool(self._seen[source].calls))

    def _whole(self) -> Drawing:
        corners = [*self._corners()]
        left = min((x for x, _ in corners), default=0.0)
        boxes = tuple(box.moved(-left, 0.0) for box in self._boxes)
        arrows = tuple(arrow.moved(-left, 0.0) for arrow in self._arrows)
        width = max((x for x, _ in corners), default=0.0) - left
        return Drawing(width, max((y for _, y in corners), default=0.0), boxes, arrows)

    def _corners(self) -> Iterator[Point]:
        for box in self._boxes:
            yield box.x, box.y
            yield box.x + box.width, box.y + box.height
        for arrow in self._arrows:
            yield from arrow.points


def _detail(member: Solo) -> str:
    variant = member.variant
    parts = (
        None if variant.temperature is None else f"temperature {variant.temperature:g}",
        None if variant.max_tokens is None else f"max {variant.max_tokens:,}",
    )
    return " · ".join(part for part in parts if part)


def _with_what_came(plan: Arrangement, course: Course | None) -> Arrangement:
    """The plan, and aside what a run asked that is in no role."""
    if course is None:
        return plan
    own = dict.fromkeys(call.role for call in course.trace.own_calls(course.run_id))
    extra = [name for name in own if not any(belongs(name, role, plan.roles) for role in plan.roles)]
    return replace(plan, aside=(*plan.aside, *((name, None) for name in extra[:_MOST_ASIDE])))


def _way(start: Box, end: Box, axis: Axis, *, widest: float) -> tuple[Point, ...]:
    """From a box to one behind it; ``widest`` is how far the widest stage reaches."""
    if axis == "across":
        a = (start.x + start.width, start.y + start.height / 2)
        b = (end.x, end.y + end.height / 2)
        # Near its end: what it begins at may be narrower than its neighbours, which it must not cross.
        middle = b[0] - GAP_ALONG / 2
        return (a, b) if a[1] == b[1] else (a, (middle, a[1]), (middle, b[1]), b)
    if end.y - (start.y + start.height) <= GAP_ALONG:
        a = (start.x + start.width / 2, start.y + start.height)
        b = (end.x + end.width / 2, end.y)
        middle = b[1] - GAP_ALONG / 2
        return (a, b) if a[0] == b[0] else (a, (a[0], middle), (b[0], middle), b)
    # Others stand between them: by the side that is free, on the left where a way divides.
    divides = start.width < end.width
    return _by_the_side(start, end, -GUTTER if divides else widest + GUTTER, right=not divides)


def _by_the_side(start: Box, end: Box, bus: float, *, right: bool) -> tuple[Point, ...]:
    """From the side of a box to the same side of another one below it, along a line beside both."""
    a, b = start.y + start.height / 2, end.y + end.height / 2
    side = (start.x + start.width, end.x + end.width) if right else (start.x, end.x)
    return (side[0], a), (bus, a), (bus, b), (side[1], b)
