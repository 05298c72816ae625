"""What SQLAlchemy compiles: once for all engines of a worker, as in a process that serves."""

from sqlalchemy import Dialect, Engine
from sqlalchemy.util import LRUCache

# SQLAlchemy's own is for one engine, and 500 statements; all tests together send far more.
_STATEMENTS = 3000
# By the name of the database: its dialect, as the first connection set it up, and its statements.
_shared: dict[str, tuple[Dialect, LRUCache[object, object]]] = {}


def compile_once(engine: Engine) -> None:
    """Let an engine use the statements that engines before it compiled, and add its own.

    Every engine of a run must be of one server version: what is compiled depends on the dialect.
    """
    name = engine.dialect.name
    if name not in _shared:
        engine.connect().close()
        _shared[name] = (engine.dialect, LRUCache(_STATEMENTS))
    engine.dialect, statements = _shared[name]
    engine.update_execution_options(compiled_cache=statements)
