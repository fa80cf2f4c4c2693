"""A YAML file that a person wrote: read within limits, and with the line and column of whatever is wrong in it."""

import difflib
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel

from veerpont.model.failures import SettingsError

LARGEST = 1_000_000
"""Bytes; a file with the columns of every flow has some ten thousand."""
DEEPEST = 20
MOST_VALUES = 50_000
"""With what aliases repeat."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Written in C where there is one: a thousand files in seconds, not in half a minute."""


class _Loader(_LOADER):  # type: ignore[misc]  # chosen when it is imported
    """Refuses a key that stands twice, and says where a value is that cannot be read."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except yaml.YAMLError:
            raise
        except Exception:  # noqa: BLE001 -- a date of the 31st month, a huge number: PyYAML lets anything through
            raise yaml.constructor.ConstructorError(
                None, None, "this value cannot be read; put quotes around it when it is text", node.start_mark
            ) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable):
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key} stands here a second time, and only one can count", key_node.start_mark
                    )
                seen.add(key)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return found


def read_text(path: Path) -> str:
    """Return the text of a file. Raises SettingsError when it cannot be read, is too large or is not UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read: {error.strerror}.") from None
    if len(content) > LARGEST:
        raise SettingsError(f"{path.name} has more than {LARGEST} bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path.name}, line {line}: save the file as UTF-8.") from None


class YamlFile:
    """What is in a file, and where.

    Raises SettingsError, with line and column, for whatever is not YAML or goes beyond the limits above.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._root: yaml.Node | None = None
        try:
            self._look(text)
            loader = _Loader(text)
            try:
                self._root = loader.get_single_node()
                if self._root is not None and _size(self._root, {}) > MOST_VALUES:
                    raise SettingsError(f"{self.name} has more than {MOST_VALUES} values.")
                self.content = loader.construct_document(self._root) if self._root is not None else None
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            raise SettingsError(f"{self.name}{where}: {error.problem or 'this is not YAML'}.") from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise SettingsError(f"{self.name}, line {line}: a character that YAML does not allow.") from None
        except yaml.YAMLError as error:
            raise SettingsError(f"{self.name} cannot be read as YAML ({type(error).__name__}).") from None

    def _look(self, text: str) -> None:
        """Refuse what is too deep before it is built: building goes as deep as the process's stack."""
        depth = 0
        for event in yaml.parse(text, _LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    mark: Any = event.start_mark
                    raise yaml.MarkedYAMLError(
                        problem=f"more than {DEEPEST} levels inside each other", problem_mark=mark
                    )
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1

    def line(self, loc: Sequence[str | int]) -> int | None:
        """Return the line of the field that a pydantic error names; of what surrounds it where it is missing."""
        last = None
        for _, key in self._nodes(loc):
            last = key.start_mark.line + 1
        return last

    def is_plain(self, loc: Sequence[str | int]) -> bool:
        """Tell whether the value of a field, or the key that it names, stands in the file without quotes."""
        found = list(self._nodes([part for part in loc if part != "[key]"]))
        if not found:
            return False
        value, key = found[-1]
        node = key if loc[-1] == "[key]" else value
        return isinstance(node, yaml.ScalarNode) and not node.style

    def _nodes(self, loc: Sequence[str | int]) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Yield value and key of every step of the way that is in the file."""
        node: yaml.Node | None = self._root
        for part in loc:
            if isinstance(node, yaml.MappingNode):
                pair = next(((value, key) for key, value in node.value if _is_key(key, part)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                pair = (node.value[part], node.value[part])
            else:
                pair = None
            if pair is None:
                return
            yield pair
            node = pair[0]


def sentence(file: YamlFile, model: type[BaseModel], item: Any) -> str:
    """Return what is wrong by one error of pydantic: field, line, and what may have been meant; never the value."""
    loc = item["loc"]
    line = file.line(loc)
    field = ".".join(str(part) for part in loc if part != "[key]") or "file"
    if item["type"] == "value_error":  # a rule of ours; one over several sections names them itself
        rule = str(item["ctx"]["error"])
        return f"{field}{f' (line {line})' if line else ''}: {rule}" if loc else rule
    said = f"{field}{f' (line {line})' if line else ''}: {item['msg']}"
    if item["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(loc[-1]), _keys(model, loc[:-1]), 1)
        return f"{field}{f' (line {line})' if line else ''}: there is no such setting" + (
            f"; did you mean {close[0]}?" if close else ""
        )
    if item["type"] == "string_type" and file.is_plain(loc):
        return f"{said}; put quotes around it"
    return said


def _keys(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Return the settings that there are at a place."""
    here: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, str) and here is not None:
            field = here.model_fields.get(part)
            here = _model_in(field.annotation) if field else None
    return list(here.model_fields) if here is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner)) is not None), None)


def _is_key(node: yaml.Node, part: str | int) -> bool:
    """Tell whether a key is the one that an error names, as text or as what YAML makes of it: 01 is 1."""
    if not isinstance(node, yaml.ScalarNode) or node.value == str(part):
        return isinstance(node, yaml.ScalarNode)
    try:
        return not node.style and str(yaml.safe_load(node.value)) == str(part)
    except (yaml.YAMLError, ValueError):
        return False


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many values a node comes to when everything that aliases repeat is written out."""
    if id(node) not in known:
        known[id(node)] = MOST_VALUES + 1  # of one that is inside itself
        inner = node.value if isinstance(node, yaml.CollectionNode) else []
        parts = [each for pair in inner for each in (pair if isinstance(pair, tuple) else (pair,))]
        known[id(node)] = 1 + sum(_size(each, known) for each in parts)
    return known[id(node)]
