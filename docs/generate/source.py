"""What Python source says: signatures and types as they are written, and docstrings."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import ModuleType

WIDTH = 100


@dataclass(frozen=True)
class Named:
    """Something with a name, its type or signature, and what its docstring says."""

    name: str
    type: str
    doc: str


def attributes(kind: type) -> list[Named]:
    """The documented attributes of a class, those that it inherits first."""
    found: dict[str, Named] = {}
    for each in reversed(kind.__mro__):
        if is_ours(each):
            found |= {one.name: one for one in _documented(_class(each).body)}
    return list(found.values())


def bases(kind: type) -> list[str]:
    """The names of the bases of a class, as they are written."""
    return [ast.unparse(base) for base in _class(kind).bases]


def is_ours(kind: type) -> bool:
    """Whether a class is one of the client."""
    return kind.__module__.startswith("chancery.")


def aliases(module: ModuleType) -> list[Named]:
    """The documented types of a module."""
    return list(_documented(_tree(module).body))


def methods(kind: type) -> list[Named]:
    """The public methods of a class, without those that it inherits."""
    return [each for each, is_property in _functions(_class(kind).body) if not is_property]


def properties(kind: type) -> list[Named]:
    """The properties of a class, without those that it inherits; each with its type."""
    return [each for each, is_property in _functions(_class(kind).body) if is_property]


def functions(module: ModuleType) -> list[Named]:
    """The public functions of a module."""
    return [each for each, _ in _functions(_tree(module).body)]


def initialiser(kind: type) -> Named:
    """How a class is called, from the class that says it."""
    (owner,) = (each for each in kind.__mro__ if "__init__" in vars(each) and each is not object)
    node = next(n for n in _class(owner).body if getattr(n, "name", "") == "__init__")
    assert isinstance(node, ast.FunctionDef)
    return Named(kind.__name__, _signature(kind.__name__, node), _doc(node))


@cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _class(kind: type) -> ast.ClassDef:
    module = inspect.getmodule(kind)
    assert module is not None
    nodes = (node for node in _tree(module).body if isinstance(node, ast.ClassDef))
    return next(node for node in nodes if node.name == kind.__name__)


def _documented(body: list[ast.stmt]) -> Iterator[Named]:
    """What is followed by a docstring of its own."""
    for node, after in pairwise(body):
        if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)):
            continue
        doc = inspect.cleandoc(str(after.value.value))
        match node:
            case ast.AnnAssign(ast.Name(name), ast.Name("TypeAlias"), ast.expr() as kind):
                yield Named(name, ast.unparse(kind), doc)
            case ast.AnnAssign(ast.Name(name), kind) | ast.Assign([ast.Name(name)], kind):
                yield Named(name, ast.unparse(kind), doc)


def _functions(body: list[ast.stmt]) -> Iterator[tuple[Named, bool]]:
    """Public functions, and whether each is a property."""
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_"):
            continue
        is_property = "property" in map(ast.unparse, node.decorator_list)
        returned = ast.unparse(node.returns) if node.returns else ""
        said = returned if is_property else _signature(node.name, node)
        yield Named(node.name, said, _doc(node)), is_property


def _doc(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return inspect.cleandoc(ast.get_docstring(node) or "")


def _signature(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """How a function is called: on one line, or with a line for each parameter."""
    args = node.args
    optional = len(args.args) - len(args.defaults)
    said = [
        _parameter(arg, args.defaults[number - optional] if number >= optional else None)
        for number, arg in enumerate(args.args)
        if arg.arg != "self"
    ]
    if args.kwonlyargs:
        said.append("*")
        said += map(_parameter, args.kwonlyargs, args.kw_defaults)
    if args.kwarg:
        said.append(f"**{_parameter(args.kwarg, None)}")
    returned = ast.unparse(node.returns) if node.returns and node.name != "__init__" else ""
    end = f" -> {returned}" if returned else ""
    line = f"{name}({', '.join(said)}){end}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"    {each}," for each in said), f"){end}"])


def _parameter(arg: ast.arg, default: ast.expr | None) -> str:
    kind = f": {ast.unparse(arg.annotation)}" if arg.annotation else ""
    return f"{arg.arg}{kind}" + (f" = {ast.unparse(default)}" if default else "")
