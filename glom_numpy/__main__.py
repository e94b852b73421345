"""`python -m glom_numpy` prints the map of both houses: every room, its idea, its lines of code."""

import ast
from pathlib import Path

HERE = Path(__file__).parent
THERE = HERE.parent / "glom_torch"


def code_lines(path: Path) -> int:
    """Lines that hold code: no blanks, no comments, no docstrings. 0 if there is no such file."""
    if not path.exists():
        return 0
    source = path.read_text(encoding="utf-8")
    lines = set()
    for number, line in enumerate(source.splitlines(), start=1):
        if line.strip() and not line.strip().startswith("#"):
            lines.add(number)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):  # a docstring
                lines -= set(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def rooms() -> list[tuple[str, int, int, str]]:
    """(room, lines in NumPy, lines in torch, the room's idea), in the order of the index."""
    index = (HERE / "__init__.py").read_text(encoding="utf-8")
    found = []
    for path in sorted(HERE.rglob("*.py")):
        if path.stem.startswith("__"):
            continue
        inside = path.relative_to(HERE)
        idea = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0]
        name = ".".join(inside.with_suffix("").parts)
        found.append((name, code_lines(path), code_lines(THERE / inside), idea))
    # A room the index does not name by itself comes last, beside the others of its folder.
    return sorted(found, key=lambda room: index.find(f" {room[0]} ") % len(index))


def main() -> None:
    print(f"{'room':24} {'NumPy':>6} {'torch':>6}   lines of code")
    total = [0, 0]
    for name, ours, theirs, idea in rooms():
        print(f"{name:24} {ours:6} {theirs or '-':>6}   {idea}")
        total = [total[0] + ours, total[1] + theirs]
    print(f"{'all':24} {total[0]:6} {total[1]:6}")


if __name__ == "__main__":
    main()
