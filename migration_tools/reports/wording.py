"""The sentences: what will happen, to how much, in the user's own names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.measuring import Exactness, Measure
from migration_tools.analysis.questions import LossKind
from migration_tools.analysis.recording import RecordedOperation
from migration_tools.analysis.verdicts import Assessment, Finding, Loss

Quote = Callable[[str], str]
ABOUT = {Exactness.ESTIMATED: "~", Exactness.AT_MOST: "at most "}


def number(measure: Measure | None) -> str:
    """ "1,204", "~1,200" for an estimate, "at most 12", "?" where nobody knows."""
    if measure is None or measure.count is None:
        return "?"
    return f"{ABOUT.get(measure.exactness, '')}{measure.count:,}"


def counted(measure: Measure | None, one: str, many: str = "") -> str:
    """A number with its noun: "1 row", "2 rows", "an unknown number of rows"."""
    many = many or f"{one}s"
    if measure is None or measure.count is None:
        return f"an unknown number of {many}"
    return f"{number(measure)} {one if measure.count == 1 else many}"


def place(table: str, column: str, quote: Quote) -> str:
    if not column:
        return quote(table)
    return ", ".join(f"{quote(table)}.{quote(name)}" for name in column.split(", "))


def operation_phrase(operation: RecordedOperation, *, backwards: bool) -> str:
    """What is done, not what is undone: taking back CreateModel deletes a model."""
    if not backwards or operation.by_engine or operation.by_class:
        return operation.description
    for effect in operation.effects:
        match effect:
            case fx.TableDropped(role=fx.Role.M2M):
                continue  # told with the model or the field it belongs to
            case fx.TableDropped():
                return f"Delete model {effect.model.partition('.')[2]}"
            case fx.ColumnDropped():
                return f"Remove field {effect.column.field}"
            case fx.ColumnAdded():
                return f"Add field {effect.column.field}"
            case fx.ColumnAltered() if effect.old.name == effect.new.name:
                return f"Alter field {effect.new.field}"
        break  # what else an operation does follows from its first effect
    return f"Undo {operation.description}"


KEPT = {"park": "; parked", "copy": "; copied"}


def loss_sentence(loss: Loss, quote: Quote) -> str:
    unkept = f"; not kept: {loss.unkept}" if loss.unkept else ""
    return f"{_loss(loss, quote)}{KEPT.get(loss.archive, '')}{unkept}"


def _loss(loss: Loss, quote: Quote) -> str:
    where = place(loss.table, loss.column, quote)
    reason = f", {loss.reason}" if loss.reason else ""
    match loss.kind:
        case LossKind.TABLE | LossKind.ROWS:
            return f"loses {counted(loss.rows, 'row')} of {where}{reason}"
        case LossKind.COLUMN:
            differing = ""
            if loss.differing is not None and loss.differing != loss.values:
                differing = f", {_differing(loss.differing, loss.reason or 'the default')}"
            if loss.differing is not None:
                reason = ""  # it says what they would come back as
            rows = f" of {counted(loss.rows, 'row')}" if loss.rows.count is not None else ""
            return f"loses {counted(loss.values, 'value')}{rows} in {where}{differing}{reason}"
        case LossKind.FILLS:
            return f"fills {counted(loss.values, 'NULL')} in {where}: {loss.reason}"
    if loss.values is not None and loss.values.count is None:
        return f"may lose values in {where}, how many is unknown: {loss.reason}"
    return f"loses {counted(loss.values, 'value')}, {loss.reason} in {where}"


def _differing(measure: Measure, what: str) -> str:
    if measure.is_zero:
        return f"all of them {what}"
    return f"{number(measure)} of them not {what}"


def finding_sentence(finding: Finding, quote: Quote) -> str:
    """Without the severity: "2 rows of "Cars_specs" are below 0 ("weight")"."""
    rows = f"{counted(finding.rows, 'row')} of {quote(finding.table)}" if finding.table else ""
    column = f" ({', '.join(map(quote, finding.column.split(', ')))})" if finding.column else ""
    hazard, detail = finding.hazard, finding.detail
    sentence = _SENTENCES.get(hazard.code, "{rows}: {name}").format(
        rows=rows,
        column=column,
        table=quote(finding.table) if finding.table else "",
        place=place(finding.table, finding.column, quote),
        detail=detail,
        of_rows=f" over {rows}" if finding.rows is not None else "",
        name=hazard.name,
        colon=f": {detail}" if detail else "",
    )
    if finding.rows is not None and finding.rows.count == 1:
        sentence = _of_one(sentence, rows)
    if finding.as_of_now and finding.rows is not None:
        sentence += ", as of now: an earlier step may change them"
    elif finding.as_of_now and hazard in HANGING:
        sentence += ", as of now: an earlier step may drop it"
    return sentence


def _of_one(sentence: str, rows: str) -> str:
    """The verb after "1 row of ..." agrees with it."""
    before, found, after = sentence.partition(f"{rows} ")
    verb, blank, rest = after.partition(" ")
    return f"{before}{found}{_VERBS.get(verb, verb)}{blank}{rest}"


_VERBS = {
    "are": "is",
    "hold": "holds",
    "point": "points",
    "repeat": "repeats",
    "satisfy": "satisfies",
    "violate": "violates",
}

HANGING = (hz.IN_THE_WAY, hz.REFUSED_BY_ENGINE, hz.GOES_ALONG, hz.BREAKS)

_SENTENCES = {
    hz.IRREVERSIBLE.code: "has no way back: {detail}",
    hz.NULLS.code: "{rows} hold NULL, and the column stops taking it{column}",
    hz.NO_DEFAULT.code: "{rows} would be without a value: the column takes no NULL and has no "
    "default{column}",
    hz.OUT_OF_RANGE.code: "{rows} {detail}{column}",
    hz.TOO_LONG.code: "{rows} {detail}{column}",
    hz.NOT_CONVERTIBLE.code: "{rows} {detail}{column}",
    hz.CHECK_VIOLATED.code: "{rows} {detail}{column}",
    hz.DUPLICATES.code: "{rows} repeat a key that becomes unique{colon}{column}",
    hz.ORPHANS.code: "{rows} point to nothing, {detail}{column}",
    hz.IMPOSSIBLE.code: "is refused: {detail}",
    hz.REFUSES.code: "is refused: {detail}",
    hz.NO_WAY_IN.code: "cannot be applied again: {detail}",
    hz.BROKEN_STATE.code: "leaves a key to a model that is not there: {detail}",
    hz.TABLE_MISSING.code: "table {table} is not in the database",
    hz.COLUMN_MISSING.code: "column{column} is not in {table}",
    hz.TABLE_EXISTS.code: "table {table} is in the database already",
    hz.COLUMN_EXISTS.code: "column{column} is in {table} already",
    hz.KEY_VIOLATED.code: "{rows} point to nothing, {detail}{column}: every step ends with a look "
    "at all foreign keys",
    hz.IN_THE_WAY.code: "{detail} needs {place}",
    hz.REFUSED_BY_ENGINE.code: "{table} cannot be changed: {detail}",
    hz.NOT_COMPUTED.code: "{place} cannot be computed{of_rows}: {detail}",
    hz.INDEX_REFUSED.code: "the index of {place} cannot be made{of_rows}: {detail}",
    hz.OPAQUE_PYTHON.code: "runs Python code that may change any row: {detail}",
    hz.OPAQUE_SQL.code: "runs SQL that may change any row: {detail}",
    hz.OPAQUE_CURSOR.code: "opens a cursor of its own and may change any row: {detail}",
    hz.OPAQUE_MIGRATION.code: "{detail} and may change any row",
    hz.NOT_RECORDED.code: "could not be looked at: {detail}",
    hz.MISREAD.code: "{rows} would be {detail}{column}: what is stored stays as it is",
    hz.INVENTED.code: "{rows}: {detail}{column}",
    hz.NOT_MADE.code: "{detail} is not made on this database",
    hz.NOT_JUDGED.code: "whether {rows} satisfy {detail} is unknown",
    hz.GOES_ALONG.code: "{detail} goes along with {place}",
    hz.BREAKS.code: "{detail} breaks: it needs {place}",
    hz.KEYS_NOT_CHECKED.code: "whether rows point to nothing, in whatever table, was not looked at",
    hz.REWRITTEN.code: "{rows} are written anew; {detail}",
    hz.SCANNED.code: "{rows} are read through; {detail}",
    hz.INDEX_BUILT.code: "an index of {rows} is built; {detail}",
    hz.KEY_VALIDATED.code: "the keys of {rows} are looked up; {detail}",
    hz.OTHER_LOCKED.code: "{table} is locked along; {detail}",
    hz.NOTHING_UNDONE.code: "undoes nothing: what {detail} did stays as it is",
    hz.MADE_ANEW.code: "{rows}: the column is missing and made anew, {detail}{column}",
    hz.NOTHING_TO_DROP.code: "column{column} to drop is not in {table}",
}


def amount_lost(assessment: Assessment) -> str:
    """ "3 losses: 2,388 values in 2 tables". Rows of dropped tables count as one value each."""
    losses = assessment.destroyed
    many = _plural(len(losses), "loss", "losses")
    tables = _plural(len({loss.table for loss in losses}), "table", "tables")
    uncounted = sum(loss.exactness is Exactness.UNKNOWN for loss in losses)
    if uncounted == len(losses):
        return f"{many} in {tables}, not counted"
    text = f"{many}: {values_lost(assessment)} in {tables}"
    return f"{text}, and {uncounted} not counted" if uncounted else text


def values_lost(assessment: Assessment) -> str:
    """ "2,388 values", of those that could be counted."""
    return values_of(assessment.destroyed)


def values_of(losses: Sequence[Loss]) -> str:
    if all(loss.exactness is Exactness.UNKNOWN for loss in losses):
        return "an unknown number of values"
    known = sum(loss.amount.count or 0 for loss in losses)
    told = {loss.exactness for loss in losses}
    about = next((sign for exactness, sign in ABOUT.items() if exactness in told), "")
    return f"{about}{_plural(known, 'value', 'values')}"


def summary(assessment: Assessment) -> str:
    """One line about everything: losses, fills, blockers, what is unknown."""
    parts: list[str] = []
    if assessment.destroyed:
        parts.append(amount_lost(assessment))
    else:
        parts.append("no loss that can be counted" if assessment.unknown else "no losses")
    fills = [loss for loss in assessment.losses if loss.kind is LossKind.FILLS]
    if fills:
        parts.append(_plural(len(fills), "fill", "fills"))
    if assessment.blockers:
        parts.append(_plural(len(assessment.blockers), "blocker", "blockers"))
    if assessment.opaque:
        opaque = _plural(len(assessment.opaque), "opaque part", "opaque parts")
        parts.append(f"{opaque}, whose effect is unknown")
    return "; ".join(parts)


def database_line(assessment: Assessment) -> str:
    database = assessment.database
    version = f" {database.version}" if database.version else ""
    asked = "" if assessment.online else ", not asked"
    host = f" at {database.host}" if database.host else ""
    return f"{database.alias} ({database.display_name}{version}, {database.name}{host}{asked})"


def _plural(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
